// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/prepare/OpenSizes.h"

#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/KnownNumbers.h"

#include <algorithm>
#include <array>
#include <onnx/onnx_pb.h>

namespace pleat {

// The rules of one node (ONNX's operator pages): from which axis of an input an axis of the output has its
// size.
class OpenSizeRules final {
public:
    OpenSizeRules(OpenSizes& sizes, NodeIndex node, KnownNumbers& known)
        : m_sizes(sizes),
          m_view(sizes.m_view),
          m_node(node),
          m_known(known)
    {
    }

    // The number of the size; 0: that of no input, as far as is known.
    std::uint32_t of(const KnownShape& output, std::size_t axis)
    {
        static constexpr std::string_view batched[] = {
            "Conv",          "ConvTranspose",     "MaxPool",      "AveragePool",  "LpPool",
            "GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool", "DepthToSpace", "SpaceToDepth"};
        const std::string_view op = m_view.op(m_node);
        if (keepsShape(op))
            return at(0, axis);
        if (broadcasts(op))
            return broadcast(output.size(), axis, 0);
        if (std::ranges::find(batched, op) != std::end(batched))
            return axis == 0 ? at(0, 0) : 0;
        for (const Rule& rule : rules) {
            if (rule.op == op)
                return (this->*rule.number)(output, axis);
        }
        return 0;
    }

    // What the target of a Reshape says of its axis.
    std::uint32_t targeted(std::size_t axis)
    {
        const Numbers* const target = m_known.of(m_view.input(m_node, 1));
        if (!target || target->isReal() || axis >= target->size())
            return 0;
        if (target->isOpen(axis))
            return axis < target->sizes.size() ? target->sizes[axis] : 0;
        const bool zeroIsZero = intAttribute(m_view.proto(m_node), "allowzero", 0) != 0;
        return target->integers()[axis] == 0 && !zeroIsZero ? at(0, axis) : 0;
    }

    // 0 where the size is known, or there is no such axis.
    std::uint32_t at(std::size_t slot, std::size_t axis)
    {
        const KnownShape* const shape = shapeAt(slot);
        return shape && axis < shape->size() ? m_sizes.of(m_view.input(m_node, slot), *shape)[axis] : 0;
    }

private:
    struct Rule {
        std::string_view op;
        std::uint32_t (OpenSizeRules::*number)(const KnownShape& output, std::size_t axis);
    };
    static const std::array<Rule, 17> rules;

    const KnownShape* shapeAt(std::size_t slot) const { return m_known.shapeOf(m_view.input(m_node, slot)); }

    // The axis that an attribute names, counted from the front.
    std::size_t axisAttribute(std::size_t rank, std::int64_t otherwise) const
    {
        const std::int64_t axis = intAttribute(m_view.proto(m_node), "axis", otherwise);
        return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
    }

    // Of operands that are lined up at their ends but for the last `apart` axes: the only one that is not 1,
    // or what all of these are.
    std::uint32_t broadcast(std::size_t rank, std::size_t axis, std::size_t apart)
    {
        if (attribute(m_view.proto(m_node), "broadcast")) // before opset 7 it lines them up
            return 0;
        std::uint32_t found = 0;
        for (std::size_t slot = 0; slot < m_view.inputs(m_node).size(); ++slot) {
            const KnownShape* const shape = shapeAt(slot);
            if (!shape || shape->size() > rank || shape->size() < apart)
                return 0;
            const std::size_t missing = rank - shape->size();
            if (axis < missing || (*shape)[axis - missing] == 1)
                continue;
            const std::uint32_t number = at(slot, axis - missing);
            if (number == 0 || (found != 0 && found != number))
                return 0;
            found = number;
        }
        return found;
    }

    std::uint32_t matMul(const KnownShape& output, std::size_t axis)
    {
        const KnownShape *const a = shapeAt(0), *const b = shapeAt(1);
        if (!a || !b || a->size() < 2 || b->size() < 2)
            return 0;
        if (axis + 2 < output.size())
            return broadcast(output.size(), axis, 2);
        return axis + 2 == output.size() ? at(0, a->size() - 2) : at(1, b->size() - 1);
    }

    std::uint32_t gemm(const KnownShape&, std::size_t axis)
    {
        const bool turned = intAttribute(m_view.proto(m_node), "transA", 0) != 0;
        return axis == 0 ? at(0, turned ? 1 : 0) : 0;
    }

    std::uint32_t transpose(const KnownShape& output, std::size_t axis)
    {
        const auto order = intsAttribute(m_view.proto(m_node), "perm");
        if (order.empty())
            return at(0, output.size() - 1 - axis);
        return axis < order.size() && order[axis] >= 0 ? at(0, static_cast<std::size_t>(order[axis])) : 0;
    }

