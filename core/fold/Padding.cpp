// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Padding.h"

#include "core/graph/Attributes.h"
#include "core/model/Limits.h"
#include "core/tensor/Blocks.h"
#include "core/tensor/Kernels.h"

#include <algorithm>
#include <fmt/format.h>

namespace pleat {

namespace {

std::int64_t at(const std::vector<std::int64_t>& values, std::size_t index, std::int64_t otherwise)
{
    return index < values.size() ? values[index] : otherwise;
}

std::string padsText(const std::vector<std::int64_t>& pads)
{
    return pads.empty() ? "no pads" : fmt::format("pads {}", fmt::join(pads, ", "));
}

struct Window {
    std::vector<std::int64_t> kernel, strides, dilations, pads;
    std::string automatic;

    Window(const onnx::NodeProto& proto, const Layer& layer)
        : kernel(layer.weight.dims.begin() + 2, layer.weight.dims.end()),
          strides(intsAttribute(proto, "strides")),
          dilations(intsAttribute(proto, "dilations")),
          pads(intsAttribute(proto, "pads")),
          automatic(stringAttribute(proto, "auto_pad", "NOTSET"))
    {
        if (automatic.empty())
            automatic = "NOTSET";
    }
    std::int64_t reach(std::size_t axis) const { return at(dilations, axis, 1) * (kernel[axis] - 1); }
    bool padsExplicitly() const
    {
        return std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; });
    }
};

// The channels with a shift have weights of 0: then it does not matter what they read.
Result<bool> shiftedWeightsAreZero(const Layer& layer, const std::vector<double>& t)
{
    std::vector<double> touched(t.size());
    std::ranges::transform(t, touched.begin(), [](double shift) { return shift != 0 ? 1.0 : 0.0; });
    std::vector<double> sums(layer.layout.outputs);
    const auto count = [&](std::uint64_t first, std::span<double> values) {
        for (double& value : values)
            value = value != 0 ? 1.0 : 0.0; // NaN counts as a weight
        accumulate(values, first, layer.layout, touched, sums);
    };
    if (auto read = forEachBlock(layer.weight.tensor, {}, count); !read)
        return tl::make_unexpected(read.error());
    return std::ranges::none_of(sums, [](double sum) { return sum > 0; });
}

// Total padding that SAME computes along an axis; negative when the size is not known.
std::int64_t samePadding(const FoldContext& context, const Layer& layer, const Window& window,
                         std::size_t axis)
{
    const std::int64_t stride = at(window.strides, axis, 1);
    if (window.kernel[axis] == 1)
        return 0;
    const ValueIndex data = context.view.input(layer.node, layer.dataSlot);
    const std::int64_t size = context.shapes.size(data, axis + 2);
    if (size < 0 || stride < 1)
        return -1;
    const std::int64_t steps = (size + stride - 1) / stride;
    return std::max<std::int64_t>((steps - 1) * stride + window.reach(axis) + 1 - size, 0);
}

// With a stride the last window may end before the padding begins, which then is never read.
bool padsAreNeverRead(const FoldContext& context, const Layer& layer, const Window& window)
{
    const ValueIndex data = context.view.input(layer.node, layer.dataSlot);
    for (std::size_t a = 0; a < window.kernel.size(); ++a) {
        const std::int64_t begin = at(window.pads, a, 0), end = at(window.pads, a + window.kernel.size(), 0);
        if (begin > 0)
            return false;
        if (end <= 0)
            continue;
        const std::int64_t size = context.shapes.size(data, a + 2), stride = at(window.strides, a, 1);
        const std::int64_t room = size + begin + end - (window.reach(a) + 1);
        if (size < 0 || stride < 1 || room < 0 || room / stride * stride + window.reach(a) - begin >= size)
            return false;
    }
    return true;
}

