// SPDX-License-Identifier: GPL-3.0-or-later
// Propagation through any operator: what every rule shares; the operators are in PropagationTable.cpp.
#include "core/fold/Propagation.h"

#include "core/fold/PropagationTable.h"
#include "core/fold/WhyNot.h"

#include <algorithm>
#include <cmath>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

tl::unexpected<Refusal> refused(const FoldContext& context, NodeIndex node, Sentence why)
{
    const GraphView& view = context.view;
    return refuse(Reason::OperatorBetween,
                  sentence("{} lies between the two and does not commute with {} ({})", operation(view, node),
                           named(view, context.chain), std::move(why)),
                  blame(view, node));
}

bool isQuantizer(const GraphView& view, NodeIndex node)
{
    const std::string_view op = view.op(node), domain = view.domain(node);
    return (op == "QuantizeLinear" || op == "DequantizeLinear") &&
           (domain.empty() || domain == "com.microsoft");
}

// The refusal for an operator that is not in the table.
tl::unexpected<Refusal> stranger(const FoldContext& context, NodeIndex node)
{
    const GraphView& view = context.view;
    const std::string op(view.op(node));
    const Argument label = named(view, node);
    if (isQuantizer(view, node))
        return refuse(Reason::QuantizeBetween, sentence("{} quantizes between the two", label),
                      blame(view, node));
    if (!view.domain(node).empty())
        return refuse(Reason::CustomDomain, sentence("{} is of domain {}", label, view.domain(node)),
                      blame(view, node));
    if (readsItsStatistics(op))
        return refuse(Reason::InputStatistics,
                      sentence("{} takes its statistics from its input", operation(view, node)),
                      blame(view, node));
    // An affine operator that is no part of the chain: it cannot be read, or it runs along another axis.
    if (mayBeAffine(view, node)) {
        if (auto step = readAffine(context, node); !step)
            return tl::make_unexpected(std::move(step.error()));
        return refused(context, node, "it is another scale or shift, which is not part of the chain");
    }
    return refused(context, node, whyNot(op));
}

// Moves one number per channel over an index map. `links` pairs the channels of the input and the output.
std::optional<Affine> moved(const Affine& from, const Propagation& propagation, Direction direction)
{
    const bool up = direction == Direction::Backward;
    const std::uint64_t count = up ? propagation.inputs : propagation.outputs;
    Affine to{from.axis, std::vector<double>(count, 1.0), std::vector<double>(count, 0.0)};
    std::vector<bool> set(count);
    for (const auto& [input, output] : propagation.links) {
        const std::size_t source = up ? output : input, target = up ? input : output;
        if (source >= from.channels() || target >= count)
            return std::nullopt;
        if (set[target] && (to.s[target] != from.s[source] || to.t[target] != from.t[source]))
            return std::nullopt;
        set[target] = true;
        to.s[target] = from.s[source];
        to.t[target] = from.t[source];
    }
    return to;
}

// The constant that a Pad needs on the other side of the affine.
Verdict<double> padValue(const FoldContext& context, NodeIndex node, double c, const Affine& affine,
                         Direction direction)
{
    std::optional<double> value;
    for (std::size_t i = 0; i < affine.channels(); ++i) {
        const double s = affine.s[i], t = affine.t[i];
        if (direction == Direction::Forward && s == 0) {
            if (c != t)
                return refused(context, node, "its constant cannot be reached in a channel with scale 0");
            continue;
        }
        const double needed = direction == Direction::Backward ? s * c + t : (c - t) / s;
        if (value && *value != needed)
            return refused(context, node,
                           sentence("it pads with {}, which would have to differ by channel", c));
        value = needed;
    }
    return value.value_or(c);
}

} // namespace

std::optional<int> fromFront(int axis, std::optional<std::size_t> rank)
{
    if (axis >= 0)
        return rank && static_cast<std::size_t>(axis) >= *rank ? std::nullopt : std::optional(axis);
    if (!rank || static_cast<std::size_t>(-axis) > *rank)
        return std::nullopt;
    return axis + static_cast<int>(*rank);
}

Verdict<Propagated> propagate(const FoldContext& context, NodeIndex node, std::size_t slot,
                              const Affine& affine, Direction direction, std::size_t input)
{
    const GraphView& view = context.view;
    const PropagationRule* rule = propagationRule(view, node);
    // A product with a constant lets a scale pass; of a shift, what it is itself tells more.
    if (!rule || (affine.shifts() && mayBeAffine(view, node)))
        return stranger(context, node);
    if (auto own = requireOwnAttributes(view, node); !own)
        return tl::make_unexpected(own.error());
    // What the rules tell is true of an operator's values, not of its masks and indices.
    if (slot != 0 && view.op(node) != "Split")
        return refused(context, node, sentence("output {} of it is something else", slot));
    const auto attempt = [&](const Affine& a) -> Verdict<Propagated> {
        auto propagation = (*rule)({context, node, slot, input, a.axis, a.channels(), direction});
        if (!propagation)
            return tl::make_unexpected(propagation.error());
        if (propagation->shiftMustVanish && a.shifts())
            return refused(context, node, "the shift is not 0");
        const double least = *std::ranges::min_element(a.s);
        if ((propagation->sign == Propagation::Sign::NotNegative && least < 0) ||
            (propagation->sign == Propagation::Sign::Positive && least <= 0))
            return refused(context, node, sentence("a scale is {}", least));
        Propagated propagated{a,
                              propagation->otherEnd == NodeIndex::None ? node : propagation->otherEnd,
                              propagation->dataSlot,
                              {}};
        if (a.axis && !propagation->links.empty()) {
            auto other = moved(a, *propagation, direction);
            if (!other)
                return refused(context, node, "it mixes channels of different scale or shift");
            propagated.affine = std::move(*other);
        }
        propagated.affine.axis = a.axis ? propagation->axis : std::nullopt;
        if (propagation->padConstant) {
            auto value = padValue(context, node, *propagation->padConstant, a, direction);
            if (!value)
                return tl::make_unexpected(value.error());
            if (*value != *propagation->padConstant)
                propagated.pad = PadChange{node, *value};
        }
        return propagated;
    };
    // What is the same in every channel passes even where the channels cannot be followed.
    auto propagated = attempt(affine);
    return propagated || !affine.axis || !affine.isUniform() ? propagated : attempt(affine.asUniform());
}

} // namespace pleat