    // All operands have that size; the number that was given first.
    std::uint32_t concat(const KnownShape& output, std::size_t axis)
    {
        std::uint32_t least = 0;
        if (axis == axisAttribute(output.size(), 1))
            return 0;
        for (std::size_t slot = 0; slot < m_view.inputs(m_node).size(); ++slot) {
            const std::uint32_t number = at(slot, axis);
            least = number != 0 && (least == 0 || number < least) ? number : least;
        }
        return least;
    }

    std::uint32_t split(const KnownShape& output, std::size_t axis)
    {
        return axis == axisAttribute(output.size(), 0) ? 0 : at(0, axis);
    }

    std::uint32_t flatten(const KnownShape&, std::size_t axis)
    {
        return axis == 0 && intAttribute(m_view.proto(m_node), "axis", 1) == 1 ? at(0, 0) : 0;
    }

    std::uint32_t reshape(const KnownShape& output, std::size_t axis)
    {
        const Numbers* const target = m_known.of(m_view.input(m_node, 1));
        if (target && !target->isReal() && axis < target->size() && !target->isOpen(axis) &&
            target->integers()[axis] == -1)
            return m_sizes.restOf(m_node, output, axis, m_known).number;
        return targeted(axis);
    }

    std::uint32_t expand(const KnownShape& output, std::size_t axis)
    {
        const Numbers* const target = m_known.of(m_view.input(m_node, 1));
        const KnownShape* const data = shapeAt(0);
        if (!target || target->isReal() || !data || output.size() < data->size() ||
            output.size() < target->size())
            return 0;
        const std::size_t before = output.size() - data->size(), skipped = output.size() - target->size();
        const bool widens = axis < before || (*data)[axis - before] == 1;
        if (axis < skipped || (!target->isOpen(axis - skipped) && target->integers()[axis - skipped] == 1))
            return widens ? 0 : at(0, axis - before);
        const std::size_t element = axis - skipped;
        const std::uint32_t number = element < target->sizes.size() ? target->sizes[element] : 0;
        return widens || at(0, axis - before) == number ? number : 0;
    }

    std::uint32_t constantOfShape(const KnownShape&, std::size_t axis)
    {
        const Numbers* const sizes = m_known.of(m_view.input(m_node, 0));
        return sizes && axis < sizes->sizes.size() ? sizes->sizes[axis] : 0;
    }

    // An axis that no input names is as it was.
    std::uint32_t slice(const KnownShape&, std::size_t axis)
    {
        const auto axes = intsOrInput(m_view, m_node, "axes", 3);
        const KnownShape* const data = shapeAt(0);
        if (!axes || !data)
            return 0;
        const bool named = std::ranges::any_of(*axes, [&](std::int64_t given) {
            return given == static_cast<std::int64_t>(axis) ||
                   given + std::ssize(*data) == static_cast<std::int64_t>(axis);
        });
        return named ? 0 : at(0, axis);
    }

    std::uint32_t pad(const KnownShape& output, std::size_t axis)
    {
        const Numbers* const pads = m_known.of(m_view.input(m_node, 1));
        if (!pads || pads->isReal() || pads->size() != 2 * output.size() ||
            m_view.input(m_node, 3) != ValueIndex::None || pads->isOpen(axis) ||
            pads->isOpen(axis + output.size()))
            return 0;
        const bool padded = pads->integers()[axis] != 0 || pads->integers()[axis + output.size()] != 0;
        return padded ? 0 : at(0, axis);
    }

    // How many of the axes (of the larger shape, in order) come before this one, or it is none of the others.
    std::optional<std::vector<std::size_t>> namedAxes(std::size_t rank) const
    {
        const auto axes = intsOrInput(m_view, m_node, "axes", 1);
        if (!axes)
            return std::nullopt;
        std::vector<std::size_t> front;
        front.reserve(axes->size());
        for (const std::int64_t axis : *axes)
            front.push_back(
                static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis));
        std::ranges::sort(front);
        front.erase(std::unique(front.begin(), front.end()), front.end());
        return front;
    }

    std::uint32_t unsqueeze(const KnownShape& output, std::size_t axis)
    {
        const auto axes = namedAxes(output.size());
        if (!axes || std::ranges::find(*axes, axis) != axes->end())
            return 0;
        const auto before = std::ranges::count_if(*axes, [axis](std::size_t each) { return each < axis; });
        return at(0, axis - static_cast<std::size_t>(before));
    }

    // Squeeze, and reductions that drop their axes.
    std::uint32_t squeeze(const KnownShape&, std::size_t axis)
    {
        const KnownShape* const data = shapeAt(0);
        const auto axes = data ? namedAxes(data->size()) : std::nullopt;
        if (!axes)
            return 0;
        for (const std::size_t each : *axes)
            axis += each <= axis ? 1 : 0;
        return at(0, axis);
    }

