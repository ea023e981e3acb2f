// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/ShapeRules.h"

#include "core/graph/Attributes.h"
#include "core/graph/Constants.h"
#include "core/graph/LayerShapes.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace pleat {

namespace {

const KnownShape* first(const InputShapes& inputs)
{
    return inputs.empty() ? nullptr : inputs[0];
}

MaybeShape same(const GraphView&, NodeIndex, const InputShapes& inputs)
{
    return first(inputs) ? MaybeShape(*inputs[0]) : std::nullopt;
}

MaybeShape broadcastAll(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    // Before opset 7 the result has the first operand's shape.
    if (attribute(view.proto(node), "broadcast"))
        return same(view, node, inputs);
    MaybeShape shape = same(view, node, inputs);
    for (std::size_t i = 1; shape && i < inputs.size(); ++i)
        shape = inputs[i] ? broadcast(*shape, *inputs[i]) : std::nullopt;
    return shape;
}

std::int64_t at(const std::vector<std::int64_t>& values, std::size_t index, std::int64_t otherwise)
{
    return index < values.size() ? values[index] : otherwise;
}

std::int64_t product(const KnownShape& shape, std::size_t from, std::size_t to)
{
    std::int64_t result = 1;
    for (std::size_t d = from; d < to; ++d) {
        if (shape[d] < 0 || __builtin_mul_overflow(result, shape[d], &result))
            return unknownSize;
    }
    return result;
}

MaybeShape flatten(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return KnownShape{unknownSize, unknownSize};
    const auto rank = static_cast<std::int64_t>(inputs[0]->size());
    std::int64_t axis = intAttribute(view.proto(node), "axis", 1);
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis > rank)
        return std::nullopt;
    const auto split = static_cast<std::size_t>(axis);
    return KnownShape{product(*inputs[0], 0, split), product(*inputs[0], split, inputs[0]->size())};
}

MaybeShape reshape(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    const auto target = intsOrInput(view, node, "shape", 1);
    if (!target)
        return std::nullopt;
    KnownShape shape = *target;
    const bool zeroIsZero = intAttribute(view.proto(node), "allowzero", 0) != 0;
    std::size_t open = shape.size();
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (shape[d] == 0 && !zeroIsZero)
            shape[d] = first(inputs) && d < inputs[0]->size() ? (*inputs[0])[d] : unknownSize;
        else if (shape[d] == -1)
            open = d;
        else if (shape[d] < 0)
            return std::nullopt;
    }
    if (open == shape.size() || !first(inputs))
        return shape;
    // -1 is what is left over; also when the sizes that are not known cancel out as a copied batch.
    KnownShape from = *inputs[0], to = shape;
    to.erase(to.begin() + static_cast<std::ptrdiff_t>(open));
    if (open > 0 && !from.empty() && (*target)[0] == 0 && !zeroIsZero) {
        from.erase(from.begin());
        to.erase(to.begin());
    }
    const std::int64_t all = product(from, 0, from.size()), known = product(to, 0, to.size());
    shape[open] = all >= 0 && known > 0 && all % known == 0 ? all / known : unknownSize;
    return shape;
}

MaybeShape transpose(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    std::vector<std::int64_t> order = intsAttribute(view.proto(node), "perm");
    KnownShape shape(inputs[0]->rbegin(), inputs[0]->rend());
    if (order.empty())
        return shape;
    if (order.size() != shape.size())
        return std::nullopt;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        if (order[d] < 0 || order[d] >= static_cast<std::int64_t>(shape.size()))
            return std::nullopt;
        shape[d] = (*inputs[0])[static_cast<std::size_t>(order[d])];
    }
    return shape;
}

enum class Twice { Refused, Once }; // what an axis means that is named twice: ONNX Runtime's kernels differ

