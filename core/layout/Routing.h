// SPDX-License-Identifier: GPL-3.0-or-later
// Step 5 of the layout: y of the ranks, the places where lines meet their nodes, and one trunk a tensor with
// a branch an edge. Any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

// Adds the part to the result, drawn top-down with its top left corner at `origin`; returns its size.
SizeF routePart(const Part& part, const LayeredGraph& graph, const std::vector<double>& x,
                const LayoutInput& input, PointF origin, LayoutResult& result);

} // namespace pleat::layout
