// SPDX-License-Identifier: GPL-3.0-or-later
// A symbol in the shapes of the model's inputs (dim_param, onnx.proto's TensorShapeProto) becomes the number
// that the options give it, wherever the file declares it: inputs, outputs, value_info, those of bodies, too.
// Runs of that size compute the same; others are refused from now on. What value_info then says against what
// follows from the inputs is wrong and goes. A symbol that no input has is an error that names those there
// are; unless an input has just that size: then it was fixed before.
#include "core/prepare/Dims.h"

#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

namespace {

using Sizes = std::map<std::string, std::int64_t>;
using Infos = google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>;
using Header = std::shared_ptr<const onnx::GraphProto>;

template<class Use>
void eachDim(const onnx::ValueInfoProto& info, Use use)
{
    for (const auto& dim : info.type().tensor_type().shape().dim())
        use(dim);
}

// The description with numbers in place of symbols; null: it has none of them.
ValueInfo fixed(const onnx::ValueInfoProto& info, const Sizes& sizes)
{
    bool has = false;
    if (info.type().has_tensor_type())
        eachDim(info, [&](const auto& dim) {
            has = has || (dim.has_dim_param() && sizes.contains(dim.dim_param()));
        });
    if (!has)
        return nullptr;
    auto result = std::make_shared<onnx::ValueInfoProto>(info);
    for (auto& dim : *result->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()) {
        if (const auto size = dim.has_dim_param() ? sizes.find(dim.dim_param()) : sizes.end();
            size != sizes.end())
            dim.set_dim_value(size->second);
    }
    return result;
}

// The whole list; nothing where no symbol is in it.
std::optional<std::vector<ValueInfo>> fixedList(const Header& header, const Infos& infos, const Sizes& sizes)
{
    std::vector<ValueInfo> all;
    bool differs = false;
    for (const onnx::ValueInfoProto& info : infos) {
        ValueInfo now = fixed(info, sizes);
        differs = differs || now;
        all.push_back(now ? std::move(now) : ValueInfo(header, &info));
    }
    return differs ? std::optional(std::move(all)) : std::nullopt;
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
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        if (view.scopes()[s].function >= 0)
            continue;
        const Header& header = view.scopes()[s].graph->header;
        auto inputs = fixedList(header, header->input(), sizes),
             outputs = fixedList(header, header->output(), sizes);
        std::vector<ValueInfo> described;
        for (const Description& description : view.scopes()[s].graph->descriptions) {
            if (ValueInfo now = fixed(*description.proto, sizes))
                described.push_back(std::move(now));
        }
        if (!inputs && !outputs && described.empty())
            continue;
        GraphChange& change = round.pen().graph(static_cast<ScopeIndex>(s));
        change.inputs = std::move(inputs);
        change.outputs = std::move(outputs);
        change.described = std::move(described);
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
