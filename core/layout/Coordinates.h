// SPDX-License-Identifier: GPL-3.0-or-later
// Step 4 of the layout: x of every vertex after Brandes and Köpf, "Fast and simple horizontal coordinate
// assignment" (2001): four alignments, each compacted on the graph of its blocks, then the median. What has
// to be a straight line (frames, the main path of every node, trunks) is aligned before the rest. Any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

// Centre x of every vertex, the leftmost border at about 0; empty if stopped.
std::vector<double> assignX(const Part& part, const LayeredGraph& graph, double nodeGap,
                            const std::stop_token& stop);

} // namespace pleat::layout
