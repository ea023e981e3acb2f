// SPDX-License-Identifier: GPL-3.0-or-later
// The layers that can take an affine map into their weight, each read into the same form: where the weight is
// stored, where its channels lie, and what becomes of the bias. A new layer is one more reader in Layer.cpp's
// table.
#pragma once

#include "core/fold/Affine.h"
#include "core/tensor/WeightLayout.h"

namespace pleat {

struct Layer {
    NodeIndex node = NodeIndex::None;
    std::size_t weightSlot = 1;
    std::size_t biasSlot = 2;
    Constant weight;
    WeightLayout layout;   // of the stored weight
    double biasFactor = 1; // what the operator multiplies its bias with: Gemm's β
    DataType type() const { return weight.tensor.type(); }
};

// Whether the operator is one of the table at all.
bool isLayer(const GraphView& view, NodeIndex node);

// Refuses a weight that is no constant, of a type that cannot be folded, or whose shape contradicts the
// attributes.
Verdict<Layer> readLayer(const GraphView& view, NodeIndex node);

// The bias of a layer after an affine has followed it: values in double, of shape `dims`.
struct NewBias {
    std::vector<double> values;
    std::vector<std::int64_t> dims;
};

// b' = s·b + t per output channel; for Gemm C' = s·β·C + t, with C broadcast where it must be (FOLDING.md,
// "After the layer"). Refuses a bias that is no constant or does not fit.
Verdict<NewBias> biasAfter(const GraphView& view, const Layer& layer, const Affine& affine);

} // namespace pleat
