// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Target.h"

#include "core/fold/Padding.h"
#include "core/fold/Readers.h"
#include "core/graph/Attributes.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace pleat {

namespace {

constexpr std::uint64_t mostConstant = std::uint64_t{1} << 24; // elements of a constant that is scaled

// The affine as one number a channel of the layer, along the layer's axis; refuses where they differ.
Verdict<Affine> fitted(const FoldContext& context, const Layer& layer, const Affine& affine, bool after)
{
    const GraphView& view = context.view;
    const std::uint64_t channels = after ? layer.layout.outputs : layer.layout.inputs;
    if (!affine.axis)
        return affine.repeated(channels);
    const int layerAxis = after ? layer.outputAxis : layer.inputAxis;
    const auto own = fromFront(layerAxis, layer.rank), wanted = fromFront(*affine.axis, layer.rank);
    const bool same = own && wanted ? *own == *wanted : layerAxis == *affine.axis;
    if (!same && affine.isUniform())
        return affine.asUniform().repeated(channels);
    if (!same && (!own || !wanted))
        return refuse(Reason::ChannelsUnknown,
                      sentence("the rank of {} cannot be derived, so neither which axis holds its channels",
                               named(view, layer.node)),
                      blame(view, layer.node));
    if (!same && layer.isMatMul())
        return refuse(
            Reason::Axis,
            sentence("the channel axis of {} is axis {}, which is not the axis of {}'s matrix (axis {})",
                     named(context.view, context.chain), *wanted, named(view, layer.node), *own),
            blame(view, layer.node));
    if (!same)
        return refuse(Reason::NotPerChannel,
                      sentence("the constant varies along axis {}, the channels of {} are axis {}", *wanted,
                               named(view, layer.node), *own),
                      blame(view, layer.node));
    if (affine.channels() != channels)
        return refuse(Reason::ChannelMismatch,
                      after ? sentence("the scale has {} values, {} has {} output channels",
                                       affine.channels(), named(view, layer.node), channels)
                            : sentence("the scale has {} values, {} has {} input channels", affine.channels(),
                                       named(view, layer.node), channels),
                      blame(view, layer.node));
    return affine;
}

Verdict<void> requireIntegersScale(const GraphView& view, const Layer& layer, const std::vector<double>& s)
{
    if (!layer.quantizedWeight)
        return {};
    // A ConvTranspose shares its output channels out among the groups: no axis of the weight counts them
    // all.
    if (layer.weight.dims[layer.outputDim] != std::ssize(s))
        return refuse(Reason::Quantized,
                      sentence("the weight of {} is quantized and grouped", named(view, layer.node)),
                      blame(view, layer.node));
    return requireScalable(view, *layer.quantizedWeight, layer.outputDim, s);
}

bool hasSeveralMatrices(const Layer& layer)
{
    const std::vector<std::int64_t>& dims = layer.weight.dims;
    return std::any_of(dims.begin(), dims.end() - 2, [](std::int64_t extent) { return extent != 1; });
}

// Zeros after a shift are −t/s before it, where that is the same in every channel: an explicit Pad can do
// it.
std::optional<std::vector<std::int64_t>> padsBefore(const FoldContext& context, const Layer& layer,
                                                    const Affine& affine, const Refusal& refusal)
{
    if (!context.padUniform || refusal.reason != Reason::Padding || !affine.isUniform() ||
        affine.s.front() == 0 || !std::isfinite(affine.t.front() / affine.s.front()) ||
        opsetOf(context.view, layer.node) < 2)
        return std::nullopt;
    return explicitPads(context, layer);
}

tl::unexpected<Refusal> notAConstant(const GraphView& view, NodeIndex node, const Constant& constant,
                                     const char* why)
{
    return refuse(Reason::OperatorBetween,
                  sentence("{} lies between the two, and its constant {} would have to be scaled ({})",
                           operation(view, node), named(view, constant.storedAt), why),
                  blame(view, node));
}

} // namespace

Verdict<FoldTarget> targetAfter(const FoldContext& context, NodeIndex node, const Affine& affine)
{
    const GraphView& view = context.view;
    auto layer = readLayer(context, node);
    if (!layer)
        return tl::make_unexpected(layer.error());
    auto fit = fitted(context, *layer, affine, true);
    if (!fit)
        return tl::make_unexpected(fit.error());
    auto bias = biasAfter(view, *layer, fit->s, fit->t);
    if (!bias)
        return tl::make_unexpected(bias.error());
    if (auto scalable = requireIntegersScale(view, *layer, fit->s); !scalable)
        return tl::make_unexpected(std::move(scalable.error()));
    return FoldTarget{std::move(*layer), std::move(fit->s), std::move(fit->t), std::nullopt,
                      std::move(*bias)};
}