// Axes from an attribute or input, counted from the front, in order; nothing when one is out of range.
std::optional<std::vector<std::size_t>> frontAxes(const std::optional<std::vector<std::int64_t>>& axes,
                                                  std::size_t rank, Twice twice = Twice::Refused)
{
    if (!axes)
        return std::nullopt;
    std::vector<std::size_t> result;
    for (const std::int64_t axis : *axes) {
        const std::int64_t front = axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis;
        if (front < 0 || front >= static_cast<std::int64_t>(rank))
            return std::nullopt;
        result.push_back(static_cast<std::size_t>(front));
    }
    std::ranges::sort(result);
    const auto repeated = std::ranges::unique(result);
    if (!repeated.empty() && twice == Twice::Refused)
        return std::nullopt;
    result.erase(repeated.begin(), repeated.end());
    return result;
}

MaybeShape unsqueeze(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    const auto axes = intsOrInput(view, node, "axes", 1);
    if (!first(inputs) || !axes)
        return std::nullopt;
    const auto front = frontAxes(axes, inputs[0]->size() + axes->size());
    if (!front)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    for (const std::size_t axis : *front) {
        if (axis > shape.size())
            return std::nullopt;
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
    }
    return shape;
}

MaybeShape squeeze(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    if (!attribute(view.proto(node), "axes") && view.input(node, 1) == ValueIndex::None) {
        // Without axes, every dimension of size 1 goes.
        if (std::ranges::find(*inputs[0], unknownSize) != inputs[0]->end())
            return std::nullopt;
        KnownShape shape = *inputs[0];
        std::erase(shape, 1);
        return shape;
    }
    const auto front = frontAxes(intsOrInput(view, node, "axes", 1), inputs[0]->size(), Twice::Once);
    if (!front)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    for (std::size_t a = front->size(); a-- > 0;)
        shape.erase(shape.begin() + static_cast<std::ptrdiff_t>((*front)[a]));
    return shape;
}

MaybeShape reduce(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    const bool keep = intAttribute(view.proto(node), "keepdims", 1) != 0;
    const bool absent = !attribute(view.proto(node), "axes") && view.input(node, 1) == ValueIndex::None;
    if (absent)
        return intAttribute(view.proto(node), "noop_with_empty_axes", 0) != 0
                   ? MaybeShape(*inputs[0])
                   : MaybeShape(keep ? KnownShape(inputs[0]->size(), 1) : KnownShape());
    const auto front = frontAxes(intsOrInput(view, node, "axes", 1), inputs[0]->size(), Twice::Once);
    if (!front ||
        front->empty()) // all axes, or axes computed at run time: the rank is known only when it is kept
        return keep ? MaybeShape(KnownShape(inputs[0]->size(), unknownSize)) : std::nullopt;
    KnownShape shape = *inputs[0];
    for (std::size_t a = front->size(); a-- > 0;) {
        const auto axis = static_cast<std::ptrdiff_t>((*front)[a]);
        if (keep)
            shape[static_cast<std::size_t>(axis)] = 1;
        else
            shape.erase(shape.begin() + axis);
    }
    return shape;
}

MaybeShape concat(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    KnownShape shape = *inputs[0];
    const auto axes =
        frontAxes(std::vector<std::int64_t>{intAttribute(view.proto(node), "axis", 1)}, shape.size());
    if (!axes)
        return std::nullopt;
    std::int64_t& along = shape[axes->front()];
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        const bool known =
            along >= 0 && inputs[i] && inputs[i]->size() == shape.size() && (*inputs[i])[axes->front()] >= 0;
        along = known && along <= largestBelieved ? along + (*inputs[i])[axes->front()] : unknownSize;
    }
    return shape;
}

MaybeShape pad(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    KnownShape shape(inputs[0]->size(), unknownSize);
    const auto pads = padsOf(view, node, shape.size());
    if (!pads || (!pads->empty() && pads->back().axis >= shape.size()))
        return shape;
    shape = *inputs[0];
    for (const PaddedAxis& pad : *pads)
        shape[pad.axis] = shape[pad.axis] < 0 ? unknownSize : shape[pad.axis] + pad.before + pad.behind;
    return shape;
}

