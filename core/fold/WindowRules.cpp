// SPDX-License-Identifier: GPL-3.0-or-later
// The propagation rules of operators that look at windows of the spatial axes or change their sizes: pools,
// Resize, Pad.
#include "core/fold/PropagationTable.h"
#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"

#include <algorithm>

namespace pleat {

namespace {

bool pads(const Question& question)
{
    const std::string automatic = stringAttribute(question.proto(), "auto_pad", "NOTSET");
    const auto explicitly = intsAttribute(question.proto(), "pads");
    return automatic.starts_with("SAME") ||
           std::ranges::any_of(explicitly, [](std::int64_t pad) { return pad != 0; });
}

// Whether a window of a pool may lie wholly in the padding, so that it holds nothing: its result is no value
// of the data then (AveragePool divides by 0, MaxPool gives the lowest number there is).
bool mayHoldNothing(const Question& question)
{
    const GraphView& view = question.context.view;
    const onnx::NodeProto& proto = question.proto();
    const auto kernel = intsAttribute(proto, "kernel_shape"), strides = intsAttribute(proto, "strides"),
               dilations = intsAttribute(proto, "dilations");
    const std::string automatic = stringAttribute(proto, "auto_pad", "NOTSET");
    const bool explicitly = automatic.empty() || automatic == "NOTSET";
    const auto pads = explicitly ? intsAttribute(proto, "pads") : std::vector<std::int64_t>();
    const bool ceil = intAttribute(proto, "ceil_mode", 0) != 0;
    const auto at = [](const std::vector<std::int64_t>& values, std::size_t index, std::int64_t otherwise) {
        return index < values.size() ? std::clamp<std::int64_t>(values[index], 0, 1 << 30) : otherwise;
    };
    for (std::size_t a = 0; a < kernel.size(); ++a) {
        const std::int64_t dilation = at(dilations, a, 1), stride = at(strides, a, 1);
        const std::int64_t extent = dilation * (at(kernel, a, 1) - 1) + 1;
        const bool padded =
            ceil || automatic.starts_with("SAME") || at(pads, a, 0) > 0 || at(pads, a + kernel.size(), 0) > 0;
        if (!padded)
            continue;
        // ceil_mode lets a window begin up to a stride later.
        if (at(pads, a, 0) >= extent || at(pads, a + kernel.size(), 0) > extent - (ceil ? stride : 1))
            return true;
        // A dilated window may step over all of the data.
        if (dilation > 1 && question.context.shapes.size(view.input(question.node, 0), a + 2) <
                                std::max<std::int64_t>(dilation, 1))
            return true;
    }
    return false;
}

std::optional<std::vector<double>> constantNumbers(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (!constant || constant->tensor.elements() > 64 || constant->tensor.elements() == 0)
        return std::nullopt;
    auto numbers = values(*constant);
    return numbers ? std::optional(std::move(*numbers)) : std::nullopt;
}

// Which entry of a Resize's scales, sizes and regions is the channel axis's: since opset 18 `axes` may name
// the axes that there are entries for. Nothing when it is not among them; -1 when that is not known.
std::optional<int> resizedEntry(const Question& question)
{
    const onnx::NodeProto& proto = question.proto();
    if (!attribute(proto, "axes"))
        return 1;
    const auto rank = question.context.shapes.rank(question.context.view.input(question.node, 0));
    const auto axes = intsAttribute(proto, "axes");
    std::optional<int> found;
    for (std::size_t a = 0; a < axes.size(); ++a) {
        const auto axis = fromFront(static_cast<int>(std::clamp<std::int64_t>(axes[a], -64, 64)), rank);
        if (!axis)
            return -1;
        if (*axis == 1)
            found = found ? -1 : static_cast<int>(a);
    }
    return found;
}

// The factor along the channel axis of a Resize or Upsample is surely 1.
bool keepsChannels(const Question& question)
{
    const GraphView& view = question.context.view;
    const onnx::NodeProto& proto = question.proto();
    const auto entry = resizedEntry(question);
    if (!entry || *entry < 0)
        return !entry;
    const auto at = static_cast<std::size_t>(*entry);
    if (const onnx::AttributeProto* scales = attribute(proto, "scales"))
        return scales->floats_size() > 1 && scales->floats(1) == 1;
    if (attribute(proto, "width_scale") || attribute(proto, "height_scale"))
        return true;
    // Upsample-9 and Resize-10 have the scales in input 1, Resize-11 in input 2 or sizes in input 3.
    const bool old = view.op(question.node) == "Upsample" || opsetOf(view, question.node) < 11;
    if (const auto scales = constantNumbers(view, view.input(question.node, old ? 1 : 2)))
        return scales->size() > at && (*scales)[at] == 1;
    // Sizes are what is wanted: a policy may make others of them.
    const std::string policy = stringAttribute(proto, "keep_aspect_ratio_policy", "stretch");
    const auto sizes = constantNumbers(view, view.input(question.node, 3));
    const std::int64_t channels = question.context.shapes.size(view.input(question.node, 0), 1);
    return (policy.empty() || policy == "stretch") && sizes && sizes->size() > at && channels >= 0 &&
           (*sizes)[at] == static_cast<double>(channels) &&
           channels == static_cast<std::int64_t>(question.channels);
}

// With tf_crop_and_resize a region of each axis is resized; what it takes from outside of the data is a
// constant.
Verdict<Propagation> cropAndResize(const Question& question)
{
    const GraphView& view = question.context.view;
    // A position is computed in float: at the end of a region it may lie beyond the data by a rounding.
    constexpr double surelyInside = 1 - 1e-5;
    const auto entry = resizedEntry(question);
    const auto region = constantNumbers(view, view.input(question.node, 1)); // starts, then ends
    const std::size_t count = region ? region->size() / 2 : 0;
    bool inside = count > 0, all = count > 0; // of the data; all of the channels
    for (std::size_t a = 0; a < count; ++a) {
        const double start = (*region)[a], end = (*region)[count + a];
        const bool whole = start == 0 && end == 1;
        inside &= whole || (start >= 0 && start <= end && end <= surelyInside);
        all &= whole || entry != static_cast<int>(a);
    }
    if (question.axis && entry && (*entry < 0 || !all || static_cast<std::size_t>(*entry) >= count))
        return blocked(question, "it may resize the channel axis");
    const double outside = static_cast<double>(floatAttribute(question.proto(), "extrapolation_value", 0));
    if (!inside && outside != 0)
        return blocked(question, "it extrapolates");
    auto propagation = spatial(question);
    if (propagation)
        propagation->shiftMustVanish = !inside;
    return propagation;
}

// Which channel of the input each channel of a padded (or cropped) output is; nothing for the constant.
std::optional<std::int64_t> paddedFrom(std::int64_t position, std::int64_t size, std::string_view mode)
{
    if (position >= 0 && position < size)
        return position;
    if (mode == "edge")
        return std::clamp<std::int64_t>(position, 0, size - 1);
    if (mode == "wrap" && position >= -size && position < 2 * size)
        return (position + size) % size;
    if (mode == "reflect" && position > -size && position < 2 * size - 1)
        return position < 0 ? -position : 2 * (size - 1) - position;
    return std::nullopt;
}

// A Pad that adds or takes away channels: copies of others, or none. What is at either end where one is added
// to and the other cropped, engines do not agree about.
Verdict<Propagation> padChannels(const Question& question, const PaddedAxis& pad, std::string_view mode)
{
    const bool up = question.direction == Direction::Backward;
    const auto channels = static_cast<std::int64_t>(question.channels);
    const bool mixed = std::min(pad.before, pad.behind) < 0 && std::max(pad.before, pad.behind) > 0;
    const auto isLarge = [](std::int64_t n) { return n < -mostChannels || n > mostChannels; };
    if (mixed || isLarge(pad.before) || isLarge(pad.behind))
        return blocked(question, "it pads the channels");
    const std::int64_t grown = pad.before + pad.behind, inputs = up ? channels - grown : channels,
                       outputs = inputs + grown;
    if (inputs < 1 || outputs < 1 || isLarge(inputs) || isLarge(outputs))
        return blocked(question, "it pads the channels");
    Propagation propagation{.axis = question.axis};
    propagation.inputs = static_cast<std::uint64_t>(inputs);
    propagation.outputs = static_cast<std::uint64_t>(outputs);
    for (std::int64_t c = 0; c < outputs; ++c) {
        const auto from = paddedFrom(c - pad.before, inputs, mode);
        if (!from)
            return blocked(question, "it pads the channels");
        propagation.links.emplace_back(*from, c);
    }
    return propagation;
}

} // namespace

// Windows over the spatial axes: only the channel axis is left alone.
Verdict<Propagation> spatial(const Question& question)
{
    if (question.axis && question.axis != 1)
        return blocked(question, "it works along the axis that the scale and shift belong to");
    return Propagation{.axis = question.axis};
}

Verdict<Propagation> throughAveragePool(const Question& question)
{
    auto propagation = spatial(question);
    const onnx::NodeProto& proto = question.proto();
    // Where padding is counted, the coefficients at the border do not sum to 1.
    if (propagation && intAttribute(proto, "count_include_pad", 0) != 0)
        propagation->shiftMustVanish = pads(question) || intAttribute(proto, "ceil_mode", 0) != 0;
    if (propagation && mayHoldNothing(question))
        propagation->shiftMustVanish = true;
    return propagation;
}

Verdict<Propagation> throughMaxPool(const Question& question)
{
    if (mayHoldNothing(question))
        return blocked(question, "a window of it may lie wholly in the padding");
    auto propagation = spatial(question);
    const GraphView& view = question.context.view;
    const ValueIndex indices = view.output(question.node, 1);
    const bool indicesRead =
        indices != ValueIndex::None && (view.isGraphOutput(indices) || !view.uses(indices).empty());
    if (propagation)
        propagation->sign = indicesRead ? Propagation::Sign::Positive : Propagation::Sign::NotNegative;
    return propagation;
}

Verdict<Propagation> throughResize(const Question& question)
{
    const onnx::NodeProto& proto = question.proto();
    const std::string mode = stringAttribute(proto, "coordinate_transformation_mode", "");
    // Its nearest position is half a step off even where nothing is resized.
    if (question.axis && mode == "tf_half_pixel_for_nn" &&
        stringAttribute(proto, "nearest_mode", "") != "floor")
        return blocked(question, "it may move the channels");
    if (question.axis && !keepsChannels(question))
        return blocked(question, "it may resize the channel axis");
    return mode == "tf_crop_and_resize" ? cropAndResize(question) : spatial(question);
}

Verdict<Propagation> throughPad(const Question& question)
{
    const GraphView& view = question.context.view;
    const onnx::NodeProto& proto = question.proto();
    const auto amounts =
        padsOf(view, question.node, question.context.shapes.rank(view.input(question.node, 0)));
    if (!amounts)
        return blocked(question, "its pads are not known");
    // Along any other axis it adds copies or the constant, which each channel sees alike.
    if (question.axis && *question.axis < 0)
        return blocked(question, "the rank of its input is not known");
    const std::string mode = stringAttribute(proto, "mode", "constant");
    Propagation propagation{.axis = question.axis};
    for (const PaddedAxis& pad : *amounts) {
        if (!question.axis || static_cast<int>(pad.axis) != *question.axis ||
            (pad.before == 0 && pad.behind == 0))
            continue;
        auto moved = padChannels(question, pad, mode);
        if (!moved)
            return moved;
        propagation = std::move(*moved);
    }
    const bool grows =
        std::ranges::any_of(*amounts, [](const PaddedAxis& pad) { return pad.before > 0 || pad.behind > 0; });
    if (!grows || mode != "constant")
        return propagation;
    propagation.padConstant = static_cast<double>(floatAttribute(proto, "value", 0));
    if (view.input(question.node, 2) != ValueIndex::None) {
        const auto numbers = constantNumbers(view, view.input(question.node, 2));
        if (!numbers || numbers->size() != 1)
            return blocked(question, "the value that it pads with is computed at run time");
        propagation.padConstant = numbers->front();
    }
    return propagation;
}

} // namespace pleat
