// SPDX-License-Identifier: GPL-3.0-or-later
// What fold-constants leaves to an engine that has more operators.
#pragma once

#include "core/prepare/Subject.h"

namespace pleat {

// Nodes that make the same tensors in every run, by operators that are not computed here, of constants and of
// what others of these nodes make. In the order of `nodes`, which are all, in that of the data. Not what is
// quantized on purpose. O(nodes).
std::vector<NodeIndex> unevaluatedNodes(const Subject& subject, std::span<const NodeIndex> nodes);

} // namespace pleat
