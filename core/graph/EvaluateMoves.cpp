// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that move elements: each element of the result is one of the operands'.
#include "core/graph/Attributes.h"
#include "core/graph/EvaluateParts.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <onnx/onnx_pb.h>

namespace pleat::evaluating {

namespace {

std::vector<Dims> everywhere(const Dims& dims)
{
    std::vector<Dims> positions;
    positions.reserve(dims.size());
    for (const std::int64_t dim : dims)
        positions.push_back(everything(dim));
    return positions;
}

// The elements at these positions along each axis.
Computed picked(const Numbers& from, const std::vector<Dims>& along, std::size_t most)
{
    Dims dims;
    for (const Dims& positions : along)
        dims.push_back(std::ssize(positions));
    const std::size_t total = elementCount(dims);
    if (total > most)
        return std::nullopt;
    std::vector<std::size_t> all, at(along.size());
    all.reserve(total);
    for (std::size_t e = 0; e < total; ++e) {
        std::size_t offset = 0;
        for (std::size_t a = 0; a < along.size(); ++a)
            offset =
                offset * static_cast<std::size_t>(from.dims[a]) + static_cast<std::size_t>(along[a][at[a]]);
        all.push_back(offset);
        for (std::size_t a = along.size(); a-- > 0 && ++at[a] == along[a].size();)
            at[a] = 0;
    }
    return taken(from, std::move(dims), all);
}

void append(Numbers& to, const Numbers& from, std::size_t first, std::size_t count)
{
    std::visit(
        [&]<class Values>(Values& values) {
            const auto begin = std::get<Values>(from.values).begin() + static_cast<std::ptrdiff_t>(first);
            values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
        },
        to.values);
    for (std::size_t e = first; e < first + count; ++e) {
        to.open.push_back(from.isOpen(e));
        to.sizes.push_back(from.sizes.empty() ? 0 : from.sizes[e]);
    }
}

Computed concat(const Operation& operation, std::size_t most)
{
    const Numbers* const front = operand(operation, 0);
    if (!front)
        return std::nullopt;
    const auto axis = frontAxis(intAttribute(operation.proto, "axis", 1), front->dims.size());
    if (!axis)
        return std::nullopt;
    Numbers result{front->type, front->dims, {}};
    if (front->isReal())
        result.values = std::vector<double>();
    result.dims[*axis] = 0;
    for (const Numbers* const part : operation.operands) {
        if (!part || part->type != result.type || part->dims.size() != result.dims.size())
            return std::nullopt;
        Dims others = part->dims;
        others[*axis] = result.dims[*axis];
        if (others != result.dims)
            return std::nullopt;
        result.dims[*axis] += part->dims[*axis];
        if (elementCount(result.dims) > most)
            return std::nullopt;
    }
    const std::size_t before =
        elementCount({result.dims.begin(), result.dims.begin() + static_cast<std::ptrdiff_t>(*axis)});
    for (std::size_t outer = 0; outer < before; ++outer) {
        for (const Numbers* const part : operation.operands)
            append(result, *part, outer * (part->size() / before), part->size() / before);
    }
    return result;
}

Computed split(const Operation& operation, std::size_t most)
{
    const Numbers* const data = operand(operation, 0);
    const auto given = integers(operation, "split", 1);
    if (!data || !given)
        return std::nullopt;
    const auto axis = frontAxis(intAttribute(operation.proto, "axis", 0), data->dims.size());
    if (!axis)
        return std::nullopt;
    const std::int64_t extent = data->dims[*axis];
    const auto parts = static_cast<std::int64_t>(operation.outputs);
    Dims sizes = given->values;
    if (!given->given) {
        const std::int64_t each = (extent + parts - 1) / parts;
        if (extent % parts != 0 && !attribute(operation.proto, "num_outputs"))
            return std::nullopt;
        for (std::int64_t left = extent, part = 0; part < parts; ++part, left -= sizes.back())
            sizes.push_back(std::min(each, left));
    }
    std::int64_t sum = 0;
    for (const std::int64_t size : sizes) {
        if (size < 0 || size > extent - sum)
            return std::nullopt;
        sum += size;
    }
    if (std::ssize(sizes) != parts || sum != extent || operation.slot >= sizes.size())
        return std::nullopt;
    std::vector<Dims> along = everywhere(data->dims);
    along[*axis] = everything(sizes[operation.slot]);
    const std::int64_t first = std::accumulate(
        sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(operation.slot), std::int64_t{0});
    for (std::int64_t& position : along[*axis])
        position += first;
    return picked(*data, along, most);
}

Computed gather(const Operation& operation, std::size_t most)
{
    const Numbers *const data = operand(operation, 0), *const indices = operand(operation, 1);
    const auto at = integers(operation, 1);
    if (!data || !indices || !at)
        return std::nullopt;
    const auto axis = frontAxis(intAttribute(operation.proto, "axis", 0), data->dims.size());
    if (!axis)
        return std::nullopt;
    std::vector<Dims> along = everywhere(data->dims);
    along[*axis].clear();
    for (const std::int64_t given : at->values) {
        const auto position = frontAxis(given, static_cast<std::size_t>(data->dims[*axis]));
        if (!position)
            return std::nullopt;
        along[*axis].push_back(static_cast<std::int64_t>(*position));
    }
    Computed result = picked(*data, along, most);
    if (result) { // the axis becomes those of the indices
        const auto place = result->dims.begin() + static_cast<std::ptrdiff_t>(*axis);
        result->dims.insert(result->dims.erase(place), indices->dims.begin(), indices->dims.end());
    }
    return result;
}

Computed gatherElements(const Operation& operation, std::size_t)
{
    const Numbers *const data = operand(operation, 0), *const indices = operand(operation, 1);
    const auto given = integers(operation, 1);
    if (!data || !indices || !given || indices->dims.size() != data->dims.size())
        return std::nullopt;
    const auto axis = frontAxis(intAttribute(operation.proto, "axis", 0), data->dims.size());
    if (!axis)
        return std::nullopt;
    for (std::size_t d = 0; d < data->dims.size(); ++d) {
        if (d != *axis && indices->dims[d] > data->dims[d])
            return std::nullopt;
    }
    std::vector<std::size_t> positions, at(data->dims.size());
    for (const std::int64_t index : given->values) {
        const auto position = frontAxis(index, static_cast<std::size_t>(data->dims[*axis]));
        if (!position)
            return std::nullopt;
        std::size_t offset = 0;
        for (std::size_t d = 0; d < at.size(); ++d)
            offset = offset * static_cast<std::size_t>(data->dims[d]) + (d == *axis ? *position : at[d]);
        positions.push_back(offset);
        for (std::size_t d = at.size(); d-- > 0 && ++at[d] == static_cast<std::size_t>(indices->dims[d]);)
            at[d] = 0;
    }
    return taken(*data, indices->dims, positions);
}

Computed slice(const Operation& operation, std::size_t most)
{
    const Numbers* const data = operand(operation, 0);
    const auto starts = integers(operation, "starts", 1), ends = integers(operation, "ends", 2);
    const auto given = integers(operation, "axes", 3), steps = integers(operation, "steps", 4);
    if (!data || !starts || !ends || !given || !steps)
        return std::nullopt;
    const std::size_t count = starts->values.size();
    const Dims axes = given->given ? given->values : everything(static_cast<std::int64_t>(count));
    if (ends->values.size() != count || axes.size() != count ||
        (steps->given && steps->values.size() != count))
        return std::nullopt;
    std::vector<Dims> along = everywhere(data->dims);
    std::vector<bool> seen(data->dims.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto axis = frontAxis(axes[i], data->dims.size());
        const std::int64_t step =
            steps->given ? std::clamp(steps->values[i], -largestBelieved, largestBelieved) : 1;
        if (!axis || step == 0 || seen[*axis])
            return std::nullopt;
        seen[*axis] = true;
        const std::int64_t extent = data->dims[*axis];
        const auto limited = [&](std::int64_t position) {
            const std::int64_t front = position < 0 ? position + extent : position;
            return step > 0 ? std::clamp<std::int64_t>(front, 0, extent)
                            : std::clamp<std::int64_t>(front, -1, extent - 1);
        };
        Dims& positions = along[*axis];
        positions.clear();
        const std::int64_t end = limited(ends->values[i]);
        for (std::int64_t p = limited(starts->values[i]); step > 0 ? p < end : p > end; p += step)
            positions.push_back(p);
    }
    return picked(*data, along, most);
}

Computed expand(const Operation& operation, std::size_t most)
{
    const Numbers* const data = operand(operation, 0);
    const auto shape = integers(operation, "shape", 1);
    if (!data || !shape || !shape->given ||
        std::ranges::any_of(shape->values, [](std::int64_t dim) { return dim < 0; }))
        return std::nullopt;
    const auto dims = together(data->dims, shape->values, most);
    return dims ? Computed(spread(*data, *dims)) : std::nullopt;
}

Computed tile(const Operation& operation, std::size_t most)
{
    const Numbers* const data = operand(operation, 0);
    const auto repeats = integers(operation, 1);
    if (!data || !repeats || operation.operands.size() != 2 || // Tile-1 has an input for the axis
        repeats->values.size() != data->dims.size())
        return std::nullopt;
    std::vector<Dims> along = everywhere(data->dims);
    for (std::size_t d = 0; d < along.size(); ++d) {
        const auto extent = along[d].size();
        const std::int64_t times = repeats->values[d];
        if (times < 0 || (extent > 0 && static_cast<std::size_t>(times) > most / extent))
            return std::nullopt;
        Dims once = std::move(along[d]);
        along[d].clear();
        for (std::int64_t i = 0; extent > 0 && i < times; ++i)
            along[d].insert(along[d].end(), once.begin(), once.end());
    }
    return picked(*data, along, most);
}

// ScatterND-11: no reduction; each row of the indices names a place of the data, where a row of updates goes.
Computed scatterNd(const Operation& operation, std::size_t)
{
    const Numbers *const data = operand(operation, 0), *const indices = operand(operation, 1),
                         *const updates = operand(operation, 2);
    const auto at = integers(operation, 1);
    if (!data || !indices || !updates || !at || indices->dims.empty() || updates->type != data->type ||
        stringAttribute(operation.proto, "reduction", "none") != "none")
        return std::nullopt;
    const auto depth = static_cast<std::size_t>(indices->dims.back());
    if (depth == 0 || depth > data->dims.size())
        return std::nullopt;
    const auto inner = data->dims.begin() + static_cast<std::ptrdiff_t>(depth);
    Dims expected(indices->dims.begin(), indices->dims.end() - 1);
    const std::size_t rows = elementCount(expected), length = elementCount({inner, data->dims.end()});
    expected.insert(expected.end(), inner, data->dims.end());
    if (updates->dims != expected)
        return std::nullopt;
    Numbers result = *data;
    result.sizes.clear();
    result.open.resize(data->open.empty() && updates->open.empty() ? 0 : data->size());
    for (std::size_t row = 0; row < rows; ++row) {
        std::size_t offset = 0;
        for (std::size_t d = 0; d < depth; ++d) {
            const auto position =
                frontAxis(at->values[row * depth + d], static_cast<std::size_t>(data->dims[d]));
            if (!position)
                return std::nullopt;
            offset = offset * static_cast<std::size_t>(data->dims[d]) + *position;
        }
        for (std::size_t e = 0; e < length; ++e) {
            std::visit(
                [&]<class Values>(Values& values) {
                    values[offset * length + e] = std::get<Values>(updates->values)[row * length + e];
                },
                result.values);
            if (!result.open.empty())
                result.open[offset * length + e] = updates->isOpen(row * length + e);
        }
    }
    return result;
}

Computed where(const Operation& operation, std::size_t most)
{
    const Numbers *const condition = operand(operation, 0), *const yes = operand(operation, 1),
                         *const no = operand(operation, 2);
    if (!condition || !yes || !no || condition->type != DataType::Bool || yes->type != no->type)
        return std::nullopt;
    auto dims = together(yes->dims, no->dims, most);
    if (dims)
        dims = together(*dims, condition->dims, most);
    if (!dims)
        return std::nullopt;
    const Numbers all = spread(*condition, *dims), other = spread(*no, *dims);
    Numbers result = spread(*yes, *dims);
    result.sizes.clear();
    if (!all.open.empty() || !other.open.empty())
        result.open.resize(result.size());
    for (std::size_t e = 0; e < result.size(); ++e) {
        if (all.integers()[e] == 0) {
            std::visit([&]<class Values>(Values& values) { values[e] = std::get<Values>(other.values)[e]; },
                       result.values);
            if (!result.open.empty())
                result.open[e] = other.isOpen(e);
        }
        if (all.isOpen(e))
            result.open[e] = 1;
    }
    return result;
}

} // namespace

std::span<const Rule> moves()
{
    static constexpr std::array all{

        Rule{"Concat", concat},       Rule{"Split", split},   Rule{"Gather", gather},
        Rule{"Slice", slice},         Rule{"Expand", expand}, Rule{"Tile", tile},
        Rule{"ScatterND", scatterNd}, Rule{"Where", where},   Rule{"GatherElements", gatherElements},
    };
    return all;
}

} // namespace pleat::evaluating
