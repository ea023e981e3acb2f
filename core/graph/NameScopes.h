// SPDX-License-Identifier: GPL-3.0-or-later
// A graph as a tree of the scopes that its network was written in, read from the names of its nodes:
// "/layer1/layer1.0/conv1/Conv", "layer1.0.conv1", TensorFlow's "block1/conv/Conv2D". What no scope divides
// (a model without names, a long function) is divided into parts that stand behind each other. Plain values,
// made once for a model as it was opened; any thread.
#pragma once

#include "core/graph/GraphView.h"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pleat {

struct NameScope {
    std::string path;                  // unique in its tree: "layer1/layer1.0"; of a part "layer1/[25-48]"
    std::string label;                 // what it adds to its parent's: "layer1.0"; empty for a part
    std::uint32_t parent = 0;          // the root is its own
    std::uint32_t depth = 0;           // of the root
    std::uint32_t nodes = 0;           // in it and in the scopes below
    std::uint32_t first = 0, last = 0; // of a part: which nodes of its graph, counted from 0
    bool isPart() const { return label.empty(); }
};

// What a tree is made of.
struct ScopedNode {
    // How good a place to divide is before a node: several tensors lead past it; one does; and a layer
    // begins, or it goes on in several branches.
    enum class Border : std::uint8_t { None, OneTensor, Layer, Fork };
    std::string_view name;
    Border border = Border::None;
};

struct NameTree {
    std::vector<NameScope> scopes; // parents before their children; the first is the whole graph
    std::vector<std::uint32_t> of; // of each node: the innermost scope
};

// Scopes of one node are none; of scopes that hold the same nodes the innermost counts. More than `undivided`
// nodes of a scope in a row become parts, parts of parts where they are many. The nodes come in topological
// order, so that what is outside a part does not lie between two nodes of it. O(length of the names).
NameTree nameTree(std::span<const ScopedNode> nodes);

// The tree of one graph of a model, by the ids of its nodes.
class NameScopes final {
public:
    static constexpr std::uint32_t root = 0;
    static constexpr std::size_t undivided = 64, mostParts = 24;

    NameScopes() = default; // nothing but the root
    // A node without a name has that of its first output. Nodes that are constants are in no scope.
    NameScopes(const GraphView& view, ScopeIndex page);

    std::span<const NameScope> scopes() const { return m_scopes; }
    // The innermost scope of a node; of one that came later, the one that its name says.
    std::uint32_t of(NodeId node, std::string_view name) const;
    bool isIn(std::uint32_t scope, std::uint32_t ancestor) const;

private:
    std::vector<NameScope> m_scopes{NameScope{}};
    std::vector<std::uint32_t> m_of; // by the number of the id; unknown: of none
    std::unordered_map<std::string, std::uint32_t> m_byPath;
};

// What names the scopes of a node: its name, or its first output's where it has none.
std::string_view scopedName(const GraphView& view, NodeIndex node);

} // namespace pleat
