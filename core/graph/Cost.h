// SPDX-License-Identifier: GPL-3.0-or-later
// What a network costs: parameters and multiply-accumulates.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ShapeInference.h"

namespace pleat {

// The type of a value, from the table of its scope; null when nothing is known.
const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types);

struct Work {
    std::optional<std::uint64_t> macs; // nothing when a size that it needs is not known
    bool batchIsOne = false;           // a batch that is not a number counts as 1 here
};

// Multiply-accumulates of one run of a node: convolutions, matrix products, recurrent layers, Einsum,
// Attention; other operators cost 0.
Work workOf(const GraphView& view, NodeIndex node, const ValueTypes& types);

// Elements by their type: initializers, and Constant nodes that hold more than a number, each once.
std::map<DataType, std::uint64_t> countParameters(const GraphView& view);

} // namespace pleat
