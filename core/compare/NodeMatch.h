// SPDX-License-Identifier: GPL-3.0-or-later
// Which node of one model is which of another: its folded form, the next export of the same network, a
// version whose names are others. Nothing but the graphs is looked at, no number.
#pragma once

#include "core/graph/GraphView.h"

#include <vector>

namespace pleat {

enum class NodesMatchedBy {
    Nobody,   // it is only in one of the models
    Name,     // same scope and name
    Output,   // what they make has the same name
    Structure // the same operator between nodes that belong together
};

struct NodeMatch {
    NodeIndex before = NodeIndex::None;
    NodeIndex after = NodeIndex::None;
    NodesMatchedBy by = NodesMatchedBy::Nobody;
};

// All nodes of `before` in the order of the file, scope by scope, then those that are only in `after`; each
// in one match. Graphs are held against each other that are the main ones, functions of the same name, or
// bodies of nodes that belong together. In each: same operator and name; same operator and output; then by
// structure, with a hash of what a node is and stands between (Weisfeiler and Leman, a few rounds), anchored
// at what is matched, and from there along the edges; last, what has the same name or output and another
// operator. O(rounds · edges).
std::vector<NodeMatch> matchNodes(const GraphView& before, const GraphView& after);

} // namespace pleat
