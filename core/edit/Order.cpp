// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/Order.h"

#include "core/rewrite/Transplant.h"

#include <algorithm>

namespace pleat {

namespace {

class Sorting final {
public:
    explicit Sorting(const GraphView& view) : m_view(view), m_bodies(bodyScopes(view)) {}

    // Null: it is in order as it is, with all in it.
    std::shared_ptr<const Graph> sorted(ScopeIndex scope) const
    {
        const Scope& entry = m_view.scopes()[index(scope)];
        const std::vector<NodeIndex> order = m_view.topological(scope);
        bool differs = !std::equal(order.begin(), order.end(), entry.nodes.begin(), entry.nodes.end());
        std::vector<Node> nodes;
        nodes.reserve(order.size());
        for (const NodeIndex node : order) {
            nodes.push_back(m_view.entry(node));
            differs = sortBodies(node, nodes.back()) || differs;
        }
        if (!differs)
            return nullptr;
        auto graph = std::make_shared<Graph>(*entry.graph);
        graph->source = {};
        graph->nodes = {};
        for (Node& node : nodes)
            graph->nodes.push_back(std::move(node));
        return graph;
    }

private:
    bool sortBodies(NodeIndex node, Node& copy) const
    {
        const auto scopes = m_bodies.find(node);
        if (scopes == m_bodies.end())
            return false;
        NodeParts parts = *copy.parts;
        bool differs = false;
        for (std::size_t b = 0; b < scopes->second.size(); ++b) {
            if (auto body = sorted(scopes->second[b])) {
                parts.bodies[b].graph = std::move(body);
                differs = true;
            }
        }
        if (differs) {
            copy.setParts(std::move(parts));
            copy.source = {};
        }
        return differs;
    }

    const GraphView& m_view;
    BodyScopes m_bodies;
};

} // namespace

Model inOrder(const GraphView& view)
{
    Model model = view.model();
    const Sorting sorting(view);
    if (auto main = sorting.sorted(ScopeIndex::Main))
        model.graph = std::move(main);
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const Scope& scope = view.scopes()[s];
        if (scope.function < 0 || scope.parent != ScopeIndex::None)
            continue;
        if (auto body = sorting.sorted(static_cast<ScopeIndex>(s))) {
            Function& function = model.functions[static_cast<std::size_t>(scope.function)];
            function.body = std::move(body);
            function.source = {};
        }
    }
    return model;
}

} // namespace pleat
