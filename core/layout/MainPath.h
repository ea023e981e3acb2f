// SPDX-License-Identifier: GPL-3.0-or-later
// Which segments between neighbouring ranks have to be straight lines: frames, the spine of the network (a
// longest way through it), each node's main path (mutually the longest way in and out), and trunks. At most
// one a vertex and side, and no two of them cross. Any thread.
#pragma once

#include "core/layout/LayeredGraph.h"

namespace pleat::layout {

struct Straight {
    std::vector<Index> above, below; // vertex → the neighbour it has to be in line with, or none
    // For every vertex: the places in the rank below between which a segment from it crosses no straight one.
    std::vector<Index> lowest, highest;

    // True if the segment between two neighbours crosses a straight one.
    bool crosses(const LayeredGraph& graph, Index a, Index b) const
    {
        const bool aboveIsA = graph.rank[a] < graph.rank[b];
        const Index upper = aboveIsA ? a : b;
        const Index place = graph.position[aboveIsA ? b : a];
        return place < lowest[upper] || place > highest[upper];
    }
};

// Of several longest ways the spine takes the leftmost or the rightmost at every fork; what is the mean of
// both has equal branches on either side of one straight line.
Straight findStraight(const Part& part, const LayeredGraph& graph, bool rightmostSpine);

} // namespace pleat::layout
