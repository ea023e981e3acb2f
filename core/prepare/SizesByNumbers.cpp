// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/SizesByNumbers.h"

#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"

#include <algorithm>
#include <array>
#include <limits>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using Operands = std::vector<const Numbers*>;

template<class T>
const T* at(const std::vector<const T*>& all, std::size_t slot)
{
    return slot < all.size() ? all[slot] : nullptr;
}

// A vector of integers, for each open number nothing.
using Given = std::vector<std::optional<std::int64_t>>;
std::optional<Given> vectorAt(const Operands& numbers, std::size_t slot)
{
    const Numbers* const given = at(numbers, slot);
    if (!given || given->isReal() || given->dims.size() != 1)
        return std::nullopt;
    Given all(given->size());
    for (std::size_t e = 0; e < all.size(); ++e) {
        if (!given->isOpen(e))
            all[e] = given->integers()[e];
    }
    return all;
}

KnownShape sizesOf(const Given& given)
{
    KnownShape sizes(given.size(), unknownSize);
    for (std::size_t d = 0; d < given.size(); ++d)
        sizes[d] = given[d].value_or(unknownSize);
    return sizes;
}

MaybeShape reshape(const onnx::NodeProto& node, const InputShapes& shapes, const Operands& numbers)
{
    const auto target = vectorAt(numbers, 1);
    if (!target)
        return std::nullopt;
    const KnownShape* const data = at(shapes, 0);
    const bool zeroIsZero = intAttribute(node, "allowzero", 0) != 0;
    KnownShape shape = sizesOf(*target);
    std::optional<std::size_t> rest;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if ((*target)[d] == 0 && !zeroIsZero)
            shape[d] = data && d < data->size() ? (*data)[d] : unknownSize;
        else if ((*target)[d] == -1)
            rest = d;
    }
    const auto isKnown = [](std::int64_t size) { return size >= 0; };
    if (!rest || !data || !std::ranges::all_of(*data, isKnown))
        return shape;
    KnownShape others = shape;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(*rest));
    if (!std::ranges::all_of(others, isKnown))
        return shape;
    const std::size_t all = elementCount(*data), known = elementCount(others);
    if (known > 0 && all % known == 0)
        shape[*rest] = static_cast<std::int64_t>(all / known);
    return shape;
}

MaybeShape expand(const onnx::NodeProto&, const InputShapes& shapes, const Operands& numbers)
{
    const auto target = vectorAt(numbers, 1);
    return target && at(shapes, 0) ? broadcast(*shapes[0], sizesOf(*target)) : std::nullopt;
}

MaybeShape constantOfShape(const onnx::NodeProto&, const InputShapes&, const Operands& numbers)
{
    const auto sizes = vectorAt(numbers, 0);
    return sizes ? MaybeShape(sizesOf(*sizes)) : std::nullopt;
}

MaybeShape tile(const onnx::NodeProto& node, const InputShapes& shapes, const Operands& numbers)
{
    const auto repeats = vectorAt(numbers, 1);
    const KnownShape* const data = at(shapes, 0);
    if (node.input_size() != 2 || !repeats || !data || repeats->size() != data->size())
        return std::nullopt;
    KnownShape shape = *data;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (!(*repeats)[d] || shape[d] < 0 || __builtin_mul_overflow(shape[d], *(*repeats)[d], &shape[d]))
            shape[d] = unknownSize;
    }
    return shape;
}

// The axes that an input names, each once; without that input the first ones, so many.
std::optional<std::vector<std::size_t>> axesAt(const onnx::NodeProto& node, const Operands& numbers, int slot,
                                               std::size_t count, std::size_t rank)
{
    std::vector<std::size_t> axes;
    axes.reserve(count);
    if (node.input_size() <= slot || node.input(slot).empty()) {
        for (std::size_t axis = 0; axis < count; ++axis)
            axes.push_back(axis);
    } else {
        const auto given = vectorAt(numbers, static_cast<std::size_t>(slot));
        if (!given || given->size() != count)
            return std::nullopt;
        for (const auto& axis : *given) {
            if (!axis)
                return std::nullopt;
            axes.push_back(
                static_cast<std::size_t>(*axis < 0 ? *axis + static_cast<std::int64_t>(rank) : *axis));
        }
    }
    std::vector<std::size_t> sorted = axes;
    std::ranges::sort(sorted);
    const bool each = std::ranges::adjacent_find(sorted) == sorted.end();
    return each && (sorted.empty() || sorted.back() < rank) ? std::optional(std::move(axes)) : std::nullopt;
}

