// SPDX-License-Identifier: GPL-3.0-or-later
// From a page of a model to what the canvas paints: nodes with their weights as rows, edges with their
// shapes, a frame for each mark, all of it laid out. Constants are rows of the node that reads them and no
// nodes of their own. A pure function of immutable values, for a job.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ShapeInference.h"
#include "ui/canvas/GraphScene.h"
#include "ui/document/Mark.h"

#include <optional>
#include <span>
#include <stop_token>
#include <string>
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

struct BuiltScene {
    // What a node of the scene is: a node of the page's graph, or an input or output of it. What a body reads
    // from outside is an input of its page.
    struct Item {
        NodeId node = NodeId::None;
        std::string value; // name of the input or output; empty for a node
    };
    GraphScene scene;
    std::vector<Item> items;        // one a node of the scene
    std::vector<std::size_t> marks; // one a frame of the scene: which of the marks it is
};

// A node has the first of the marks that are given for it; marks without a node on this page are left out.
// Where `previous` shows all its nodes already, they keep their places, so that a fold moves nothing. Nothing
// when stopped.
std::optional<BuiltScene> buildScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                     Direction direction, const SceneDetails& details,
                                     const GraphScene* previous, std::stop_token stop);

// The scene with the labels of its edges made anew, for shapes that became known later.
GraphScene labelled(GraphScene scene, const ValueTypes& types);

// "batch×32×112×112" for an edge. A long symbol is "?": there is no room for "p2o.DynamicDimension.0".
QString edgeLabel(const ValueType& type);

} // namespace pleat::ui
