// SPDX-License-Identifier: GPL-3.0-or-later
// From a page of a model to what the canvas paints: nodes with their weights as rows, edges with their
// shapes, a frame for each mark, all of it laid out. Constants are rows of the node that reads them and no
// nodes of their own. A pure function of immutable values, for a job.
#pragma once

#include "ui/canvas/SceneReader.h"
#include "ui/canvas/ScopeState.h"
#include "ui/document/Mark.h"

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace pleat::ui {

struct BuiltScene {
    // What a node of the scene is: a node of the page's graph, an input or output of it, or a collapsed
    // scope. What a body reads from outside is an input of its page.
    struct Item {
        NodeId node = NodeId::None;
        std::string value;                      // name of the input or output; empty for others
        std::uint32_t scope = NameScopes::root; // a collapsed one; the root: none
    };
    GraphScene scene;
    std::vector<Item> items;        // one a node of the scene
    std::vector<std::size_t> marks; // one a frame of the scene: which of the marks it is
};

// A node has the first of the marks that are given for it; marks without a node on this page are left out,
// and a collapsed scope counts those of its nodes. Nothing when stopped.
std::optional<BuiltScene> buildScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                     Direction direction, const SceneDetails& details, std::stop_token stop,
                                     const ScopeState& scopes = {});
// The same, not laid out.
std::optional<BuiltScene> gatherScene(const Page& page, std::span<const Mark> marks, const ValueTypes& types,
                                      const SceneDetails& details, std::stop_token stop,
                                      const ScopeState& scopes = {});

// The scene with the labels of its edges made anew, for shapes that became known later.
GraphScene labelled(GraphScene scene, const Page& page, const ValueTypes& types);

} // namespace pleat::ui
