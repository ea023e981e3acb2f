// SPDX-License-Identifier: GPL-3.0-or-later
// Operators that give back their input for every run, each by its own rule (ONNX's operator pages). Sizes
// count only where they follow from the operators and the inputs that callers are held to; what a file merely
// declares does not. All are exact; but Add of +0 makes +0 of −0, which no comparison sees.
#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/ShapeRules.h"
#include "core/prepare/PassFiles.h"

#include <algorithm>
#include <limits>

namespace pleat {

namespace {

constexpr std::uint64_t mostLookedAt = 65536; // elements of a constant

class NoOp final {
public:
    NoOp(const Round& round, NodeIndex node) : m_round(round), m_view(round.view()), m_node(node) {}

    // The input that the node gives back; None where it changes something or may.
    ValueIndex handedOn() const
    {
        const std::string_view op = m_view.op(m_node);
        const ValueIndex first = m_view.input(m_node, 0);
        if (first == ValueIndex::None || refersToCall(m_view.proto(m_node)))
            return ValueIndex::None;
        if (op == "Mul" || op == "Div" || op == "Add" || op == "Sub" || op == "Pow")
            return operand();
        return changesNothing(op) ? first : ValueIndex::None;
    }

private:
    const onnx::NodeProto& proto() const { return m_view.proto(m_node); }
    ValueIndex input(std::size_t slot) const { return m_view.input(m_node, slot); }
    std::int64_t opset() const { return m_view.model().opset(); }

    bool changesNothing(std::string_view op) const
    {
        if (op == "Cast" || op == "CastLike")
            return sameType();
        if (op == "Reshape")
            return sameShape();
        if (op == "Flatten")
            return isMatrix();
        if (op == "Transpose")
            return keepsOrder();
        if (op == "Slice")
            return takesAll();
        if (op == "Pad")
            return padsNothing();
        if (op == "Concat" || op == "Sum" || op == "Max" || op == "Min" || op == "Mean")
            return m_view.inputs(m_node).size() == 1;
        if (op == "Split")
            return m_view.outputs(m_node).size() == 1;
        if (op == "Expand")
            return expandsNothing();
        if (op == "Tile")
            return opset() >= 6 && areAll(constantInts(m_view, input(1)), 1);
        if (op == "Resize" || op == "Upsample")
            return keepsSize(op == "Resize");
        return false;
    }

    // Known for every run; null where not.
    const KnownShape* sureShape(ValueIndex value) const
    {
        return m_round.shapes().followsFromRule(value) ? m_round.shapes().of(value) : nullptr;
    }

    static bool areAll(const std::optional<std::vector<std::int64_t>>& values, std::int64_t what)
    {
        return values && std::ranges::all_of(*values, [&](std::int64_t value) { return value == what; });
    }

    bool sameType() const
    {
        const DataType from = m_round.types().of(input(0)), to = m_round.types().of(m_view.output(m_node, 0));
        return from != DataType::Undefined && from == to;
    }

    // One axis may be unknown: what is left over for it is what was there.
    bool sameShape() const
    {
        const auto target = intsOrInput(m_view, m_node, "shape", 1);
        const KnownShape* const from = sureShape(input(0));
        if (!target || !from || target->size() != from->size())
            return false;
        const bool zeroIsZero = intAttribute(proto(), "allowzero", 0) != 0;
        int open = 0;
        bool othersHaveElements = true;
        for (std::size_t d = 0; d < from->size(); ++d) {
            const std::int64_t size = (*target)[d];
            const bool copied = size == 0 && !zeroIsZero;
            const bool same = size >= 0 && size == (*from)[d];
            if (!copied && !same) {
                ++open;
                if (size >= 0 && (*from)[d] >= 0)
                    return false;
                // A number that is not known to be the same is so only where there are elements.
                othersHaveElements = othersHaveElements && size == -1;
            }
        }
        return open == 0 || (open == 1 && othersHaveElements);
    }

    bool isMatrix() const
    {
        const auto rank = m_round.shapes().rank(input(0));
        const std::int64_t axis = intAttribute(proto(), "axis", 1);
        return rank == 2 && (axis == 1 || axis == -1);
    }

    bool keepsOrder() const
    {
        const auto order = intsAttribute(proto(), "perm");
        if (order.empty()) {
            const auto rank = m_round.shapes().rank(input(0));
            return rank && *rank <= 1;
        }
        for (std::size_t d = 0; d < order.size(); ++d) {
            if (order[d] != static_cast<std::int64_t>(d))
                return movesOnes(order) && isOnlyReshaped(order);
        }
        return true;
    }

