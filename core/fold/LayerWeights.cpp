// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at the weights of layers, before and after (Fold.h).
#include "core/fold/Layer.h"
#include "core/graph/Attributes.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <array>

namespace pleat {

namespace {

// Where the weight of an operator on integers is, its scale and its zero point.
struct IntegerOperator {
    std::string_view op;
    std::size_t weight = 0;
    std::optional<std::size_t> scale; // nothing: the result is of integers, too
    std::size_t zeroPoint = 0;
};

constexpr std::array integerOperators{
    IntegerOperator{"QLinearConv", 3, 4, 5},
    IntegerOperator{"QLinearMatMul", 3, 4, 5},
    IntegerOperator{"ConvInteger", 1, std::nullopt, 3},
    IntegerOperator{"MatMulInteger", 1, std::nullopt, 3},
};

// Values by which integers are to be read; None: scale 1, zero point 0.
struct QuantizedValue {
    ValueIndex integers = ValueIndex::None, scale = ValueIndex::None, zeroPoint = ValueIndex::None;
    std::int64_t axis = 0;  // of several scales
    std::int64_t block = 0; // positions along it that have one in common; 0: each has its own
};

QuantizedValue quantizedBy(const GraphView& view, NodeIndex dequantize)
{
    const onnx::NodeProto& proto = view.proto(dequantize);
    return {view.input(dequantize, 0), view.input(dequantize, 1), view.input(dequantize, 2),
            intAttribute(proto, "axis", 1), intAttribute(proto, "block_size", 0)};
}

// The DequantizeLinear that makes the value; None: another operator does.
NodeIndex dequantizerOf(const GraphView& view, ValueIndex value)
{
    const NodeIndex node = view.producer(value);
    return node != NodeIndex::None && view.op(node) == "DequantizeLinear" ? node : NodeIndex::None;
}

// All numbers of a constant; {`otherwise`} where the value is absent. Nothing where they are not known, or
// more than the `elements` that they are for.
std::optional<std::vector<double>> numbersOf(const GraphView& view, ValueIndex value, std::uint64_t elements,
                                             double otherwise)
{
    if (value == ValueIndex::None)
        return std::vector<double>{otherwise};
    const auto constant = constantOf(view, value);
    if (!constant || constant->tensor.elements() == 0 || constant->tensor.elements() > elements)
        return std::nullopt;
    auto numbers = values(*constant);
    return numbers ? std::optional(std::move(*numbers)) : std::nullopt;
}

// The numbers that the integers stand for; null where that cannot be told.
std::shared_ptr<const DequantizedBytes> dequantized(const GraphView& view, const QuantizedValue& value,
                                                    const TensorView& integers)
{
    if (!TensorView::areNumbers(integers.type()) || integers.elements() == 0)
        return nullptr;
    auto scales = numbersOf(view, value.scale, integers.elements(), 1);
    auto zeroPoints = numbersOf(view, value.zeroPoint, integers.elements(), 0);
    if (!scales || !zeroPoints)
        return nullptr;
    if (scales->size() == 1 && zeroPoints->size() > 1) // ConvInteger has no scale
        scales->assign(zeroPoints->size(), scales->front());
    const auto grid = ScaleGrid::of(integers.dims(), scales->size(), value.axis, value.block);
    if (!grid || (zeroPoints->size() > 1 && zeroPoints->size() != scales->size()))
        return nullptr;
    return std::make_shared<const DequantizedBytes>(integers, *grid, std::move(*scales),
                                                    std::move(*zeroPoints));
}

TensorView asFloats(const std::shared_ptr<const DequantizedBytes>& numbers)
{
    const TensorView& integers = numbers->quantized();
    return {integers.name(), DataType::Float, integers.dims(), composed(DataType::Float, numbers)};
}

// The bias of a layer, also where it is quantized.
std::optional<TensorView> biasView(const GraphView& view, ValueIndex value)
{
    if (auto constant = constantOf(view, value))
        return std::move(constant->tensor);
    const NodeIndex node = value == ValueIndex::None ? NodeIndex::None : dequantizerOf(view, value);
    const auto integers =
        node == NodeIndex::None ? std::nullopt : std::optional(constantOf(view, view.input(node, 0)));
    if (!integers || !*integers || (*integers)->dims.size() != 1)
        return std::nullopt;
    QuantizedValue by = quantizedBy(view, node);
    by.axis = 0;
    const TensorView& tensor = (*integers)->tensor;
    const auto numbers = dequantized(view, by, tensor);
    return numbers ? std::optional(asFloats(numbers)) : std::nullopt;
}

// Of a layer whose weight is stored as integers; of one whose weight is made of floats by a QuantizeLinear,
// as quantization-aware training writes it, these floats.
std::optional<LayerWeights> quantizedWeights(const GraphView& view, const Shapes& shapes, NodeIndex node)
{
    const auto known = std::ranges::find(integerOperators, view.op(node), &IntegerOperator::op);
    const bool onIntegers = known != integerOperators.end() && view.domain(node).empty();
    Layer layer;
    layer.node = node;
    QuantizedValue value;
    if (onIntegers) {
        layer.weightSlot = known->weight;
        value = {view.input(node, known->weight),
                 known->scale ? view.input(node, *known->scale) : ValueIndex::None,
                 view.input(node, known->zeroPoint)};
    } else if (!isLayer(view, node)) {
        return std::nullopt;
    } else {
        layer.weightSlot = view.op(node) == "MatMul" && isFixed(view, view.input(node, 0)) ? 0 : 1;
        const ValueIndex weight = view.input(node, layer.weightSlot);
        const NodeIndex dequantize =
            weight == ValueIndex::None ? NodeIndex::None : dequantizerOf(view, weight);
        if (dequantize == NodeIndex::None)
            return std::nullopt;
        value = quantizedBy(view, dequantize);
        const NodeIndex quantize =
            value.integers == ValueIndex::None ? NodeIndex::None : view.producer(value.integers);
        if (quantize != NodeIndex::None && view.op(quantize) == "QuantizeLinear")
            value = {view.input(quantize, 0)};
    }
    auto constant = constantOf(view, value.integers);
    if (!constant || (onIntegers && !constant->through.empty()))
        return std::nullopt;
    layer.weight = std::move(*constant);
    const FoldContext context{.view = view, .shapes = shapes, .chain = node, .missingToo = true};
    if (!requireOwnAttributes(view, node) || !readChannels(context, layer))
        return std::nullopt;
    const TensorView& stored = layer.weight.tensor;
    LayerWeights weights{stored, layer.layout, std::nullopt, std::string(view.op(node))};
    if (onIntegers)
        value.axis = static_cast<std::int64_t>(layer.outputDim);
    else
        weights.bias = biasView(view, biasOf(view, layer));
    if (isFoldable(stored.type()))
        return weights;
    weights.dequantized = dequantized(view, value, stored);
    if (weights.dequantized)
        weights.weight = asFloats(weights.dequantized);
    return weights;
}

} // namespace

std::optional<LayerWeights> layerWeights(const GraphView& view, const Shapes& shapes, NodeIndex node)
{
    if (auto quantized = quantizedWeights(view, shapes, node))
        return quantized;
    if (!isLayer(view, node))
        return std::nullopt;
    const FoldContext context{.view = view, .shapes = shapes, .chain = node, .missingToo = true};
    auto layer = readLayer(context, node);
    if (!layer)
        return std::nullopt;
    LayerWeights weights{std::move(layer->weight.tensor), std::move(layer->layout), std::nullopt,
                         std::string(view.op(node))};
    weights.bias = biasView(view, biasOf(view, *layer));
    return weights;
}

namespace {

Result<Range> rangeOf(const TensorView& tensor, std::stop_token stop)
{
    NoProgress quiet;
    auto measured = statistics(tensor, WeightLayout::plain(tensor.elements()), quiet, std::move(stop));
    if (!measured)
        return tl::make_unexpected(measured.error());
    return measured->range;
}

// The ranges of a layer's weight and bias; they stay open for a node that is no such layer (any more).
Result<void> measure(const GraphView& view, const Shapes& shapes, NodeId layer, std::optional<Range>& weight,
                     std::optional<Range>* bias, const std::stop_token& stop)
{
    const NodeIndex node = view.find(layer);
    const auto weights = node == NodeIndex::None ? std::nullopt : layerWeights(view, shapes, node);
    if (!weights)
        return {};
    auto range = rangeOf(weights->weight, stop);
    if (!range)
        return tl::make_unexpected(range.error());
    weight = *range;
    if (!bias || !weights->bias)
        return {};
    auto biasRange = rangeOf(*weights->bias, stop);
    if (!biasRange)
        return tl::make_unexpected(biasRange.error());
    *bias = *biasRange;
    return {};
}

} // namespace

std::optional<LayerWeights> layerWeights(const GraphView& view, NodeIndex node)
{
    // Only a MatMul's channels depend on the data's rank.
    return layerWeights(view, view.op(node) == "MatMul" ? Shapes(view) : Shapes(), node);
}

Result<void> measureRanges(const Model& before, FoldOutcome& outcome, Progress& progress,
                           std::stop_token stop)
{
    // What was frozen for the fold has its weights as well.
    const auto old = withFrozenInputs(GraphView::of(before));
    const auto now = GraphView::of(outcome.after);
    const Shapes oldShapes(*old), newShapes(*now);
    std::uint64_t done = 0;
    for (FoldedPair& pair : outcome.pairs) {
        for (FoldedLayer& layer : pair.layers) {
            if (auto read = measure(*old, oldShapes, layer.layer.id, layer.weightBefore, nullptr, stop);
                !read)
                return read;
            if (auto read =
                    measure(*now, newShapes, layer.layer.id, layer.weightAfter, &layer.biasAfter, stop);
                !read)
                return read;
        }
        progress.advance(++done, outcome.pairs.size());
    }
    return {};
}

} // namespace pleat
