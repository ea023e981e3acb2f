// SPDX-License-Identifier: GPL-3.0-or-later
// The layers that can take an affine map into their weight, each read into the same form: where the weight is
// stored, where its channels lie, and where a shift can go. A new layer is one more reader in Layer.cpp's
// table.
#pragma once

#include "core/fold/Affine.h"
#include "core/fold/Quantized.h"
#include "core/tensor/WeightLayout.h"

namespace pleat {

struct Layer {
    NodeIndex node = NodeIndex::None;
    std::size_t weightSlot = 1;
    std::size_t dataSlot = 0;
    std::optional<std::size_t> biasSlot = 2; // nothing: the operator has no bias (MatMul)
    Constant weight;
    WeightLayout layout;             // of the stored weight
    double biasFactor = 1;           // what the operator multiplies its bias with: Gemm's β
    double gain = 1;                 // what it multiplies the product with: Gemm's α
    int outputAxis = 1;              // where its output channels lie; negative from the back
    int inputAxis = 1;               // where its input channels lie in the data
    std::optional<std::size_t> rank; // of data and output, where it is known
    // A MatMul's bias is a constant that an Add behind it adds; None when there is no such Add.
    NodeIndex biasAdd = NodeIndex::None;
    std::size_t biasAddSlot = 1; // the Add's operand with the constant

    // With a quantized weight, `weight` is the integers, and only an affine after the layer can be taken.
    std::shared_ptr<const Quantized> quantizedWeight, quantizedBias;
    std::size_t outputDim = 0; // the dimension of the weight that counts the outputs, all of them

    DataType type() const { return weight.type; }
    // Beside quantized weights the data is what DequantizeLinear makes: float.
    DataType dataType() const { return quantizedWeight ? DataType::Float : type(); }
    bool isMatMul() const { return !biasSlot.has_value(); }
};

// Whether the operator is one of the table, with a weight where a weight can be: Conv, ConvTranspose, Gemm,
// and MatMul with one constant operand.
bool isLayer(const GraphView& view, NodeIndex node);

// Refuses a weight that is no constant, of a type that cannot be folded, whose bytes are missing or whose
// shape contradicts the attributes.
Verdict<Layer> readLayer(const FoldContext& context, NodeIndex node);

// The part of readLayer() that tells where the weight's channels lie; also for an operator on integers.
// REQUIRES: node, weightSlot and weight; a layer, QLinearConv, ConvInteger, QLinearMatMul or MatMulInteger.
Verdict<void> readChannels(const FoldContext& context, Layer& layer);

// An Add that only adds a constant to a MatMul: it is the MatMul's bias. None when `node` is no such Add.
NodeIndex matMulUnderBias(const GraphView& view, NodeIndex node);

// Where the bias of a layer is stored: an input of the node or of the Add behind it. None when it has none.
ValueIndex biasOf(const GraphView& view, const Layer& layer);

// The bias of a layer when its output is to be s·y + t per output channel: values in double, of shape `dims`.
// For Gemm C' = s·β·C + t, with C broadcast where it must be (resources/guide/folding.md, "After the layer").
// Refuses a bias that is no constant or does not fit.
struct NewBias {
    std::vector<double> values;
    std::vector<std::int64_t> dims;
};
Verdict<NewBias> biasAfter(const GraphView& view, const Layer& layer, const std::vector<double>& s,
                           const std::vector<double>& t);

} // namespace pleat
