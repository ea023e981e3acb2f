// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/QuantizedModel.h"

#include "core/rewrite/Rewriter.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cmath>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

QuantizableLayer describe(const GraphView& view, const FoldContext& context, NodeIndex node)
{
    QuantizableLayer found;
    found.layer = {view.id(node), view.label(node), std::string(view.op(node))};
    found.key = view.name(node);
    auto read = readLayer(context, node);
    if (!read) {
        found.problem = read.error().message.text();
        return found;
    }
    found.weight = read->weight.tensor.name();
    if (found.key.empty())
        found.key = found.weight;
    found.type = read->dataType();
    if (read->quantizedWeight)
        found.problem = "Its weight is one of integers already.";
    else if (!read->weight.tensor.payload().problem().empty())
        found.problem = read->weight.tensor.payload().problem();
    if (view.scope(node) == ScopeIndex::Main)
        found.output = view.name(view.output(read->biasAdd == NodeIndex::None ? node : read->biasAdd, 0));
    found.read = std::make_shared<const Layer>(std::move(*read));
    return found;
}

// As the layer reads it: in its own order and type.
Result<Payload> roundedInMemory(const Layer& layer, const Quantizers& quantizers)
{
    const Constant& weight = layer.weight;
    auto numbers = weight.tensor.doubles();
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    roundToGrid(DataType::Double, std::as_writable_bytes(std::span(*numbers)), 0, layer.layout, quantizers);
    Constant rounded = weight;
    rounded.tensor = TensorView(weight.tensor.name(), DataType::Double, weight.tensor.dims(),
                                stored(DataType::Double, *numbers));
    const auto ordered = values(rounded);
    if (!ordered)
        return tl::make_unexpected(ordered.error());
    return stored(weight.type, *ordered);
}

onnx::NodeProto nodeOf(const char* op, const std::vector<std::string>& inputs, const std::string& output)
{
    onnx::NodeProto node;
    node.set_op_type(op);
    node.set_name(output);
    for (const std::string& input : inputs)
        node.add_input(input);
    node.add_output(output);
    return node;
}

// What is read in place of the value.
std::string roundWhereRead(const GraphView& view, Rewriter& rewriter, const RoundedActivation& activation)
{
    const auto [step, low, high] = activation.quantizer;
    const ScopeIndex main = ScopeIndex::Main;
    const std::string scale =
        rewriter.add(main, activation.value + "_scale", DataType::Float, {}, stored(DataType::Float, {step}));
    const std::string zero = rewriter.add(main, activation.value + "_zero_point", DataType::UInt8, {},
                                          storedIntegers(DataType::UInt8, {low == 0 ? 0 : -low}));
    const std::string integers = rewriter.uniqueName(activation.value + "_quantized");
    std::string floats = rewriter.uniqueName(activation.value + "_rounded");
    const ValueIndex value = view.find(main, activation.value);
    const NodeIndex producer = view.producer(value);
    rewriter.insertAfter(producer, nodeOf("QuantizeLinear", {activation.value, scale, zero}, integers));
    rewriter.insertAfter(producer, nodeOf("DequantizeLinear", {integers, scale, zero}, floats));
    for (const Use& use : view.uses(value))
        rewriter.rewire(use.node).set_input(static_cast<int>(use.slot), floats);
    return floats;
}

} // namespace

std::vector<QuantizableLayer> quantizableLayers(const GraphView& view)
{
    const Shapes shapes(view);
    std::vector<QuantizableLayer> layers;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        for (const NodeIndex node : view.topological(static_cast<ScopeIndex>(s))) {
            if (!isLayer(view, node))
                continue;
            const FoldContext context{.view = view, .shapes = shapes, .chain = node, .missingToo = true};
            layers.push_back(describe(view, context, node));
        }
    }
    return layers;
}

Result<RoundedWeight> roundedWeight(const QuantizableLayer& layer, const QuantizationScheme& scheme,
                                    const std::stop_token& stop)
{
    const Layer& read = *layer.read;
    const TensorView& tensor = read.weight.tensor;
    NoProgress quiet;
    const auto measured = statistics(tensor, read.layout, quiet, stop);
    if (!measured)
        return tl::make_unexpected(measured.error());
    const auto ratios = sqnr(tensor, read.layout, *measured, std::span(&scheme, 1), quiet, stop);
    if (!ratios)
        return tl::make_unexpected(ratios.error());
    Quantizers quantizers;
    quantizers.reserve(scheme.perChannel ? measured->channels.size() : 1);
    if (scheme.perChannel)
        for (const Range& range : measured->channels)
            quantizers.push_back(quantizerFor(scheme, range));
    else
        quantizers.push_back(quantizerFor(scheme, measured->range));
    const bool isInAnotherForm = read.weight.isCast() || isReordered(read.weight);
    auto payload = isInAnotherForm ? roundedInMemory(read, quantizers)
                                   : roundedToGrid(tensor, read.layout, std::move(quantizers));
    if (!payload)
        return tl::make_unexpected(std::move(payload.error()));
    return RoundedWeight{.node = read.node,
                         .slot = read.weightSlot,
                         .name = tensor.name(),
                         .type = read.weight.type,
                         .dims = read.weight.dims,
                         .payload = std::move(*payload),
                         .ratio = ratios->front()};
}

Model quantizedModel(const std::shared_ptr<const GraphView>& view, std::span<const RoundedWeight> weights,
                     std::span<const RoundedActivation> activations,
                     std::map<std::string, std::string>& renamed)
{
    Rewriter rewriter(view);
    for (const RoundedWeight& weight : weights) {
        const std::string name = rewriter.add(view->scope(weight.node), weight.name + "_rounded", weight.type,
                                              weight.dims, weight.payload);
        rewriter.rewire(weight.node).set_input(static_cast<int>(weight.slot), name);
    }
    for (const RoundedActivation& activation : activations)
        renamed[activation.value] = roundWhereRead(*view, rewriter, activation);
    return rewriter.apply();
}

ProbedModel probedModel(const std::shared_ptr<const GraphView>& view, std::span<const std::string> values)
{
    Rewriter rewriter(view);
    ProbedModel probed;
    probed.shapes.reserve(values.size());
    probed.ranges.reserve(2 * values.size());
    const auto add = [&](const char* op, const std::string& value) {
        std::string name = rewriter.uniqueName(value + "_" + op);
        onnx::NodeProto node = nodeOf(op, {value}, name);
        if (op != std::string_view("Shape")) {
            onnx::AttributeProto& keep = *node.add_attribute();
            keep.set_name("keepdims");
            keep.set_type(onnx::AttributeProto::INT);
            keep.set_i(0);
        }
        rewriter.insertAfter(view->producer(view->find(ScopeIndex::Main, value)), std::move(node));
        return name;
    };
    for (const std::string& value : values) {
        probed.shapes.push_back(add("Shape", value));
        for (const char* op : {"ReduceMin", "ReduceMax"})
            probed.ranges.push_back(add(op, value));
    }
    probed.model = rewriter.apply();
    return probed;
}

} // namespace pleat
