// SPDX-License-Identifier: GPL-3.0-or-later
// Which part of the plane is to be painted again. In scene units, wide enough for what is drawn around nodes
// and lines: labels, badges, arrow heads. An empty rectangle: nothing is.
#pragma once

#include "ui/canvas/SceneIndex.h"

#include <optional>

namespace pleat::ui {

// Where two scenes look different, at the cost of what they do not share. Nothing: perhaps everywhere, they
// were not laid out together.
std::optional<QRectF> areaOfChange(const IndexedScene& before, const IndexedScene& after);

// What is drawn otherwise where `hit` is selected or hovered: the node, its neighbours and the lines to
// them; the tensor; the frame.
QRectF areaOf(const IndexedScene& scene, const CanvasHit& hit);

} // namespace pleat::ui
