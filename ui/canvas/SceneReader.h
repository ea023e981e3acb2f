// SPDX-License-Identifier: GPL-3.0-or-later
// Reads single nodes and edges of a page of a model as the canvas shows them: what SceneBuilder puts together
// to a scene, and what Drawing looks at again after an edit. Borrows what it reads from.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ValueTypes.h"
#include "ui/canvas/GraphScene.h"

#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pleat::ui {

// What a node says about itself besides its operator.
struct SceneDetails {
    bool weights = true;
    bool attributes = false;
    bool names = false;
    bool shapes = true;              // nodes that only compute shapes
    std::set<std::string> leftOut{}; // operators; the lines go past them
    bool operator==(const SceneDetails&) const = default;
};

// What is drawn at once: one graph of the model. It is the caller's, and has to live for as long.
struct Page {
    const GraphView& view;
    ScopeIndex scope = ScopeIndex::Main; // or a body, a function
};

class SceneReader final {
public:
    SceneReader(const Page& page, const ValueTypes& types, const SceneDetails& details);

    const GraphView& view() const { return m_view; }
    bool isConstant(ValueIndex value) const;
    // Constant nodes, and Identity or Cast nodes behind constants, which their readers show; and what
    // SceneDetails leave out.
    bool isHidden(NodeIndex node) const;
    // What is drawn for a value: past nodes that are left out, all that they read; each once.
    std::vector<ValueIndex> drawn(ValueIndex value) const;
    SceneNode node(NodeIndex node) const;
    // An input or output of the graph, or what it reads from a graph around it.
    SceneNode port(ValueIndex value, Category category) const;
    SceneEdge edge(ValueIndex value, quint32 from, quint32 to, quint32 toPort) const;

    static quint32 portKey(std::string_view name, Category category);

private:
    bool isLeftOut(NodeIndex node) const;
    std::vector<WeightRow> rows(NodeIndex node) const;
    std::vector<WeightRow> ports(NodeIndex node) const;
    QString label(ValueIndex value) const;

    const GraphView& m_view;
    const ScopeIndex m_page;
    const ValueTypes& m_types;
    const SceneDetails m_details;
    const std::unordered_set<NodeIndex> m_callers; // nodes that call a function
    const std::unordered_set<NodeIndex> m_owners;  // nodes with bodies
    const std::unordered_set<NodeIndex> m_shapes;  // shape computations, where they are left out
    enum Known : char { Unknown, Constant, Computed };
    mutable std::vector<char> m_constant; // of each value, asked for once
};

// Nodes of a page that only compute shapes: Shape, and what computes with nothing else.
std::unordered_set<NodeIndex> shapeComputations(const Page& page);

// What a node is, for its colour.
Category categoryOf(std::string_view op);

// "batch×32×112×112" for an edge. A long symbol is "?": there is no room for "p2o.DynamicDimension.0".
QString edgeLabel(const ValueType& type);

} // namespace pleat::ui
