// SPDX-License-Identifier: GPL-3.0-or-later
// Which version of its operator a node is of, and of its format a model.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

inline constexpr std::int64_t irOfFreeInitializers = 4; // from this on an initializer need not be an input

// The opset version that a node's operator is of: the model's, or its function's own; 0 when unknown.
std::int64_t opsetOf(const GraphView& view, NodeIndex node);

} // namespace pleat
