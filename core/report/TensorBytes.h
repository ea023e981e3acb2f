// SPDX-License-Identifier: GPL-3.0-or-later
// The elements of tensors on their way into a file of another format, little-endian and row-major, block by
// block: never more than a few blocks of a mebibyte are in memory (of a matrix that is turned: two tiles of
// eight), also of weights that a fold has scaled and nobody has computed. Free functions; any thread, one
// sink each.
#pragma once

#include "core/io/Sink.h"
#include "core/tensor/TensorView.h"

#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace pleat {

// A tensor under the name that it gets in a file of several.
struct NamedTensor {
    std::string name;
    TensorView tensor;
    bool transposed = false; // a matrix that is written column after column, with its dimensions swapped
    std::vector<std::int64_t> dims() const; // as written
};

// What is chosen of one axis: positions [first, first + count).
struct Slice {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

// Error MissingData where the bytes of a tensor are not there or too few, Unsupported where its elements
// share bytes or have no fixed size: before anything is written.
Result<void> checkElements(const TensorView& tensor);

// All elements. Errors: the payload's, the sink's, Cancelled; Unwritable where a fold makes finite weights
// infinite and nobody has allowed it.
// REQUIRES: checkElements(), here and below.
Result<void> writeElements(Sink& output, const TensorView& tensor, const std::stop_token& stop);

// Those of a selection, one slice an axis.
// REQUIRES: the slices lie within the dimensions, and there are as many.
Result<void> writeElements(Sink& output, const TensorView& tensor, std::span<const Slice> selection,
                           const std::stop_token& stop);

// Column after column.
// REQUIRES: the tensor has two dimensions.
Result<void> writeTransposed(Sink& output, const TensorView& tensor, const std::stop_token& stop);

} // namespace pleat