// Only the rank, and the sizes of axes that are surely untouched.
MaybeShape slice(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    const auto front = frontAxes(intsOrInput(view, node, "axes", 3), inputs[0]->size());
    KnownShape shape = *inputs[0];
    if (!front)
        return KnownShape(shape.size(), unknownSize);
    const auto starts = intsOrInput(view, node, "starts", 1), ends = intsOrInput(view, node, "ends", 2);
    const auto steps = constantInts(view, view.input(node, 4));
    const auto given = intsOrInput(view, node, "axes", 3);
    for (std::size_t a = 0; a < given->size(); ++a) {
        const auto axis =
            static_cast<std::size_t>((*given)[a] < 0 ? (*given)[a] + std::ssize(shape) : (*given)[a]);
        const std::int64_t size = shape[axis];
        shape[axis] = unknownSize;
        const bool stepped = view.input(node, 4) != ValueIndex::None && (!steps || at(*steps, a, 1) != 1);
        if (size < 0 || !starts || !ends || a >= starts->size() || a >= ends->size() || stepped)
            continue;
        const auto clamp = [size](std::int64_t at) {
            return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
        };
        shape[axis] = std::max<std::int64_t>(clamp((*ends)[a]) - clamp((*starts)[a]), 0);
    }
    return shape;
}

MaybeShape gather(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (inputs.size() < 2 || !inputs[0] || !inputs[1])
        return std::nullopt;
    const auto axes =
        frontAxes(std::vector<std::int64_t>{intAttribute(view.proto(node), "axis", 0)}, inputs[0]->size());
    if (!axes)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    const auto axis = shape.begin() + static_cast<std::ptrdiff_t>(axes->front());
    shape.insert(shape.erase(axis), inputs[1]->begin(), inputs[1]->end());
    return shape;
}

// Rank and the first two axes stay (Resize and Upsample in the networks that we fold): sizes are not derived.
MaybeShape resized(const GraphView&, NodeIndex, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    return KnownShape(inputs[0]->size(), unknownSize);
}

MaybeShape blocks(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    const std::int64_t b = intAttribute(view.proto(node), "blocksize", 0);
    if (!first(inputs) || inputs[0]->size() != 4 || b < 1 || b > 4096)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    const bool toDepth = view.op(node) == "SpaceToDepth";
    for (std::size_t d = 1; d < 4; ++d) {
        const std::int64_t factor = d == 1 ? b * b : b;
        const bool grows = (d == 1) == toDepth;
        if (grows && __builtin_mul_overflow(shape[d], factor, &shape[d]))
            shape[d] = unknownSize;
        else if (!grows && shape[d] >= 0)
            shape[d] /= factor;
    }
    return shape;
}

// Shape-15: a size for each axis from start to end, which count from the back when negative.
MaybeShape sizes(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!first(inputs))
        return KnownShape{unknownSize};
    const std::int64_t rank = std::ssize(*inputs[0]);
    const auto limited = [&](std::int64_t axis) {
        return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    const std::int64_t start = limited(intAttribute(view.proto(node), "start", 0)),
                       end = limited(intAttribute(view.proto(node), "end", rank));
    return KnownShape{std::max<std::int64_t>(end - start, 0)};
}

MaybeShape constant(const GraphView& view, NodeIndex node, const InputShapes&)
{
    if (const auto found = constantOf(view, view.output(node, 0)))
        return found->dims;
    return std::nullopt;
}

// The part of `size` that a Split gives to its output `slot`; unknown where it does not follow.
std::int64_t partOf(const GraphView& view, NodeIndex node, std::size_t slot, std::int64_t size)
{
    if (const onnx::AttributeProto* parts = attribute(view.proto(node), "split"))
        return std::cmp_less(slot, parts->ints_size()) ? parts->ints(static_cast<int>(slot)) : unknownSize;
    if (view.input(node, 1) != ValueIndex::None) {
        const auto parts = constantInts(view, view.input(node, 1));
        return parts ? at(*parts, slot, unknownSize) : unknownSize;
    }
    const auto count = std::ssize(view.outputs(node));
    const std::int64_t each = size < 0 || count == 0 ? unknownSize : (size + count - 1) / count;
    if (size < 0 || count == 0 || size % count == 0)
        return each;
    // Only with num_outputs (opset 18) may the last one be smaller.
    const std::int64_t rest = size - each * static_cast<std::int64_t>(slot);
    return attribute(view.proto(node), "num_outputs") && rest >= 0 ? std::min(each, rest) : unknownSize;
}

