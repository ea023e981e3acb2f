// SPDX-License-Identifier: GPL-3.0-or-later
// Which values are constant, and where their numbers are stored: initializers and Constant nodes, also behind
// Identity and lossless Cast nodes and in outer scopes. An initializer that a caller may override (IR ≥ 4 and
// a graph input) is not constant.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

struct Constant {
    TensorView tensor;                      // as stored
    ValueIndex storedAt = ValueIndex::None; // the initializer, or the output of the Constant node
    std::vector<NodeIndex> through;         // nodes between the storage and the reader, storage first
};

enum class NotConstant { Computed, Overridable, Absent, Quantized, Sparse };

// Not being constant is data, not an error: the answer says why.
tl::expected<Constant, NotConstant> constantOf(const GraphView& view, ValueIndex value);

// An operator that makes a constant of constants: Constant, Identity, Cast, Reshape, … Such nodes go when
// nobody reads them any more.
bool isConstantPlumbing(const GraphView& view, NodeIndex node);

} // namespace pleat
