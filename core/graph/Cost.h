// SPDX-License-Identifier: GPL-3.0-or-later
// What a network costs: parameters and multiply-accumulates. What one run of all of it takes is in
// TotalWork.h.
#pragma once

#include "core/graph/Shapes.h"
#include "core/model/ValueTypes.h"

namespace pleat {

// The type of a value, from the table of its scope; null when nothing is known.
const ValueType* typeOf(const GraphView& view, ValueIndex value, const ValueTypes& types);

// The shape of a value: of a constant, or from `shapes`, or else from the types, which may hold what the file
// declares by mistake. Nothing when its rank is not known; negative where a size is not.
std::optional<KnownShape> knownSizes(const GraphView& view, ValueIndex value, const ValueTypes& types,
                                     const Shapes& shapes);

// Why the work of a node cannot be told.
enum class WorkGap {
    Shapes,   // a size that it needs is not known
    Operator, // it multiplies, or may do so, and how much is not told by its shapes alone
    TooLarge  // 64 bits do not hold it
};

struct Work {
    std::optional<std::uint64_t> macs;
    WorkGap gap = WorkGap::Shapes; // where there are no macs
    bool batchIsOne = false;       // a batch that is not a number counts as 1 here
};

// Multiply-accumulates of one run of a node, its bodies aside: convolutions, matrix products, recurrent
// layers, Einsum, Attention; other operators of ONNX cost 0. `shapes` is believed
// before `types`, which tell nothing of functions.
Work workOf(const GraphView& view, NodeIndex node, const ValueTypes& types, const Shapes& shapes = {});

// Elements by their type: initializers, and Constant nodes that hold more than a number, each once; of sparse
// ones, those that are stored.
std::map<DataType, std::uint64_t> countParameters(const GraphView& view);

} // namespace pleat
