// SPDX-License-Identifier: GPL-3.0-or-later
// A model as it computes when its weights have been rounded to few bits and come back: simulated
// quantization, by the quantizers of core/tensor/Sqnr.h. The weights are rounded when the model is written,
// block by block; the model stays one of floats, and runs wherever the original does.
#pragma once

#include "core/fold/Layer.h"
#include "core/tensor/Sqnr.h"

#include <map>

namespace pleat {

// A layer with a constant weight, and what it looks like to a quantizer.
struct QuantizableLayer {
    NodeRef layer;
    std::string key;    // the node's name; the weight's, where it has none
    std::string weight; // the stored tensor
    // Where its output is looked at, in the main graph: what it makes, or what the Add of its bias makes.
    // Empty in a body or a function, where nobody can.
    std::string output;
    DataType type = DataType::Undefined; // of the output
    std::string problem;                 // why its weight is not rounded: a sentence; else empty
    std::shared_ptr<const Layer> read;
};

// In the order of the data, graph after graph.
std::vector<QuantizableLayer> quantizableLayers(const GraphView& view);

// The weight of a layer behind its quantizers, as the layer reads it.
struct RoundedWeight {
    NodeIndex node = NodeIndex::None;
    std::size_t slot = 1;
    std::string name; // of the stored tensor
    DataType type = DataType::Float;
    std::vector<std::int64_t> dims;
    Payload payload;
    double ratio = 0; // SQNR of the weight, dB
};

// Reads the weight twice, or three times and into memory where it is reordered or cast on its way. Errors:
// those of reading it; Cancelled. REQUIRES: the layer has no problem.
Result<RoundedWeight> roundedWeight(const QuantizableLayer& layer, const QuantizationScheme& scheme,
                                    const std::stop_token& stop);

// A value of the main graph that is rounded where it is read: an activation, of float.
struct RoundedActivation {
    std::string value;
    UniformQuantizer quantizer; // asymmetric, of 8 bits
};

// The model with these weights and activations. An activation becomes a QuantizeLinear and a
// DequantizeLinear; `renamed` gets for each of them what is read in its place. REQUIRES: opset 10 where there
// are activations.
Model quantizedModel(const std::shared_ptr<const GraphView>& view, std::span<const RoundedWeight> weights,
                     std::span<const RoundedActivation> activations,
                     std::map<std::string, std::string>& renamed);

// The model with nodes that tell the shape, the least and the largest element of each of these values of its
// main graph, and what those are called, in this order.
struct ProbedModel {
    Model model;
    std::vector<std::string> shapes, ranges; // one a value; two a value
};
ProbedModel probedModel(const std::shared_ptr<const GraphView>& view, std::span<const std::string> values);

} // namespace pleat
