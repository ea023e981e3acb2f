// SPDX-License-Identifier: GPL-3.0-or-later
// How the graphs of two models differ, node by node. What their constants hold is compareTensors()' business,
// so nodes that only hold one (Constant) are left out here.
#pragma once

#include "core/base/Progress.h"
#include "core/base/Result.h"
#include "core/compare/NodeMatch.h"

#include <optional>
#include <stop_token>
#include <string>

namespace pleat {

// One thing that is another one. Texts as an inspector has them; empty: it is not there.
struct NodeDifference {
    enum class What {
        Operator,
        Name,
        Attribute, // `which`: its name
        Input,     // `which`: its number; what it reads: "conv1", "input x", "a constant"
        Shape      // `which`: the output's number; sizes that both models tell
    };
    What what = What::Operator;
    std::string which;
    std::string before, after;
};

// "attribute pads: 1, 1, 1, 1 → 0, 0, 0, 0", "input 2: nothing → constant b".
std::string textOf(const NodeDifference& change);

struct NodeSide {
    std::string name; // GraphView::label()
    std::string scope, op, domain;
};

struct ComparedNode {
    std::optional<NodeSide> before, after; // at least one
    NodesMatchedBy by = NodesMatchedBy::Nobody;
    NodeMatch nodes;
    std::vector<NodeDifference> changes; // of matched ones
    bool isSame() const { return by != NodesMatchedBy::Nobody && changes.empty(); }
};

// One for each of the matches of matchNodes(), in their order. Errors: those of reading a tensor attribute;
// Cancelled.
Result<std::vector<ComparedNode>> compareNodes(const GraphView& before, const GraphView& after,
                                               std::span<const NodeMatch> matches,
                                               const std::stop_token& stop);

} // namespace pleat