    std::uint32_t reduce(const KnownShape& output, std::size_t axis)
    {
        if (intAttribute(m_view.proto(m_node), "keepdims", 1) == 0)
            return squeeze(output, axis);
        const auto axes = namedAxes(output.size());
        return axes && std::ranges::find(*axes, axis) == axes->end() ? at(0, axis) : 0;
    }

    std::uint32_t gather(const KnownShape&, std::size_t axis)
    {
        const KnownShape *const data = shapeAt(0), *const indices = shapeAt(1);
        if (!data || !indices)
            return 0;
        const std::size_t along = axisAttribute(data->size(), 0);
        if (axis < along)
            return at(0, axis);
        return axis < along + indices->size() ? at(1, axis - along) : at(0, axis - indices->size() + 1);
    }

    OpenSizes& m_sizes;
    const GraphView& m_view;
    NodeIndex m_node;
    KnownNumbers& m_known;
};

const std::array<OpenSizeRules::Rule, 17> OpenSizeRules::rules{
    Rule{"MatMul", &OpenSizeRules::matMul},
    Rule{"Gemm", &OpenSizeRules::gemm},
    Rule{"Transpose", &OpenSizeRules::transpose},
    Rule{"Concat", &OpenSizeRules::concat},
    Rule{"Split", &OpenSizeRules::split},
    Rule{"Flatten", &OpenSizeRules::flatten},
    Rule{"Reshape", &OpenSizeRules::reshape},
    Rule{"Expand", &OpenSizeRules::expand},
    Rule{"ConstantOfShape", &OpenSizeRules::constantOfShape},
    Rule{"Slice", &OpenSizeRules::slice},
    Rule{"Pad", &OpenSizeRules::pad},
    Rule{"Unsqueeze", &OpenSizeRules::unsqueeze},
    Rule{"Squeeze", &OpenSizeRules::squeeze},
    Rule{"ReduceMean", &OpenSizeRules::reduce},
    Rule{"ReduceSum", &OpenSizeRules::reduce},
    Rule{"ReduceMax", &OpenSizeRules::reduce},
    Rule{"Gather", &OpenSizeRules::gather},
};

void OpenSizes::derive(NodeIndex node, KnownNumbers& known)
{
    const bool hasRules = m_view.domain(node).empty() && !refersToCall(m_view.proto(node));
    for (std::size_t slot = 0; slot < m_view.outputs(node).size(); ++slot) {
        const ValueIndex output = m_view.output(node, slot);
        const KnownShape* const shape = output == ValueIndex::None ? nullptr : known.shapeOf(output);
        if (!shape || std::ranges::all_of(*shape, [](std::int64_t size) { return size >= 0; }))
            continue;
        SizeNumbers numbers(shape->size());
        for (std::size_t axis = 0; axis < shape->size(); ++axis) {
            if ((*shape)[axis] >= 0)
                continue;
            numbers[axis] = hasRules && (slot == 0 || m_view.op(node) == "Split")
                                ? OpenSizeRules(*this, node, known).of(*shape, axis)
                                : 0;
            if (numbers[axis] == 0)
                numbers[axis] = ++m_last;
        }
        m_numbers.insert_or_assign(output, std::move(numbers));
    }
}

const SizeNumbers& OpenSizes::of(ValueIndex value, const KnownShape& shape)
{
    SizeNumbers& numbers = m_numbers[value];
    numbers.resize(shape.size());
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (shape[axis] >= 0)
            numbers[axis] = 0;
        else if (numbers[axis] == 0)
            numbers[axis] = ++m_last;
    }
    return numbers;
}

// The elements of the data are those of the result: what is in both products goes, and the rest is equal.
RestOfReshape OpenSizes::restOf(NodeIndex node, const KnownShape& target, std::size_t rest,
                                KnownNumbers& known)
{
    const KnownShape* const data = known.shapeOf(m_view.input(node, 0));
    if (!data)
        return {};
    OpenSizeRules rules(*this, node, known);
    std::vector<std::uint32_t> left;
    std::int64_t from = 1, to = 1;
    const auto multiply = [](std::int64_t& product, std::int64_t size) {
        return size > 0 && !__builtin_mul_overflow(product, size, &product);
    };
    for (std::size_t axis = 0; axis < data->size(); ++axis) {
        if ((*data)[axis] < 0)
            left.push_back(rules.at(0, axis));
        else if (!multiply(from, (*data)[axis]))
            return {};
    }
    for (std::size_t axis = 0; axis < target.size(); ++axis) {
        if (axis == rest)
            continue;
        if (target[axis] >= 0) {
            if (!multiply(to, target[axis]))
                return {};
            continue;
        }
        const auto same = std::ranges::find(left, rules.targeted(axis));
        if (same == left.end())
            return {};
        left.erase(same);
    }
    if (left.empty() && from % to == 0)
        return {.size = from / to};
    return left.size() == 1 && from == to ? RestOfReshape{.number = left.front()} : RestOfReshape{};
}

} // namespace pleat