MaybeShape split(const GraphView& view, NodeIndex node, std::size_t slot, const InputShapes& inputs)
{
    if (!first(inputs))
        return std::nullopt;
    KnownShape shape = *inputs[0];
    const auto axes =
        frontAxes(std::vector<std::int64_t>{intAttribute(view.proto(node), "axis", 0)}, shape.size());
    if (!axes)
        return std::nullopt;
    shape[axes->front()] = partOf(view, node, slot, shape[axes->front()]);
    return shape;
}

using Rule = MaybeShape (*)(const GraphView&, NodeIndex, const InputShapes&);

const std::unordered_map<std::string_view, Rule>& shapeRules()
{
    static const std::unordered_map<std::string_view, Rule> table = [] {
        std::unordered_map<std::string_view, Rule> t{{"Conv", convolutionShape},
                                                     {"ConvTranspose", convolutionShape},
                                                     {"Gemm", gemmShape},
                                                     {"MatMul", matMulShape},
                                                     {"Flatten", flatten},
                                                     {"Reshape", reshape},
                                                     {"Transpose", transpose},
                                                     {"Unsqueeze", unsqueeze},
                                                     {"Squeeze", squeeze},
                                                     {"Concat", concat},
                                                     {"Pad", pad},
                                                     {"Slice", slice},
                                                     {"Gather", gather},
                                                     {"Shape", sizes},
                                                     {"Resize", resized},
                                                     {"Upsample", resized},
                                                     {"DepthToSpace", blocks},
                                                     {"SpaceToDepth", blocks},
                                                     {"Constant", constant},
                                                     {"GlobalMaxPool", globalPoolShape},
                                                     {"GlobalAveragePool", globalPoolShape},
                                                     {"GlobalLpPool", globalPoolShape},
                                                     {"MaxPool", poolShape},
                                                     {"AveragePool", poolShape},
                                                     {"LpPool", poolShape},
                                                     {"Tile", resized}};
        for (const std::string_view op : {"BatchNormalization",
                                          "InstanceNormalization",
                                          "LayerNormalization",
                                          "GroupNormalization",
                                          "LRN",
                                          "Relu",
                                          "LeakyRelu",
                                          "PRelu",
                                          "Elu",
                                          "Selu",
                                          "Celu",
                                          "Gelu",
                                          "Sigmoid",
                                          "HardSigmoid",
                                          "HardSwish",
                                          "Mish",
                                          "Tanh",
                                          "Softmax",
                                          "LogSoftmax",
                                          "Softplus",
                                          "Softsign",
                                          "Clip",
                                          "ThresholdedRelu",
                                          "Erf",
                                          "Identity",
                                          "Dropout",
                                          "Cast",
                                          "Abs",
                                          "Neg",
                                          "Exp",
                                          "Log",
                                          "Sqrt",
                                          "Floor",
                                          "Ceil",
                                          "Round",
                                          "Sign",
                                          "Reciprocal",
                                          "QuantizeLinear",
                                          "DequantizeLinear",
                                          "LpNormalization"})
            t.emplace(op, same);
        for (const std::string_view op : {"Add", "Sub", "Mul", "Div", "Pow", "Sum", "Max", "Min", "Mean"})
            t.emplace(op, broadcastAll);
        for (const std::string_view op : {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd",
                                          "ReduceL1", "ReduceL2", "ReduceSumSquare"})
            t.emplace(op, reduce);
        return t;
    }();
    return table;
}

} // namespace

bool keepsShape(std::string_view op)
{
    const auto rule = shapeRules().find(op);
    return rule != shapeRules().end() && rule->second == same;
}

bool broadcasts(std::string_view op)
{
    const auto rule = shapeRules().find(op);
    return rule != shapeRules().end() && rule->second == broadcastAll;
}

