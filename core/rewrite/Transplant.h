// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of one graph as nodes of another: copies, with the bodies in them, whose values have other names.
// What a name means is taken from the view, so a body that has a value of the same name as one around it
// keeps its own. Who uses it says how values are called, and may have the message of a node written otherwise
// or put something else in the place of a node. Lives no longer than the view. One thread.
#pragma once

#include "core/graph/GraphView.h"

#include <onnx/onnx_pb.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace pleat {

// The bodies of each node, in their order.
using BodyScopes = std::unordered_map<NodeIndex, std::vector<ScopeIndex>>;
BodyScopes bodyScopes(const GraphView& view);

// Whether the scope is this one or in it.
bool isWithin(const GraphView& view, ScopeIndex scope, ScopeIndex around);
// The main graph or the function that the scope is in.
ScopeIndex rootOf(const GraphView& view, ScopeIndex scope);

class Transplant {
public:
    Transplant(const GraphView& view, const BodyScopes& bodies) : m_view(view), m_bodies(bodies) {}
    virtual ~Transplant() = default;

    // How the value is called from now on; before nameRest(). "": it is absent.
    void name(ValueIndex value, std::string name) { m_names.insert_or_assign(value, std::move(name)); }
    bool isNamed(ValueIndex value) const { return m_names.contains(value); }
    // Gives names to all other values that the graph and the bodies in it define.
    void nameRest(ScopeIndex scope);
    // As it is called now; "" for None.
    std::string nameOf(ValueIndex value) const;

    // The nodes of the graph so that producers come first. False: one of them cannot be copied.
    bool copyNodes(ScopeIndex scope, std::vector<Node>& into);

protected:
    struct Message {
        onnx::NodeProto proto;
        std::vector<Payload> payloads;
    };

    const GraphView& view() const { return m_view; }

    virtual std::string newName(ValueIndex value) = 0;
    // Two nodes of a graph must not have the same name. It has one.
    virtual std::string newNodeName(NodeIndex node) = 0;
    // What is to be copied for a node, with its old inputs and outputs; nothing: it cannot be copied. A body
    // stays with the attribute of its name.
    virtual std::optional<Message> message(NodeIndex node);
    // Puts the copy of a node into the list, or something in its place; false: that cannot be.
    virtual bool put(NodeIndex node, Node copy, std::vector<Node>& into);

private:
    bool copyNode(NodeIndex node, std::vector<Node>& into);
    std::shared_ptr<const Graph> copyBody(ScopeIndex scope);

    const GraphView& m_view;
    const BodyScopes& m_bodies;
    std::unordered_map<ValueIndex, std::string> m_names;
};

} // namespace pleat
