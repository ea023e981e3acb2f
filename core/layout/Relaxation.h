// SPDX-License-Identifier: GPL-3.0-or-later
// The end of step 4: what stands further from its neighbours than it has to, since it was only the mean of
// four alignments, moves as near to them as the room in its ranks allows. Straight lines stay straight. Any
// thread.
#pragma once

#include "core/layout/LayeredGraph.h"
#include "core/layout/MainPath.h"

namespace pleat::layout {

// Least distance between the centres of two neighbours of a rank.
double separation(const Part& part, const LayeredGraph& graph, Index left, Index right, double nodeGap);

// Changes x. `straight` are the lines that were aligned first.
void pullTogether(const Part& part, const LayeredGraph& graph, std::span<const Straight> straight,
                  double nodeGap, std::vector<double>& x);

} // namespace pleat::layout