MaybeShape broadcast(const KnownShape& a, const KnownShape& b)
{
    const KnownShape &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
    KnownShape shape = longer;
    for (std::size_t back = 1; back <= shorter.size(); ++back) {
        std::int64_t& size = shape[shape.size() - back];
        const std::int64_t other = shorter[shorter.size() - back];
        if (size == 1 || (size == unknownSize && other > 1))
            size = other; // an unknown size beside a larger one must become that one
        else if (other == unknownSize && size <= 1)
            size = unknownSize;
        else if (size >= 0 && other > 1 && other != size)
            return std::nullopt;
    }
    return shape;
}

std::optional<std::vector<std::int64_t>> constantInts(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    if (!constant || !constant->through.empty() ||
        (constant->tensor.type() != DataType::Int64 && constant->tensor.type() != DataType::Int32) ||
        constant->tensor.elements() > 1024)
        return std::nullopt;
    const auto values = constant->tensor.doubles();
    if (!values)
        return std::nullopt;
    constexpr auto largest = static_cast<double>(largestBelieved);
    std::vector<std::int64_t> ints;
    for (const double number : *values)
        ints.push_back(static_cast<std::int64_t>(std::clamp(number, -largest, largest)));
    return ints;
}

std::optional<std::vector<std::int64_t>> intsOrInput(const GraphView& view, NodeIndex node,
                                                     std::string_view name, std::size_t slot)
{
    if (attribute(view.proto(node), name))
        return intsAttribute(view.proto(node), name);
    return constantInts(view, view.input(node, slot));
}

std::optional<std::vector<PaddedAxis>> padsOf(const GraphView& view, NodeIndex node,
                                              std::optional<std::size_t> rank)
{
    auto amounts = intsOrInput(view, node, "pads", 1);
    if (!amounts)
        amounts = intsOrInput(view, node, "paddings", 1); // opset 1
    if (!amounts || amounts->size() % 2 != 0)
        return std::nullopt;
    const std::size_t count = amounts->size() / 2;
    std::vector<PaddedAxis> pads;
    const bool named = view.input(node, 3) != ValueIndex::None;
    const auto axes = named ? constantInts(view, view.input(node, 3)) : std::nullopt;
    if (named ? !axes || axes->size() != count : rank.value_or(count) != count)
        return std::nullopt;
    for (std::size_t a = 0; a < count; ++a) {
        std::int64_t axis = axes ? (*axes)[a] : static_cast<std::int64_t>(a);
        if (axis < 0 && rank)
            axis += static_cast<std::int64_t>(*rank);
        if (axis < 0 || axis >= static_cast<std::int64_t>(rank.value_or(highestRank)))
            return std::nullopt;
        pads.push_back({static_cast<std::size_t>(axis), (*amounts)[a], (*amounts)[a + count]});
    }
    std::ranges::sort(pads, {}, &PaddedAxis::axis);
    if (std::ranges::adjacent_find(pads, {}, &PaddedAxis::axis) != pads.end())
        return std::nullopt; // what an axis means that is named twice is not said
    return pads;
}

MaybeShape outputShape(const GraphView& view, NodeIndex node, std::size_t slot, const InputShapes& inputs)
{
    if (!view.domain(node).empty() || refersToCall(view.proto(node)))
        return std::nullopt;
    if (view.op(node) == "Split")
        return believable(split(view, node, slot, inputs));
    const auto rule = shapeRules().find(view.op(node));
    if (slot > 0)
        return std::nullopt;
    if (rule == shapeRules().end())
        return view.constantDepth(view.output(node, 0)) > 0 ? believable(constant(view, node, inputs))
                                                            : std::nullopt;
    return believable(rule->second(view, node, inputs));
}

MaybeShape believable(MaybeShape shape)
{
    if (shape && shape->size() > highestRank)
        return std::nullopt;
    for (std::size_t d = 0; shape && d < shape->size(); ++d) {
        if ((*shape)[d] < 0 || (*shape)[d] > largestBelieved)
            (*shape)[d] = unknownSize;
    }
    return shape;
}

} // namespace pleat
