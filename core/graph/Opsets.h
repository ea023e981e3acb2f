// SPDX-License-Identifier: GPL-3.0-or-later
// Which version of its operator a node is of.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

// The opset version that a node's operator is of: the model's, or its function's own; 0 when unknown.
std::int64_t opsetOf(const GraphView& view, NodeIndex node);

} // namespace pleat
