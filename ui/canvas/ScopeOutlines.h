// SPDX-License-Identifier: GPL-3.0-or-later
// The outlines round scopes that are expanded: a header with the name above what is in it. They are inside
// each other as the scopes are, and go round nothing else; a scope between whose nodes others stand has none.
// Part of placing a scene; pure, any thread.
#pragma once

#include "ui/canvas/GraphScene.h"

namespace pleat::ui {

// Keeps the room for them free around the nodes that they will go round.
void reserveOutlines(const GraphScene& scene, LayoutInput& input);

// Sets SceneGroup::outline, where nodes and frames have their places.
void placeOutlines(GraphScene& scene);

// The strip that bears its name; a click there collapses the scope. Of one without an outline: empty.
QRectF outlineHeader(const SceneGroup& group);

// The group whose header is at a point; -1: none is.
int outlineHeaderAt(const GraphScene& scene, QPointF point);

// The group and those that it is in, from the inside out.
template<class Visit>
void visitGroupsAround(const GraphScene& scene, int group, Visit visit)
{
    for (; group >= 0; group = scene.groups[static_cast<std::size_t>(group)].parent)
        visit(scene.groups[static_cast<std::size_t>(group)]);
}

} // namespace pleat::ui