Verdict<void> convolution(const FoldContext& context, const Layer& layer, const std::vector<double>& t)
{
    const GraphView& view = context.view;
    const Window window(view.proto(layer.node), layer);
    if (window.automatic == "NOTSET" && padsAreNeverRead(context, layer, window))
        return {};
    std::optional<Refusal> refusal;
    const auto pads = [&](Reason reason, Sentence why) {
        refusal = Refusal{reason, std::move(why), {blame(view, layer.node)}, layer.node};
    };
    if (window.padsExplicitly() && window.automatic != "VALID")
        pads(Reason::Padding,
             sentence("{} shifts its input, and {} pads with zeros afterwards ({})",
                      named(view, context.shifting), named(view, layer.node), padsText(window.pads)));
    else if (window.padsExplicitly())
        pads(Reason::Padding,
             sentence("{} shifts its input, and {} has both auto_pad and pads ({})",
                      named(view, context.shifting), named(view, layer.node), padsText(window.pads)));
    for (std::size_t a = 0; !refusal && window.automatic.starts_with("SAME") && a < window.kernel.size();
         ++a) {
        const std::int64_t padding = samePadding(context, layer, window, a);
        if (padding < 0)
            pads(Reason::PaddingUnknown,
                 sentence("the padding of {} depends on sizes that are not known", named(view, layer.node)));
        else if (padding > 0)
            pads(Reason::Padding,
                 sentence("{} shifts its input, and {} pads with zeros afterwards ({}, {} in all)",
                          named(view, context.shifting), named(view, layer.node), window.automatic, padding));
    }
    if (!refusal)
        return {};
    const auto exempt = shiftedWeightsAreZero(layer, t);
    if (!exempt)
        return refuse(Reason::MissingData, sentence("{}", exempt.error().message),
                      blame(view, layer.weight.storedAt));
    return *exempt ? Verdict<void>() : Verdict<void>(tl::make_unexpected(std::move(*refusal)));
}

// What a ConvTranspose cuts off at either end of an axis, less its output_padding; never more than is sure.
// With output_shape the pads are derived from it (the attribute is not looked at), the odd one at either end.
std::pair<std::int64_t, std::int64_t> transposedPads(const FoldContext& context, const Layer& layer,
                                                     const Window& window, std::size_t axis)
{
    constexpr std::int64_t unknown = -largestBelieved;
    const onnx::NodeProto& proto = context.view.proto(layer.node);
    const std::int64_t extra = at(intsAttribute(proto, "output_padding"), axis, 0);
    if (attribute(proto, "output_shape")) {
        const std::vector<std::int64_t> shape = intsAttribute(proto, "output_shape");
        const std::size_t axes = window.kernel.size();
        const std::int64_t size =
            context.shapes.size(context.view.input(layer.node, layer.dataSlot), axis + 2);
        if (size < 0 || shape.size() < axes)
            return {unknown, unknown};
        const std::int64_t wanted = shape[shape.size() - axes + axis];
        const std::int64_t total = size - 1 + extra + window.reach(axis) + 1 - wanted;
        return {total / 2, total / 2 - extra};
    }
    if (window.automatic.starts_with("SAME"))
        return {window.kernel[axis] == 1 && extra == 0 ? 0 : unknown, 0};
    const bool explicitly = window.automatic == "NOTSET";
    return {explicitly ? at(window.pads, axis, 0) : 0,
            (explicitly ? at(window.pads, axis + window.kernel.size(), 0) : 0) - extra};
}

// With a stride, an output reads those weights only whose offset leaves the same remainder as its own
// position: one of ∏ stride phases. Whether all phases of each shifted channel's kernels have the same sum,
// exactly.
Result<bool> phasesAreAlike(const Layer& layer, const Window& window, const std::vector<double>& t)
{
    std::uint64_t taps = 1;
    for (const std::int64_t extent : window.kernel)
        taps *= static_cast<std::uint64_t>(extent);
    std::vector<std::size_t> phaseOf(taps);
    std::size_t phases = 1;
    for (std::size_t a = 0; a < window.kernel.size(); ++a) {
        const std::int64_t stride = at(window.strides, a, 1);
        std::uint64_t inner = 1; // taps behind one step along this axis
        for (std::size_t behind = a + 1; behind < window.kernel.size(); ++behind)
            inner *= static_cast<std::uint64_t>(window.kernel[behind]);
        for (std::uint64_t tap = 0; tap < taps; ++tap) {
            const auto k = static_cast<std::int64_t>(tap / inner) % window.kernel[a];
            phaseOf[tap] = phaseOf[tap] * static_cast<std::size_t>(stride) +
                           static_cast<std::size_t>(k * at(window.dilations, a, 1) % stride);
        }
        phases *= static_cast<std::size_t>(stride);
    }
    // W[Cin, M/g, k…]
    const std::uint64_t ofInput = layer.weight.tensor.elements() / std::max<std::uint64_t>(t.size(), 1);
    bool alike = true;
    std::vector<double> sums(phases);
    const auto check = [&](std::uint64_t first, std::span<double> values) {
        for (std::size_t e = 0; e < values.size() && alike; ++e) {
            const std::uint64_t element = first + e, tap = element % taps;
            sums[phaseOf[tap]] += values[e];
            if (tap + 1 < taps)
                continue;
            alike = t[element / ofInput] == 0 ||
                    std::ranges::all_of(sums, [&](double sum) { return sum == sums.front(); });
            std::ranges::fill(sums, 0.0);
        }
    };
    if (auto read = forEachBlock(layer.weight.tensor, {}, check); !read)
        return tl::make_unexpected(read.error());
    return alike;
}

