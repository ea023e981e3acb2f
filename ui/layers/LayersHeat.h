// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of LayersModel as colours for the graph.
#pragma once

#include "core/graph/GraphView.h"
#include "ui/document/Heat.h"

namespace pleat::ui {

class LayersModel;

// Growth: how many times as wide the range of the weights is after folding; equally far on both sides of 1,
// on a logarithmic scale. EightBits: their signal to quantization noise ratio after folding, rounded to 8
// bits with one scale for the tensor; the worst layer is the hottest.
enum class LayersHeat { None, Growth, EightBits };

// Null for None, and where no layer has such a number. A node with bodies has the hottest of what is in them;
// `view` knows the layers.
HeatPointer heatOf(const LayersModel& layers, LayersHeat by, const GraphView& view);

} // namespace pleat::ui
