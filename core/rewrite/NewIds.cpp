// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/NewIds.h"

namespace pleat {

void NewIds::keep(const Graph& graph)
{
    for (const Initializer& initializer : graph.initializers)
        m_tensors.insert(initializer.id);
    for (const Node& node : graph.nodes) {
        m_nodes.insert(node.id);
        for (const Body& body : node.bodies())
            keep(*body.graph);
    }
}

void NewIds::keep(const std::vector<Body>& bodies)
{
    for (const Body& body : bodies)
        keep(*body.graph);
}

Node NewIds::given(Node node)
{
    if (m_nodes.erase(node.id) == 0)
        node.id = m_source.node();
    if (node.bodies().empty())
        return node;
    NodeParts parts = *node.parts;
    parts.bodies = given(std::move(parts.bodies));
    bool isSame = true;
    for (std::size_t b = 0; b < parts.bodies.size(); ++b)
        isSame &= parts.bodies[b].graph == node.bodies()[b].graph;
    if (!isSame) {
        node.setParts(std::move(parts));
        node.source = {};
    }
    return node;
}

std::vector<Body> NewIds::given(std::vector<Body> bodies)
{
    for (Body& body : bodies)
        body.graph = given(body.graph);
    return bodies;
}

std::shared_ptr<const Graph> NewIds::given(const std::shared_ptr<const Graph>& graph)
{
    bool isSame = true;
    auto copy = std::make_shared<Graph>(*graph);
    copy->initializers.changeAll([&](Initializer& initializer) {
        if (m_tensors.erase(initializer.id) > 0)
            return;
        initializer.id = m_source.tensor();
        isSame = false;
    });
    copy->nodes.changeAll([&](Node& node) {
        Node now = given(node);
        isSame &= now.id == node.id && now.parts == node.parts;
        node = std::move(now);
    });
    return isSame ? graph : copy;
}

} // namespace pleat