// Slice-10: starts and ends count from the back when negative, and are limited to what there is.
std::int64_t sliced(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step)
{
    const auto within = [&](std::int64_t position) {
        const std::int64_t front = position < 0 ? position + size : position;
        return step > 0 ? std::clamp<std::int64_t>(front, 0, size)
                        : std::clamp<std::int64_t>(front, -1, size - 1);
    };
    const std::int64_t from = within(start), to = within(end);
    const std::int64_t span = step > 0 ? to - from : from - to, stride = step > 0 ? step : -step;
    return span <= 0 ? 0 : (span - 1) / stride + 1;
}

MaybeShape slice(const onnx::NodeProto& node, const InputShapes& shapes, const Operands& numbers)
{
    const KnownShape* const data = at(shapes, 0);
    const auto starts = vectorAt(numbers, 1), ends = vectorAt(numbers, 2);
    if (!data || !starts || !ends || starts->size() != ends->size())
        return std::nullopt;
    const auto axes = axesAt(node, numbers, 3, starts->size(), data->size());
    const bool stepped = node.input_size() > 4 && !node.input(4).empty();
    const auto steps = stepped ? vectorAt(numbers, 4) : Given(starts->size(), 1);
    if (!axes || !steps || steps->size() != starts->size())
        return std::nullopt;
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    KnownShape shape = *data;
    for (std::size_t a = 0; a < axes->size(); ++a) {
        std::int64_t& size = shape[(*axes)[a]];
        const auto start = (*starts)[a], end = (*ends)[a], step = (*steps)[a];
        const bool known = size >= 0 && start && end && step && *step != 0 && *step != least;
        size = known ? sliced(size, *start, *end, *step) : unknownSize;
    }
    return shape;
}

MaybeShape pad(const onnx::NodeProto& node, const InputShapes& shapes, const Operands& numbers)
{
    const KnownShape* const data = at(shapes, 0);
    const auto amounts = vectorAt(numbers, 1);
    if (!data || !amounts || amounts->size() % 2 != 0)
        return std::nullopt;
    const std::size_t count = amounts->size() / 2;
    const auto axes = axesAt(node, numbers, 3, count, data->size());
    if (!axes)
        return std::nullopt;
    KnownShape shape = *data;
    for (std::size_t a = 0; a < count; ++a) {
        std::int64_t& size = shape[(*axes)[a]];
        const auto before = (*amounts)[a], behind = (*amounts)[a + count];
        if (size < 0 || !before || !behind || __builtin_add_overflow(size, *before, &size) ||
            __builtin_add_overflow(size, *behind, &size))
            size = unknownSize;
    }
    return shape;
}

struct ShapedOperator {
    std::string_view op;
    MaybeShape (*shape)(const onnx::NodeProto&, const InputShapes&, const Operands&);
};

constexpr std::array operators{
    ShapedOperator{"Reshape", reshape},
    ShapedOperator{"Expand", expand},
    ShapedOperator{"ConstantOfShape", constantOfShape},
    ShapedOperator{"Tile", tile},
    ShapedOperator{"Slice", slice},
    ShapedOperator{"Pad", pad},
};

} // namespace

bool isShapedByNumbers(std::string_view op)
{
    return std::ranges::find(operators, op, &ShapedOperator::op) != operators.end();
}

MaybeShape shapeByNumbers(const onnx::NodeProto& node, const std::vector<const KnownShape*>& shapes,
                          const std::vector<const Numbers*>& numbers)
{
    const auto found = std::ranges::find(operators, node.op_type(), &ShapedOperator::op);
    return believable(found->shape(node, shapes, numbers));
}

} // namespace pleat
