// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that give a tensor other dimensions: all elements stay, in the same or in another order.
#include "core/graph/Attributes.h"
#include "core/graph/EvaluateParts.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <onnx/onnx_pb.h>

namespace pleat::evaluating {

namespace {

Computed withDims(const Numbers& data, Dims dims)
{
    if (std::ranges::any_of(dims, [](std::int64_t dim) { return dim < 0; }) ||
        elementCount(dims) != data.size())
        return std::nullopt;
    Numbers result = data;
    result.dims = std::move(dims);
    return result;
}

Computed identity(const Operation& operation, std::size_t)
{
    return operand(operation, 0) ? Computed(*operand(operation, 0)) : std::nullopt;
}

Computed reshape(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const auto target = integers(operation, "shape", 1);
    if (!data || !target || !target->given || target->values.size() > static_cast<std::size_t>(highestRank))
        return std::nullopt;
    Dims dims = target->values;
    const bool zeroIsZero = intAttribute(operation.proto, "allowzero", 0) != 0;
    std::size_t rest = dims.size(), known = 1;
    for (std::size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] == 0 && !zeroIsZero) {
            if (d >= data->dims.size())
                return std::nullopt;
            dims[d] = data->dims[d];
        }
        if (dims[d] == -1 && rest == dims.size())
            rest = d;
        else if (dims[d] < 0 || __builtin_mul_overflow(known, static_cast<std::size_t>(dims[d]), &known))
            return std::nullopt;
    }
    if (rest < dims.size()) {
        if (known == 0 || data->size() % known != 0)
            return std::nullopt;
        dims[rest] = static_cast<std::int64_t>(data->size() / known);
    }
    return withDims(*data, std::move(dims));
}

Computed flatten(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    if (!data)
        return std::nullopt;
    const auto rank = std::ssize(data->dims);
    std::int64_t axis = intAttribute(operation.proto, "axis", 1);
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis > rank)
        return std::nullopt;
    const auto count = [](auto from, auto to) { return static_cast<std::int64_t>(elementCount({from, to})); };
    return withDims(*data, {count(data->dims.begin(), data->dims.begin() + axis),
                            count(data->dims.begin() + axis, data->dims.end())});
}

Computed squeeze(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const auto given = integers(operation, "axes", 1);
    if (!data || !given)
        return std::nullopt;
    Dims dims = data->dims;
    if (!given->given) {
        std::erase(dims, 1);
        return withDims(*data, std::move(dims));
    }
    const auto axes = frontAxes(given->values, dims.size());
    if (!axes)
        return std::nullopt;
    for (std::size_t a = axes->size(); a-- > 0;) {
        if (dims[(*axes)[a]] != 1)
            return std::nullopt;
        dims.erase(dims.begin() + static_cast<std::ptrdiff_t>((*axes)[a]));
    }
    return withDims(*data, std::move(dims));
}

Computed unsqueeze(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    const auto given = integers(operation, "axes", 1);
    if (!data || !given || !given->given || given->values.size() > static_cast<std::size_t>(highestRank))
        return std::nullopt;
    Dims dims = data->dims;
    const auto axes = frontAxes(given->values, dims.size() + given->values.size());
    if (!axes || axes->size() != given->values.size())
        return std::nullopt;
    for (const std::size_t axis : *axes)
        dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    return withDims(*data, std::move(dims));
}

Computed transpose(const Operation& operation, std::size_t)
{
    const Numbers* const data = operand(operation, 0);
    if (!data)
        return std::nullopt;
    const std::size_t rank = data->dims.size();
    Dims order = intsAttribute(operation.proto, "perm");
    if (order.empty()) {
        order = everything(std::ssize(data->dims));
        std::ranges::reverse(order);
    }
    Dims sorted = order;
    std::ranges::sort(sorted);
    if (sorted != everything(std::ssize(data->dims)))
        return std::nullopt;
    std::vector<std::size_t> strides(rank, 1);
    for (std::size_t a = rank; a-- > 1;)
        strides[a - 1] = strides[a] * static_cast<std::size_t>(data->dims[a]);
    Dims dims;
    for (const std::int64_t axis : order)
        dims.push_back(data->dims[static_cast<std::size_t>(axis)]);
    std::vector<std::size_t> positions, at(rank);
    positions.reserve(data->size());
    for (std::size_t e = 0; e < data->size(); ++e) {
        std::size_t offset = 0;
        for (std::size_t a = 0; a < rank; ++a)
            offset += at[a] * strides[static_cast<std::size_t>(order[a])];
        positions.push_back(offset);
        for (std::size_t a = rank; a-- > 0 && ++at[a] == static_cast<std::size_t>(dims[a]);)
            at[a] = 0;
    }
    return taken(*data, std::move(dims), positions);
}

} // namespace

std::span<const Rule> reshapes()
{
    static constexpr std::array all{
        Rule{"Identity", identity}, Rule{"Reshape", reshape},     Rule{"Flatten", flatten},
        Rule{"Squeeze", squeeze},   Rule{"Unsqueeze", unsqueeze}, Rule{"Transpose", transpose},
    };
    return all;
}

} // namespace pleat::evaluating
