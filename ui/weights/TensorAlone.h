// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors that are looked at on their own: any that the model stores, in whichever graph. Pure functions;
// they read no value.
#pragma once

#include "core/fold/Fold.h"
#include "core/tensor/Elements.h"

#include <optional>
#include <vector>

namespace pleat::ui {

struct WeightsQuery;

// A tensor to look at: as it was opened, where that is another one, and as it is now or will be.
struct TensorSides {
    std::optional<Elements> before;
    Elements after;
};

// As if it was the weight of a layer whose output channels are the first axis.
struct TensorAlone {
    std::optional<LayerWeights> before; // where it was another one when the model was opened
    LayerWeights after;
};

LayerWeights asWeights(const TensorView& tensor);

// The tensor that the query is about, or else the first one that its node reads. Nothing where the query is
// about the weight of a layer, or there is none.
std::optional<TensorAlone> tensorAlone(const WeightsQuery& query);

// These weights with their biases, then what else is stored of what the node reads.
std::vector<TensorSides> tensorSides(const WeightsQuery& query, const std::optional<LayerWeights>& before,
                                     const std::optional<LayerWeights>& after);

// The value of this name in the graph with this path; None where there is none.
ValueIndex findValue(const GraphView& view, const std::string& scope, const std::string& name);

} // namespace pleat::ui
