// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes and tensors as arguments of a sentence. A node without a name is called by what it makes
// (GraphView::label).
#pragma once

#include "core/base/Sentence.h"
#include "core/graph/GraphView.h"

namespace pleat {

Argument named(const GraphView& view, NodeIndex node);
Argument named(const GraphView& view, ValueIndex value);
Argument operation(const GraphView& view, NodeIndex node); // with its operator: "Clip /block/relu6/Clip"

// What a node is called in another session and in a similar model: the path of its scope and its first
// output. None has no name.
std::string lastingId(const GraphView& view, NodeIndex node);
// The same of a tensor: by its own name.
std::string lastingId(const GraphView& view, ValueIndex value);

} // namespace pleat
