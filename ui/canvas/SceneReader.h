// SPDX-License-Identifier: GPL-3.0-or-later
// Reads single nodes and edges of a page of a model as the canvas shows them: what SceneBuilder puts together
// to a scene, and what Drawing looks at again after an edit. Borrows what it reads from.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ValueTypes.h"
#include "ui/canvas/GraphScene.h"

#include <string_view>
#include <vector>

namespace pleat::ui {

// What a node says about itself besides its operator.
struct SceneDetails {
    bool weights = true;
    bool attributes = false;
    bool names = false;
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
    // Constant nodes, and Identity or Cast nodes behind constants: their readers show them.
    bool isHidden(NodeIndex node) const;
    SceneNode node(NodeIndex node) const;
    SceneNode port(ValueIndex value, Category category) const; // an input or output of the graph
    SceneEdge edge(ValueIndex value, quint32 from, quint32 to, quint32 toPort) const;

    static quint32 portKey(std::string_view name, Category category);

private:
    std::vector<WeightRow> rows(NodeIndex node) const;
    QString label(ValueIndex value) const;

    const GraphView& m_view;
    const ScopeIndex m_page;
    const ValueTypes& m_types;
    const SceneDetails m_details;
    enum Known : char { Unknown, Constant, Computed };
    mutable std::vector<char> m_constant; // of each value, asked for once
};

// "batch×32×112×112" for an edge. A long symbol is "?": there is no room for "p2o.DynamicDimension.0".
QString edgeLabel(const ValueType& type);

} // namespace pleat::ui
