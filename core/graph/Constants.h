// SPDX-License-Identifier: GPL-3.0-or-later
// Which values are constant, and where their numbers are stored: initializers and Constant nodes, also behind
// nodes that only rename or reorder (Identity, Reshape, Squeeze, Unsqueeze, Flatten, Transpose, a lossless
// Cast; at most 64 of them), in outer scopes, and behind the inputs of a local function where every call
// passes the same. What ConstantOfShape, arithmetic and a few others make of constants is computed
// (ComputedConstants.h). An initializer that a caller may override (IR ≥ 4 and a graph input) is not
// constant.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

// A step along a dimension: `extent` positions, `stride` stored elements apart.
struct StoredAxis {
    std::uint64_t extent = 1;
    std::uint64_t stride = 1;
};

struct Constant {
    TensorView tensor;                      // as stored
    ValueIndex storedAt = ValueIndex::None; // the initializer, or the output of the Constant node
    bool computed = false;                  // by the node that makes `storedAt`: stored nowhere
    std::vector<NodeIndex> through;         // nodes between the storage and the reader, storage first
    bool acrossCall = false;                // it came in as an argument of a function
    DataType type = DataType::Undefined;    // as read: after a Cast
    std::vector<std::int64_t> dims;         // as read: after a Reshape or Transpose
    // For each of `dims`, where its positions are stored; several axes, outermost first, where a Reshape
    // joined them. Empty where they lie as dims say, one behind the other: see axes().
    std::vector<std::vector<StoredAxis>> order;
    bool isCast() const { return type != tensor.type(); }
};

enum class NotConstant {
    Computed, // from the data
    Overridable,
    Absent,
    Quantized,
    Sparse,
    Disagreeing, // the calls of a function pass different ones
    Unevaluated  // computed from constants, by an operator or to a size that is not computed here
};

// Not being constant is data, not an error: the answer says why.
tl::expected<Constant, NotConstant> constantOf(const GraphView& view, ValueIndex value);

// `order`, also where it is left empty.
std::vector<std::vector<StoredAxis>> axes(const Constant& constant);

// The numbers of an initializer whose floats lie in its own message, which are nearly all parameters of batch
// norms, without a Constant around them. Nothing for any other, which may be constant all the same.
std::optional<std::vector<double>> plainFloats(const GraphView& view, ValueIndex value);

// Whether a Transpose makes the reader see the numbers in another order than the stored one.
bool isReordered(const Constant& constant);

// All numbers in the order in which the reader sees them. Errors: those of TensorView::doubles().
Result<std::vector<double>> values(const Constant& constant);

// Whether it is the same in every run, though perhaps not to be had: all but what is computed from the data.
bool isFixed(const GraphView& view, ValueIndex value);

// An operator that hands a constant on: Constant, Identity, Cast, Reshape, …
bool isConstantChainLink(const GraphView& view, NodeIndex node);

} // namespace pleat
