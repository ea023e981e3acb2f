// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with what is chosen on any canvas: choosing more, and copying names.
#pragma once

#include "ui/canvas/GraphCanvas.h"

#include <cstdint>
#include <vector>

class QMenu;

namespace pleat::ui {

// What is meant by "these": what is chosen, else the node under the mouse.
std::vector<std::uint32_t> meantNodes(const GraphCanvas& canvas);
// For a click on `hit`.
void addChoosingActions(QMenu& menu, GraphCanvas& canvas, const CanvasHit& hit);
void copyNames(const GraphCanvas& canvas); // of these, else of the tensor that is selected, to the clipboard

} // namespace pleat::ui
