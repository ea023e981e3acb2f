// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that read nothing but constants, with these constants and all that is between them, as a model of its
// own to be run elsewhere. Values are called by their numbers, so that those of several graphs and functions
// stand in one. It lives no longer than its view. One thread.
#pragma once

#include "core/graph/GraphView.h"

#include <unordered_set>
#include <vector>

namespace pleat {

class ConstantGraph final {
public:
    // `order`: all nodes, in the order of the data. The nodes that are added are of this opset.
    ConstantGraph(const GraphView& view, std::span<const NodeIndex> order, std::int64_t opset)
        : m_view(view),
          m_order(order),
          m_opset(opset)
    {
    }

    // Adds the node and what it hangs on. False, and nothing is added: something of it is no constant that
    // can be written down, or all constants together would be too large.
    bool add(NodeIndex node);
    bool holds(NodeIndex node) const { return m_nodes.contains(node); }

    // The bytes of the model that makes these values. Errors: those of reading the constants.
    Result<std::string> modelOf(std::span<const ValueIndex> outputs) const;

private:
    ValueIndex stored(ValueIndex value) const;

    const GraphView& m_view;
    std::span<const NodeIndex> m_order;
    std::int64_t m_opset;
    std::unordered_set<NodeIndex> m_nodes;
    std::unordered_set<ValueIndex> m_constants; // initializers
    std::uint64_t m_bytes = 0;                  // of them
};

} // namespace pleat
