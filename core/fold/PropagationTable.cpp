// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/PropagationTable.h"

#include "core/graph/Attributes.h"
#include "core/graph/ShapeRules.h"

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

// The factor along the channel axis of a Resize or Upsample is surely 1.
bool keepsChannels(const Question& question)
{
    const GraphView& view = viewOf(question);
    const onnx::NodeProto& proto = protoOf(question);
    if (attribute(proto, "axes")) {
        const auto axes = intsAttribute(proto, "axes");
        return std::ranges::all_of(axes, [](std::int64_t axis) { return axis > 1; });
    }
    if (const onnx::AttributeProto* scales = attribute(proto, "scales"))
        return scales->floats_size() > 1 && scales->floats(1) == 1;
    if (attribute(proto, "width_scale") || attribute(proto, "height_scale"))
        return true;
    // Upsample-9 and Resize-10 have the scales in input 1, Resize-11 in input 2 or sizes in input 3.
    const bool old = view.op(question.node) == "Upsample" || opsetOf(view, question.node) < 11;
    if (const auto scales = constantNumbers(view, view.input(question.node, old ? 1 : 2)))
        return scales->size() > 1 && (*scales)[1] == 1;
    // Sizes are what is wanted: a policy may make others of them.
    const std::string policy = stringAttribute(proto, "keep_aspect_ratio_policy", "stretch");
    const auto sizes = constantNumbers(view, view.input(question.node, 3));
    const std::int64_t channels = question.context.shapes.size(view.input(question.node, 0), 1);
    return (policy.empty() || policy == "stretch") && sizes && sizes->size() > 1 && channels >= 0 &&
           (*sizes)[1] == static_cast<double>(channels) &&
           channels == static_cast<std::int64_t>(question.channels);
}

Verdict<Propagation> resize(const Question& question)
{
    const onnx::NodeProto& proto = protoOf(question);
    if (stringAttribute(proto, "coordinate_transformation_mode", "") == "tf_crop_and_resize")
        return blocked(question, "it extrapolates");
    // Its nearest position is half a step off even where nothing is resized.
    if (question.axis &&
        stringAttribute(proto, "coordinate_transformation_mode", "") == "tf_half_pixel_for_nn" &&
        stringAttribute(proto, "nearest_mode", "") != "floor")
        return blocked(question, "it may move the channels");
    if (question.axis && !keepsChannels(question))
        return blocked(question, "it may resize the channel axis");
    return spatial(question);
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
    for (const PaddedAxis& pad : *amounts) {
        if (question.axis && static_cast<int>(pad.axis) == *question.axis &&
            (pad.before != 0 || pad.behind != 0))
            return blocked(question, "it pads the channels");
    }
    auto propagation = spatial(question);
    const bool grows =
        std::ranges::any_of(*amounts, [](const PaddedAxis& pad) { return pad.before > 0 || pad.behind > 0; });
    if (!propagation || !grows || stringAttribute(proto, "mode", "constant") != "constant")
        return propagation;
    propagation->padConstant = static_cast<double>(floatAttribute(proto, "value", 0));
    if (view.input(question.node, 2) != ValueIndex::None) {
        const auto numbers = constantNumbers(view, view.input(question.node, 2));
        if (!numbers || numbers->size() != 1)
            return blocked(question, "the value that it pads with is computed at run time");
        propagation->padConstant = numbers->front();
    }
    return propagation;
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