Verdict<double> transposed(const FoldContext& context, const Layer& layer, const std::vector<double>& t)
{
    constexpr std::int64_t mostPhases = 4096;
    const GraphView& view = context.view;
    const onnx::NodeProto& proto = view.proto(layer.node);
    const Window window(proto, layer);
    const std::size_t axes = window.kernel.size();
    const Argument label = named(view, layer.node);
    std::int64_t phases = 1;
    // An output has all its weights where the first and the last of them lie over data.
    bool reaches = true;
    for (std::size_t a = 0; a < axes; ++a) {
        const std::int64_t stride = at(window.strides, a, 1);
        phases = stride < 1 || stride > mostPhases / phases ? mostPhases + 1 : phases * stride;
        if (phases > mostPhases)
            break;
        const auto [begin, end] = transposedPads(context, layer, window, a);
        reaches &= begin > window.reach(a) - stride && end > window.reach(a) - stride;
    }
    if (phases != 1) {
        const bool readable = phases <= mostPhases && !isReordered(layer.weight);
        const auto alike = readable ? phasesAreAlike(layer, window, t) : Result<bool>(false);
        if (!alike)
            return refuse(Reason::MissingData, sentence("{}", alike.error().message),
                          blame(view, layer.weight.storedAt));
        if (!*alike)
            return refuse(Reason::TransposedStride,
                          sentence("{} shifts its input, and {} has stride {}", named(view, context.shifting),
                                   label, fmt::format("{}", fmt::join(window.strides, ", "))),
                          blame(view, layer.node));
    }
    if (reaches)
        return 1 / static_cast<double>(phases);
    return refuse(Reason::TransposedBorder,
                  sentence("{} shifts its input, and the border of {} reads fewer of its weights ({})",
                           named(view, context.shifting), label,
                           window.automatic == "NOTSET" ? padsText(window.pads) : window.automatic),
                  blame(view, layer.node));
}

} // namespace

Verdict<double> requireShiftReaches(const FoldContext& context, const Layer& layer,
                                    const std::vector<double>& t)
{
    const std::string_view op = context.view.op(layer.node);
    const bool shifts = std::ranges::any_of(t, [](double shift) { return shift != 0; });
    if (!shifts || op == "Gemm" || op == "MatMul") // a matrix has no border
        return 1.0;
    if (op == "ConvTranspose")
        return transposed(context, layer, t);
    if (auto reaches = convolution(context, layer, t); !reaches)
        return tl::make_unexpected(std::move(reaches.error()));
    return 1.0;
}

std::optional<std::vector<std::int64_t>> explicitPads(const FoldContext& context, const Layer& conv)
{
    const Window window(context.view.proto(conv.node), conv);
    const std::size_t axes = window.kernel.size();
    const bool cuts = std::ranges::any_of(window.pads, [](std::int64_t pad) { return pad < 0; });
    if (window.automatic == "NOTSET")
        return window.pads.size() == 2 * axes && !cuts ? std::optional(window.pads) : std::nullopt;
    if (!window.automatic.starts_with("SAME") || window.padsExplicitly())
        return std::nullopt;
    std::vector<std::int64_t> pads(2 * axes);
    for (std::size_t a = 0; a < axes; ++a) {
        const std::int64_t total = samePadding(context, conv, window, a);
        if (total < 0 || at(window.dilations, a, 1) < 1)
            return std::nullopt;
        pads[a] = window.automatic == "SAME_LOWER" ? total - total / 2 : total / 2;
        pads[axes + a] = total - pads[a];
    }
    return pads;
}

} // namespace pleat
