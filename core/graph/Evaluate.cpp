// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Evaluate.h"

#include "core/graph/Attributes.h"
#include "core/graph/EvaluateParts.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <numeric>
#include <onnx/onnx_pb.h>
#include <unordered_map>
#include <utility>

namespace pleat {

namespace evaluating {

std::optional<Integers> integers(const Operation& operation, std::string_view name, std::size_t slot)
{
    if (const onnx::AttributeProto* const given = attribute(operation.proto, name))
        return Integers{true, {given->ints().begin(), given->ints().end()}};
    return integers(operation, slot);
}

std::optional<Integers> integers(const Operation& operation, std::size_t slot)
{
    const Numbers* const numbers = operand(operation, slot);
    if (!numbers)
        return Integers{};
    if (numbers->isReal() || std::ranges::find(numbers->open, 1) != numbers->open.end())
        return std::nullopt;
    return Integers{true, numbers->integers()};
}

Dims everything(std::int64_t extent)
{
    Dims positions(static_cast<std::size_t>(extent));
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
}

std::optional<std::size_t> frontAxis(std::int64_t axis, std::size_t rank)
{
    const auto count = static_cast<std::int64_t>(rank);
    if (axis < -count || axis >= count)
        return std::nullopt;
    return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

std::optional<std::vector<std::size_t>> frontAxes(const Dims& axes, std::size_t rank)
{
    std::vector<std::size_t> result;
    for (const std::int64_t axis : axes) {
        const auto front = frontAxis(axis, rank);
        if (!front)
            return std::nullopt;
        result.push_back(*front);
    }
    std::ranges::sort(result);
    const auto repeated = std::ranges::unique(result);
    result.erase(repeated.begin(), repeated.end());
    return result;
}

} // namespace evaluating

namespace {

using namespace evaluating;

const std::unordered_map<std::string_view, const Rule*>& rules()
{
    static const std::unordered_map<std::string_view, const Rule*> table = [] {
        std::unordered_map<std::string_view, const Rule*> all;
        for (const auto part : {arithmetic(), moves(), reshapes(), makes()}) {
            for (const Rule& rule : part)
                all.emplace(rule.op, &rule);
        }
        return all;
    }();
    return table;
}

} // namespace

bool canEvaluate(std::string_view op)
{
    return op == "Shape" || op == "Size" || rules().contains(op);
}

std::optional<Numbers> evaluate(const Operation& operation, std::size_t most)
{
    const auto rule = rules().find(operation.proto.op_type());
    if (refersToCall(operation.proto))
        return std::nullopt;
    if (rule == rules().end()) {
        const Numbers* const data = operand(operation, 0);
        return data && operation.slot == 0 ? evaluateShape(operation.proto, data->dims) : std::nullopt;
    }
    auto result = rule->second->compute(operation, most);
    if (!result || result->dims.size() > static_cast<std::size_t>(highestRank) || result->size() > most)
        return std::nullopt;
    if (!result->isReal()) {
        for (std::size_t e = 0; e < result->size(); ++e) {
            if (!result->isOpen(e) && !holds(result->type, result->integers()[e]))
                return std::nullopt;
        }
    }
    return rounded(std::move(*result));
}

std::optional<Numbers> evaluateShape(const onnx::NodeProto& node, const std::vector<std::int64_t>& dims)
{
    if (refersToCall(node))
        return std::nullopt;
    const auto rank = static_cast<std::int64_t>(dims.size());
    if (node.op_type() == "Size") {
        const bool known = std::ranges::all_of(dims, [](std::int64_t dim) { return dim >= 0; });
        const std::size_t count = known ? elementCount(dims) : 0;
        if (!std::in_range<std::int64_t>(count))
            return std::nullopt;
        Numbers size{DataType::Int64, {}, std::vector<std::int64_t>{static_cast<std::int64_t>(count)}};
        if (!known)
            size.open = {1};
        return size;
    }
    if (node.op_type() != "Shape")
        return std::nullopt;
    // Shape-15: start and end count from the back when negative, and are limited to the axes there are.
    const auto limited = [&](std::int64_t at) {
        return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
    };
    const std::int64_t start = limited(intAttribute(node, "start", 0));
    const std::int64_t end = std::max(start, limited(intAttribute(node, "end", rank)));
    std::vector<std::int64_t> sizes(dims.begin() + start, dims.begin() + end);
    Numbers shape{DataType::Int64, {end - start}, {}};
    if (std::ranges::any_of(sizes, [](std::int64_t size) { return size < 0; })) {
        for (std::int64_t& size : sizes) {
            shape.open.push_back(size < 0);
            size = std::max<std::int64_t>(size, 0);
        }
    }
    shape.values = std::move(sizes);
    return shape;
}

} // namespace pleat
