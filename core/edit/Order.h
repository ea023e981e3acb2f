// SPDX-License-Identifier: GPL-3.0-or-later
// ONNX wants nodes to stand behind what they read (IR specification, "Graphs"); an edit that connects what
// stands before with what stands behind leaves them otherwise.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

// The same model with its nodes in order, of bodies and functions too. REQUIRES: it has no cycle.
Model inOrder(const GraphView& view);

} // namespace pleat
