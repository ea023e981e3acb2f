// SPDX-License-Identifier: GPL-3.0-or-later
// Which stored constant of one model is which of another: initializers and Constant nodes, in all graphs. Any
// two models; no number is looked at.
#pragma once

#include "core/compare/NodeMatch.h"

#include <vector>

namespace pleat {

enum class MatchedBy {
    Nobody,   // it is only in one of the models
    Name,     // same scope path and name
    Output,   // read by nodes of the same operator, scope path and first output, at the same input
    Node,     // the same with the nodes' own names: a fold gives a layer another output
    Structure // read at the same input by nodes that belong together (matchNodes())
};

struct TensorMatch {
    ValueIndex before = ValueIndex::None;
    ValueIndex after = ValueIndex::None;
    MatchedBy by = MatchedBy::Nobody;
};

// All of `before` in the order of the file, then those that are only in `after`. Each is in one match. Names
// come first, then outputs, then nodes, then the `nodes` that matchNodes() made of the two. Between the
// constant and the node that reads it, operators that only hand a constant on (a Transpose, a Cast) do not
// count.
std::vector<TensorMatch> matchTensors(const GraphView& before, const GraphView& after,
                                      std::span<const NodeMatch> nodes);

} // namespace pleat