    // Only axes of size 1 change places, so that the elements lie as before.
    bool movesOnes(const std::vector<std::int64_t>& order) const
    {
        const KnownShape* const from = sureShape(input(0));
        std::int64_t last = -1;
        for (const std::int64_t axis : order) {
            if (!from || axis < 0 || axis >= std::ssize(*from))
                return false;
            if ((*from)[static_cast<std::size_t>(axis)] == 1)
                continue;
            if (axis < last)
                return false;
            last = axis;
        }
        return from && order.size() == from->size();
    }

    // Every reader gives the elements another shape, which hangs on no axis that is at another place.
    bool isOnlyReshaped(const std::vector<std::int64_t>& order) const
    {
        const ValueIndex made = m_view.output(m_node, 0);
        return !m_view.isGraphOutput(made) && !m_view.uses(made).empty() &&
               std::ranges::all_of(m_view.uses(made), [&](const Use& use) {
                   const bool reads = use.slot == 0 && m_view.domain(use.node).empty() &&
                                      !refersToCall(m_view.proto(use.node));
                   return reads && (isSameReshape(use.node, order) || isSameFlatten(use.node, order));
               });
    }

    bool isSameReshape(NodeIndex reader, const std::vector<std::int64_t>& order) const
    {
        const auto target =
            m_view.op(reader) == "Reshape" ? intsOrInput(m_view, reader, "shape", 1) : std::nullopt;
        const bool zeroIsZero = intAttribute(m_view.proto(reader), "allowzero", 0) != 0;
        for (std::size_t d = 0; target && d < target->size(); ++d) {
            if ((*target)[d] == 0 && !zeroIsZero &&
                (d >= order.size() || order[d] != static_cast<std::int64_t>(d)))
                return false;
        }
        return target.has_value();
    }

    // As many axes with elements lie before the axis as without the Transpose.
    bool isSameFlatten(NodeIndex reader, const std::vector<std::int64_t>& order) const
    {
        const auto rank = std::ssize(order);
        std::int64_t axis = intAttribute(m_view.proto(reader), "axis", 1);
        axis = axis < 0 ? axis + rank : axis;
        if (m_view.op(reader) != "Flatten" || axis < 0 || axis > rank)
            return false;
        const KnownShape& from = *sureShape(input(0));
        const auto isWide = [&](std::int64_t each) { return from[static_cast<std::size_t>(each)] != 1; };
        std::int64_t before = 0;
        for (std::int64_t each = 0; each < axis; ++each)
            before += isWide(each) ? 1 : 0;
        return std::ranges::count_if(order.begin(), order.begin() + axis, isWide) == before;
    }

    bool takesAll() const
    {
        const auto starts = intsOrInput(m_view, m_node, "starts", 1),
                   ends = intsOrInput(m_view, m_node, "ends", 2);
        const auto axes = intsOrInput(m_view, m_node, "axes", 3);
        const bool hasAxes = attribute(proto(), "axes") || input(3) != ValueIndex::None;
        const bool steps = input(4) != ValueIndex::None;
        if (!areAll(starts, 0) || !ends || starts->size() != ends->size() || (hasAxes && !axes) ||
            (hasAxes && axes->size() != ends->size()) ||
            (steps && !areAll(constantInts(m_view, input(4)), 1)))
            return false;
        const KnownShape* const from = sureShape(input(0));
        for (std::size_t i = 0; i < ends->size(); ++i) {
            if ((*ends)[i] >= std::numeric_limits<std::int32_t>::max())
                continue; // what ONNX recommends for "to the end"
            const std::int64_t given = hasAxes ? (*axes)[i] : static_cast<std::int64_t>(i);
            const std::int64_t axis = from && given < 0 ? given + std::ssize(*from) : given;
            if (!from || axis < 0 || axis >= std::ssize(*from))
                return false;
            const std::int64_t size = (*from)[static_cast<std::size_t>(axis)];
            if (size < 0 || (*ends)[i] < size)
                return false;
        }
        return true;
    }

    bool padsNothing() const
    {
        const auto pads = padsOf(m_view, m_node, m_round.shapes().rank(input(0)));
        return pads && std::ranges::all_of(*pads, [](const PaddedAxis& axis) {
                   return axis.before == 0 && axis.behind == 0;
               });
    }

