// SPDX-License-Identifier: GPL-3.0-or-later
// Step 3 of the layout: the order of the vertices inside each rank, so that few segments cross. Fills
// LayeredGraph::order and position. Any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

// Depth-first initial order, then barycenter sweeps and transposes, section by section between ranks of width
// 1; false if stopped. `crossings` gets the number that is left.
bool orderRanks(LayeredGraph& graph, std::uint64_t& crossings, const std::stop_token& stop);

} // namespace pleat::layout
