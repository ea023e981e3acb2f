// SPDX-License-Identifier: GPL-3.0-or-later
// What is drawn of a scene where its nodes are too small to be read: blocks that bear the names of scopes, at
// each place the deepest ones that have room for their name. Pure; any thread.
#pragma once

#include "ui/canvas/GraphScene.h"

#include <vector>

namespace pleat::ui {

struct OverviewBlock {
    int group = -1;
    int node = -1;      // the collapsed scope that it is; -1: it covers nodes
    QRectF rect;        // in the scene; wider than the nodes where those are a thread
    double opacity = 1; // nodes fade out as it fades in
};

// In the order of the groups; none where the nodes themselves can be read, or have no scopes.
std::vector<OverviewBlock> overviewBlocks(const GraphScene& scene, double zoom);

// Of each group which of the blocks covers it: index in `blocks`; -1: none.
std::vector<int> coveringBlocks(const GraphScene& scene, const std::vector<OverviewBlock>& blocks);

} // namespace pleat::ui