    bool expandsNothing() const
    {
        const auto target = constantInts(m_view, input(1));
        return target && fitsInto(*target);
    }

    // Whether what has these sizes is broadcast to the shape of input `slot`, and does not widen it.
    bool fitsInto(const std::vector<std::int64_t>& dims, std::size_t slot = 0) const
    {
        if (dims.empty())
            return true;
        const auto rank = m_round.shapes().rank(input(slot));
        if (!rank || dims.size() > *rank)
            return false;
        const KnownShape* const from = sureShape(input(slot));
        for (std::size_t d = 0; d < dims.size(); ++d) {
            const std::size_t axis = *rank - dims.size() + d;
            if (dims[d] != 1 && (!from || dims[d] != (*from)[axis]))
                return false;
        }
        return true;
    }

    // Where all scales are 1, every result lies on an input. Cubic weights are rounded even there.
    bool keepsSize(bool isResize) const
    {
        const std::string mode = stringAttribute(proto(), "mode", "nearest");
        if ((mode != "nearest" && mode != "linear") || attribute(proto(), "axes") ||
            stringAttribute(proto(), "coordinate_transformation_mode", "half_pixel") ==
                "tf_crop_and_resize" ||
            stringAttribute(proto(), "keep_aspect_ratio_policy", "stretch") != "stretch")
            return false;
        const std::size_t scales = isResize && opset() >= 11 ? 2 : 1;
        if (isResize && opset() >= 11 && input(3) != ValueIndex::None) {
            const auto sizes = constantInts(m_view, input(3));
            const KnownShape* const from = sureShape(input(0));
            return sizes && from && *sizes == *from;
        }
        if (const onnx::AttributeProto* given = attribute(proto(), "scales"))
            return given->floats_size() > 0 &&
                   std::ranges::all_of(given->floats(), [](float scale) { return scale == 1; });
        return input(scales) != ValueIndex::None && isAll(input(scales), 1);
    }

    // A constant of which every number is this one.
    bool isAll(ValueIndex value, double what) const
    {
        const auto constant = constantOf(m_view, value);
        if (!constant || constant->tensor.elements() == 0 || constant->tensor.elements() > mostLookedAt)
            return false;
        const auto numbers = values(*constant);
        return numbers && std::ranges::all_of(*numbers, [&](double number) { return number == what; });
    }

    // The operand that arithmetic with a neutral constant gives back.
    ValueIndex operand() const
    {
        const std::string_view op = m_view.op(m_node);
        const double neutral = op == "Add" || op == "Sub" ? 0 : 1;
        const bool commutes = (op == "Add" || op == "Mul") && opset() >= 7;
        for (const std::size_t slot : {std::size_t{1}, std::size_t{0}}) {
            if (slot == 0 && !commutes)
                break;
            const auto constant = constantOf(m_view, input(slot));
            const std::size_t other = 1 - slot;
            // Before opset 7 the second operand is broadcast to the first, which gives the shape.
            const bool shaped = constant && (opset() < 7 || fitsInto(constant->dims, other));
            if (shaped && sameTypes() && isAll(input(slot), neutral))
                return input(other);
        }
        return ValueIndex::None;
    }

    // Pow may have an exponent of another type; the result has that of the base.
    bool sameTypes() const
    {
        return m_view.op(m_node) == "Pow" || m_round.types().of(input(0)) == m_round.types().of(input(1));
    }

    const Round& m_round;
    const GraphView& m_view;
    NodeIndex m_node;
};

} // namespace

Result<void> lookForNoOps(Round& round, Progress&, const std::stop_token&)
{
    const GraphView& view = round.view();
    for (const NodeIndex node : round.nodes()) {
        const bool alone = std::ranges::count_if(view.outputs(node), [](ValueIndex value) {
                               return value != ValueIndex::None;
                           }) == 1;
        if (!view.domain(node).empty() || !alone || view.output(node, 0) == ValueIndex::None)
            continue;
        const ValueIndex handedOn = NoOp(round, node).handedOn();
        if (handedOn != ValueIndex::None)
            round.bypass(
                node, view.output(node, 0), handedOn,
                sentence("{} goes: it changes nothing of {}", operation(view, node), named(view, handedOn)));
    }
    return {};
}

} // namespace pleat
