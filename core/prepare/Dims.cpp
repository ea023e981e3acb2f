// SPDX-License-Identifier: GPL-3.0-or-later
// A symbol in the shapes of the model's inputs (dim_param, onnx.proto's TensorShapeProto) becomes the number
// that the options give it, wherever the file declares it: inputs, outputs, value_info, those of bodies, too.
// Runs of that size compute the same; others are refused from now on. What value_info then says against what
// follows from the inputs is wrong and goes. A symbol that no input has is an error that names those there
// are; unless an input has just that size: then it was fixed before.
#include "core/prepare/Dims.h"

#include "core/prepare/PassFiles.h"
#include "core/rewrite/Symbols.h"

#include <algorithm>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

namespace {

using Sizes = std::map<std::string, std::int64_t>;

template<class Use>
void eachDim(const onnx::ValueInfoProto& info, Use use)
{
    for (const auto& dim : info.type().tensor_type().shape().dim())
        use(dim);
}

bool isSizeOfAnInput(const GraphView& view, std::int64_t size)
{
    bool found = false;
    for (const onnx::ValueInfoProto& input : view.model().graph->header->input())
        eachDim(input,
                [&](const auto& dim) { found = found || (dim.has_dim_value() && dim.dim_value() == size); });
    return found;
}

Error unknownSymbol(const std::string& name, const std::vector<std::string>& symbols)
{
    std::string all;
    for (const std::string& each : symbols)
        all += (all.empty() ? "\"" : ", \"") + each + "\"";
    return Error{ErrorCode::Usage,
                 fmt::format("No input of the model has a size called \"{}\"; {}.", name,
                             all.empty() ? "no size is a symbol" : "there is " + all),
                 name};
}

Result<void> accept(const GraphView& view, const Sizes& wanted, const std::vector<std::string>& symbols)
{
    for (const auto& [symbol, size] : wanted) {
        if (size < 1)
            return failure(ErrorCode::Usage,
                           fmt::format("The size of \"{}\" is to be {}; it must be 1 or more.", symbol, size),
                           symbol);
        if (std::ranges::find(symbols, symbol) == symbols.end() && !isSizeOfAnInput(view, size))
            return tl::make_unexpected(unknownSymbol(symbol, symbols));
    }
    return {};
}

void fixSizes(Round& round, const Sizes& sizes, NodeIndex place)
{
    const GraphView& view = round.view();
    std::string what;
    for (const auto& [symbol, size] : sizes)
        what += fmt::format("{}{} = {}", what.empty() ? "" : ", ", symbol, size);
    if (!round.claim({place}, sentence("Sizes become numbers: {}", what)))
        return;
    for (auto& [scope, declared] : redeclared(view, {sizes.begin(), sizes.end()})) {
        GraphChange& change = round.pen().graph(scope);
        change.inputs = std::move(declared.inputs);
        change.outputs = std::move(declared.outputs);
        change.described = std::move(declared.described);
    }
}

void forgetContradictions(Round& round)
{
    const GraphView& view = round.view();
    std::map<ScopeIndex, std::set<std::string_view>> described;
    for (const ShapeContradiction& each : round.shapes().contradictions()) {
        const ScopeIndex scope = view.scope(each.value);
        const NodeIndex maker = view.producer(each.value);
        if (maker == NodeIndex::None || view.scopes()[index(scope)].function >= 0)
            continue;
        const auto [names, isNew] = described.try_emplace(scope);
        if (isNew) {
            for (const Description& description : view.scopes()[index(scope)].graph->descriptions)
                names->second.insert(description.proto->name());
        }
        if (names->second.contains(view.name(each.value)) &&
            round.claim({maker}, sentence("What the file says of the shape of {} goes: it is another one",
                                          named(view, each.value))))
            round.pen().graph(scope).undescribed.emplace_back(view.name(each.value));
    }
}

} // namespace

std::vector<std::string> symbolsOf(const GraphView& view)
{
    std::vector<std::string> symbols;
    for (const onnx::ValueInfoProto& input : view.model().graph->header->input()) {
        const ValueIndex value = view.find(static_cast<ScopeIndex>(0), input.name());
        if (value == ValueIndex::None || view.initializer(value))
            continue;
        eachDim(input, [&](const auto& dim) {
            if (!dim.dim_param().empty() && std::ranges::find(symbols, dim.dim_param()) == symbols.end())
                symbols.push_back(dim.dim_param());
        });
    }
    return symbols;
}

Result<void> requireSymbols(const GraphView& view, const std::map<std::string, std::int64_t>& sizes)
{
    const std::vector<std::string> symbols = symbolsOf(view);
    for (const auto& [name, size] : sizes) {
        if (std::ranges::find(symbols, name) == symbols.end())
            return tl::make_unexpected(unknownSymbol(name, symbols));
    }
    return {};
}

Result<void> lookForDims(Round& round, Progress&, const std::stop_token&)
{
    const Sizes& wanted = round.options().dims;
    const GraphView& view = round.view();
    if (wanted.empty() || view.scopes().front().nodes.empty())
        return {};
    const std::vector<std::string> symbols = symbolsOf(view);
    if (auto accepted = accept(view, wanted, symbols); !accepted)
        return accepted;
    Sizes sizes;
    std::ranges::copy_if(wanted, std::inserter(sizes, sizes.end()), [&](const auto& each) {
        return std::ranges::find(symbols, each.first) != symbols.end();
    });
    if (sizes.empty())
        forgetContradictions(round);
    else
        fixSizes(round, sizes, *view.scopes().front().nodes.begin());
    return {};
}

} // namespace pleat
