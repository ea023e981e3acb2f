// SPDX-License-Identifier: GPL-3.0-or-later
// Step 1 and 2 of the layout: gives every node its rank and every tensor that reaches past the next rank one
// chain of dummies, which all its edges share. Pure; any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

// Longest path from the sources, then nodes are pulled down beside their consumers where that makes trunks
// shorter.
std::vector<Index> assignRanks(const Part& part);

// Vertices, bundles and neighbours; the order inside the ranks is left to the next step.
LayeredGraph insertDummies(const Part& part, std::vector<Index> ranks);

} // namespace pleat::layout
