// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/PropagationTable.h"

#include "core/fold/Layer.h"
#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <unordered_map>

namespace pleat {

namespace {

const GraphView& viewOf(const Question& question)
{
    return question.context.view;
}

const onnx::NodeProto& protoOf(const Question& question)
{
    return viewOf(question).proto(question.node);
}

// Elementwise: whatever the axis, it stays.
Verdict<Propagation> elementwise(const Question& question)
{
    return Propagation{.axis = question.axis};
}

// A Concat, Sum or Max of one operand is that operand; of several it is a join (Search.cpp) or nothing that
// commutes.
Verdict<Propagation> onlyOperand(const Question& question)
{
    if (viewOf(question).inputs(question.node).size() == 1)
        return elementwise(question);
    const std::string_view op = viewOf(question).op(question.node);
    if (op == "Max" || op == "Min")
        return blocked(question, "it chooses between its operands, which is not linear");
    return blocked(question, "it combines several operands");
}

// Windows over the spatial axes: only the channel axis is left alone.
Verdict<Propagation> spatial(const Question& question)
{
    if (question.axis && question.axis != 1)
        return blocked(question, "it works along the axis that the scale and shift belong to");
    return Propagation{.axis = question.axis};
}

Verdict<Propagation> dropout(const Question& question)
{
    const std::int64_t opset = opsetOf(viewOf(question), question.node);
    if (opset < 7 && intAttribute(protoOf(question), "is_test", 0) == 0)
        return blocked(question, "it drops values, is_test=0");
    const ValueIndex training = viewOf(question).input(question.node, 2);
    if (training != ValueIndex::None) {
        const auto constant = constantOf(viewOf(question), training);
        const auto flag = constant ? values(*constant) : failure(ErrorCode::Unreadable, {});
        if (!flag || flag->size() != 1 || flag->front() != 0)
            return blocked(question, "it may drop values");
    }
    return elementwise(question);
}

bool pads(const Question& question)
{
    const std::string automatic = stringAttribute(protoOf(question), "auto_pad", "NOTSET");
    const auto explicitly = intsAttribute(protoOf(question), "pads");
    return automatic.starts_with("SAME") ||
           std::ranges::any_of(explicitly, [](std::int64_t pad) { return pad != 0; });
}

// Whether a window of a pool may lie wholly in the padding, so that it holds nothing: its result is no value
// of the data then (AveragePool divides by 0, MaxPool gives the lowest number there is).
bool mayHoldNothing(const Question& question)
{
    const GraphView& view = viewOf(question);
    const onnx::NodeProto& proto = protoOf(question);
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

Verdict<Propagation> averagePool(const Question& question)
{
    auto propagation = spatial(question);
    const onnx::NodeProto& proto = protoOf(question);
    // Where padding is counted, the coefficients at the border do not sum to 1.
    if (propagation && intAttribute(proto, "count_include_pad", 0) != 0)
        propagation->shiftMustVanish = pads(question) || intAttribute(proto, "ceil_mode", 0) != 0;
    if (propagation && mayHoldNothing(question))
        propagation->shiftMustVanish = true;
    return propagation;
}

Verdict<Propagation> maxPool(const Question& question)
{
    if (mayHoldNothing(question))
        return blocked(question, "a window of it may lie wholly in the padding");
    auto propagation = spatial(question);
    const GraphView& view = viewOf(question);
    const ValueIndex indices = view.output(question.node, 1);
    const bool indicesRead =
        indices != ValueIndex::None && (view.isGraphOutput(indices) || !view.uses(indices).empty());
    if (propagation)
        propagation->sign = indicesRead ? Propagation::Sign::Positive : Propagation::Sign::NotNegative;
    return propagation;
}

Verdict<Propagation> rectifier(const Question& question)
{
    return Propagation{
        .axis = question.axis, .shiftMustVanish = true, .sign = Propagation::Sign::NotNegative};
}

Verdict<Propagation> reduce(const Question& question)
{
    const GraphView& view = viewOf(question);
    Propagation propagation{.axis = question.axis};
    const std::string_view op = view.op(question.node);
    propagation.shiftMustVanish = op == "ReduceSum";
    if (op == "ReduceMax" || op == "ReduceMin")
        propagation.sign = Propagation::Sign::NotNegative;
    if (!question.axis)
        return propagation;
    const auto rank = question.context.shapes.rank(view.input(question.node, 0));
    const auto axes = intsOrInput(view, question.node, "axes", 1);
    const bool given =
        attribute(protoOf(question), "axes") || view.input(question.node, 1) != ValueIndex::None;
    if (!axes && given)
        return blocked(question, "its axes are not known");
    if ((!axes || axes->empty()) && intAttribute(protoOf(question), "noop_with_empty_axes", 0) != 0)
        return elementwise(question);
    if (!axes || axes->empty())
        return blocked(question, "it reduces over the channels");
    const bool keep = intAttribute(protoOf(question), "keepdims", 1) != 0;
    std::vector<int> reduced;
    for (const std::int64_t axis : *axes) {
        const auto front = fromFront(static_cast<int>(std::clamp<std::int64_t>(axis, -64, 64)), rank);
        if (!front)
            return blocked(question, "the rank of its input is not known");
        reduced.push_back(*front);
    }
    std::ranges::sort(reduced);
    reduced.erase(std::ranges::unique(reduced).begin(), reduced.end()); // named twice, reduced once
    int axis = *question.axis;
    if (!keep) {
        for (const int gone : reduced) {
            if (question.direction == Direction::Backward && gone <= axis)
                ++axis;
        }
        if (question.direction == Direction::Forward)
            propagation.axis =
                axis - static_cast<int>(std::ranges::count_if(reduced, [axis](int r) { return r < axis; }));
        else
            propagation.axis = axis;
    }
    if (std::ranges::find(reduced, axis) != reduced.end())
        return blocked(question, "it reduces over the channels");
    return propagation;
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
    const onnx::NodeProto& proto = protoOf(question);
    if (!attribute(proto, "axes"))
        return 1;
    const auto rank = question.context.shapes.rank(viewOf(question).input(question.node, 0));
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
    const GraphView& view = viewOf(question);
    const onnx::NodeProto& proto = protoOf(question);
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
    const GraphView& view = viewOf(question);
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
    const double outside = static_cast<double>(floatAttribute(protoOf(question), "extrapolation_value", 0));
    if (!inside && outside != 0)
        return blocked(question, "it extrapolates");
    auto propagation = spatial(question);
    if (propagation)
        propagation->shiftMustVanish = !inside;
    return propagation;
}

Verdict<Propagation> resize(const Question& question)
{
    const onnx::NodeProto& proto = protoOf(question);
    const std::string mode = stringAttribute(proto, "coordinate_transformation_mode", "");
    // Its nearest position is half a step off even where nothing is resized.
    if (question.axis && mode == "tf_half_pixel_for_nn" &&
        stringAttribute(proto, "nearest_mode", "") != "floor")
        return blocked(question, "it may move the channels");
    if (question.axis && !keepsChannels(question))
        return blocked(question, "it may resize the channel axis");
    return mode == "tf_crop_and_resize" ? cropAndResize(question) : spatial(question);
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

Verdict<Propagation> pad(const Question& question)
{
    const GraphView& view = viewOf(question);
    const onnx::NodeProto& proto = protoOf(question);
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

Verdict<Propagation> cumulate(const Question& question)
{
    const GraphView& view = viewOf(question);
    if (question.axis) {
        const auto rank = question.context.shapes.rank(view.input(question.node, 0));
        const auto axis = constantInts(view, view.input(question.node, 1));
        const auto along =
            axis && axis->size() == 1
                ? fromFront(static_cast<int>(std::clamp<std::int64_t>(axis->front(), -64, 64)), rank)
                : std::nullopt;
        const auto own = fromFront(*question.axis, rank);
        if (!along || !own)
            return blocked(question, "it cumulates along an axis that is not known");
        if (*along == *own)
            return blocked(question, "it cumulates along the channels");
    }
    return Propagation{.axis = question.axis, .shiftMustVanish = true};
}

// Where `axis` of the output of an operator that broadcasts lies in its operand, which must have all its
// channels and the whole result no more.
std::optional<int> axisInOperand(const Question& question, std::size_t slot)
{
    const GraphView& view = viewOf(question);
    const Shapes& shapes = question.context.shapes;
    const ValueIndex operand = view.input(question.node, slot), output = view.output(question.node, 0);
    const auto rank = shapes.rank(operand), outputRank = shapes.rank(output);
    const bool up = question.direction == Direction::Backward;
    const auto own = fromFront(*question.axis, up ? outputRank : rank);
    if (!rank || !outputRank || !own || *rank > *outputRank)
        return std::nullopt;
    const int added = static_cast<int>(*outputRank - *rank), inOperand = up ? *own - added : *own;
    const auto channels = static_cast<std::int64_t>(question.channels);
    if (inOperand < 0 || shapes.size(operand, static_cast<std::size_t>(inOperand)) != channels ||
        shapes.size(output, static_cast<std::size_t>(inOperand + added)) != channels)
        return std::nullopt;
    return up ? inOperand : inOperand + added;
}

// A product with something else, (s·x)·g = s·(x·g), or a quotient by it: whatever g is.
Verdict<Propagation> product(const Question& question)
{
    const GraphView& view = viewOf(question);
    const bool divides = view.op(question.node) == "Div", old = opsetOf(view, question.node) < 7;
    const ValueIndex first = view.input(question.node, 0), second = view.input(question.node, 1);
    if (first == second)
        return blocked(question, "it combines the data with itself, which is not linear");
    std::optional<Propagation> best;
    int bestRank = -1;
    for (std::size_t slot = 0; slot < (divides || old ? 1 : 2); ++slot) {
        const ValueIndex operand = view.input(question.node, slot);
        if (operand == ValueIndex::None || isFixed(view, operand) ||
            (question.direction == Direction::Forward && slot != question.input))
            continue;
        const auto axis = question.axis ? axisInOperand(question, slot) : std::nullopt;
        if (question.axis && !axis)
            continue;
        // Of two that could carry the scale, the one that a layer makes.
        const NodeIndex producer = view.producer(operand);
        const int rank = producer == NodeIndex::None ? 0 : isLayer(view, producer) ? 2 : 1;
        if (rank > bestRank)
            best = Propagation{.axis = axis, .dataSlot = slot, .shiftMustVanish = true};
        bestRank = std::max(bestRank, rank);
    }
    if (best)
        return std::move(*best);
    if (divides && question.direction == Direction::Forward && question.input == 1)
        return blocked(question, "it divides by it");
    return blocked(question, "it combines values that are computed at run time, and it is not known that one "
                             "of them has all channels");
}

Verdict<Propagation> cast(const Question& question)
{
    const auto type = static_cast<DataType>(intAttribute(protoOf(question), "to", 0));
    return refuse(
        Reason::CastNarrows,
        sentence("{} casts to {} between the two", named(viewOf(question), question.node), name(type)),
        blame(viewOf(question), question.node));
}

const std::unordered_map<std::string_view, PropagationRule>& table()
{
    static const std::unordered_map<std::string_view, PropagationRule> rules{
        {"Identity", elementwise},
        {"Concat", onlyOperand},
        {"Sum", onlyOperand},
        {"Mean", onlyOperand},
        {"Max", onlyOperand},
        {"Min", onlyOperand},
        {"Dropout", dropout},
        {"GlobalAveragePool", spatial},
        {"AveragePool", averagePool},
        {"MaxPool", maxPool},
        {"GlobalMaxPool", maxPool},
        {"Relu", rectifier},
        {"LeakyRelu", rectifier},
        {"ReduceMean", reduce},
        {"ReduceSum", reduce},
        {"ReduceMax", reduce},
        {"ReduceMin", reduce},
        {"Resize", resize},
        {"Upsample", resize},
        {"Pad", pad},
        {"Cast", cast},
        {"CumSum", cumulate},
        {"Mul", product},
        {"Div", product},
        {"Reshape", throughReshape},
        {"Flatten", throughFlatten},
        {"Squeeze", throughSqueeze},
        {"Unsqueeze", throughSqueeze},
        {"Transpose", throughTranspose},
        {"Slice", throughSlice},
        {"Split", throughSplit},
        {"Gather", throughGather},
        {"Tile", throughTile},
        {"Expand", throughExpand},
        {"DepthToSpace", throughDepthToSpace},
        {"SpaceToDepth", throughSpaceToDepth}};
    return rules;
}

} // namespace

tl::unexpected<Refusal> blocked(const Question& question, Sentence why)
{
    const GraphView& view = viewOf(question);
    return refuse(Reason::OperatorBetween,
                  sentence("{} lies between the two and does not commute with {} ({})",
                           operation(view, question.node),
                           named(question.context.view, question.context.chain), why),
                  blame(view, question.node));
}

const PropagationRule* propagationRule(const GraphView& view, NodeIndex node)
{
    const auto found = table().find(view.op(node));
    return found != table().end() && view.domain(node).empty() ? &found->second : nullptr;
}

} // namespace pleat