Verdict<FoldTarget> targetBefore(const FoldContext& context, const Use& use, const Affine& affine)
{
    const GraphView& view = context.view;
    auto layer = readLayer(context, use.node);
    if (!layer)
        return tl::make_unexpected(layer.error());
    if (layer->quantizedWeight)
        return refuse(Reason::Quantized,
                      sentence("the weight of {} comes from DequantizeLinear", named(view, use.node)),
                      blame(view, use.node));
    if (use.slot != layer->dataSlot)
        return refuse(Reason::NotConstant, sentence("{} reads it as a weight or bias", named(view, use.node)),
                      blame(view, use.node));
    if (affine.axis && !affine.isUniform() && intAttribute(view.proto(use.node), "transA", 0) != 0)
        return refuse(Reason::TransA, sentence("{} has transA=1", named(view, use.node)),
                      blame(view, use.node));
    if (layer->isMatMul() && layer->weightSlot == 0)
        return refuse(
            Reason::Axis,
            sentence("{} multiplies from the left, which mixes what comes before it", named(view, use.node)),
            blame(view, use.node));
    if (layer->isMatMul())
        layer->rank = context.shapes.rank(view.input(use.node, use.slot));
    auto fit = fitted(context, *layer, affine, false);
    if (!fit)
        return tl::make_unexpected(fit.error());
    if (layer->isMatMul() && fit->shifts() && hasSeveralMatrices(*layer))
        return refuse(Reason::Axis,
                      sentence("{} shifts its input, and {} has a matrix for each position: each would need "
                               "a bias of its own",
                               named(view, context.shifting), named(view, use.node)),
                      blame(view, use.node));
    std::optional<double> padWith;
    std::vector<std::int64_t> pads;
    if (auto reaches = requireShiftReaches(context, *layer, fit->t)) {
        layer->gain *= *reaches;
    } else {
        auto before = padsBefore(context, *layer, *fit, reaches.error());
        if (!before)
            return tl::make_unexpected(std::move(reaches.error()));
        pads = std::move(*before);
        padWith = -fit->t.front() / fit->s.front();
    }
    const std::vector<double> ones(layer->layout.outputs, 1.0), zeros(layer->layout.outputs, 0.0);
    auto bias = biasAfter(view, *layer, ones, zeros);
    if (!bias)
        return tl::make_unexpected(bias.error());
    FoldTarget target{std::move(*layer), std::move(fit->s), std::move(fit->t), padWith, std::move(*bias)};
    target.pads = std::move(pads);
    return target;
}

Verdict<ConstantChange> scaledConstant(const FoldContext& context, NodeIndex node, std::size_t slot,
                                       ValueIndex whole, const Affine& affine)
{
    const GraphView& view = context.view;
    const auto constant = requireConstant(view, node, slot, "an operand");
    if (!constant)
        return tl::make_unexpected(constant.error());
    if (auto readable = requireReadable(view, *constant, "constant", node); !readable)
        return tl::make_unexpected(std::move(readable.error()));
    const auto rank = context.shapes.rank(whole);
    const auto axis = affine.axis ? fromFront(*affine.axis, rank) : std::nullopt;
    const std::size_t own = constant->dims.size();
    const bool linedUp = rank && own <= *rank && (own == *rank || opsetOf(view, node) >= 7);
    if (!linedUp || (affine.axis && !axis))
        return notAConstant(view, node, *constant, "how it is lined up is not known");
    const std::int64_t before = static_cast<std::int64_t>(*rank - own);
    const std::int64_t size =
        axis && *axis >= before ? constant->dims[static_cast<std::size_t>(*axis - before)] : 1;
    const auto channels = static_cast<std::int64_t>(affine.channels());
    if (axis && size != 1 && size != channels)
        return notAConstant(view, node, *constant, "it has another number of channels");
    const std::uint64_t elements = constant->tensor.elements();
    if (elements == 0 || elements * static_cast<std::uint64_t>(size == 1 ? channels : 1) > mostConstant)
        return notAConstant(view, node, *constant, "it is too large to be changed");
    ConstantChange change{node, slot, *rank, affine};
    change.affine.axis = axis;
    return change;
}

} // namespace pleat
