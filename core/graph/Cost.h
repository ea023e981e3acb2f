// SPDX-License-Identifier: GPL-3.0-or-later
// What a network costs: parameters and multiply-accumulates.
#pragma once

#include "core/graph/GraphView.h"
#include "core/model/ShapeInference.h"

namespace pleat {

// The type of a value, from the table of its scope; null when nothing is known.
const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types);

// Multiply-accumulates of one run of a node: convolutions, Gemm and MatMul; other operators cost 0. A batch
// dimension (the first one) that is not a number counts as 1. Nothing when another dimension is not known.
std::optional<std::uint64_t> multiplyAccumulates(const GraphView& view, NodeIndex node,
                                                 const ValueTypes& types);

// Elements of floating tensors: initializers and Constant nodes that hold more than a number, each once.
std::uint64_t countParameters(const GraphView& view);

} // namespace pleat
