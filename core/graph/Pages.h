// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of a model: the graphs that one can look at alone, which are the main graph, the bodies of If,
// Loop and Scan, and the local functions. In a view a page is a Scope; PageId says which one it is in all
// views that edits make of each other, before and after. Pure functions.
#pragma once

#include "core/graph/GraphView.h"

#include <compare>

namespace pleat {

// The main graph by default.
struct PageId {
    NodeId owner = NodeId::None; // the node whose body it is
    std::uint32_t body = 0;      // which of its bodies
    std::string function;        // the scope's path; empty unless it is a function
    bool isMain() const { return owner == NodeId::None && function.empty(); }
    auto operator<=>(const PageId&) const = default;
};

PageId pageId(const GraphView& view, ScopeIndex scope);
ScopeIndex findPage(const GraphView& view, const PageId& page); // None where this model has no such page

ScopeIndex findPage(const GraphView& view, std::string_view path); // by the path of its scope

// What a node opens: its bodies, or the function that it calls; mostly nothing.
std::vector<ScopeIndex> pagesOf(const GraphView& view, NodeIndex node);

// The pages that it lies in, from the main graph to the page itself.
std::vector<ScopeIndex> wayTo(const GraphView& view, ScopeIndex page);

// "then_branch", "branches[1]" of a body, "Block" of a function; empty for the main graph.
std::string_view shortName(const Scope& page);

} // namespace pleat
