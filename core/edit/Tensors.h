// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of a stored tensor, an initializer or what a Constant node makes: others in their place, or the
// same in another type. Plain values and pure functions; the numbers are read when the step is planned, a
// block at a time, and what comes of them is kept in memory.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/tensor/DataType.h"

#include <stop_token>

namespace pleat {

// All elements become this number.
struct FillTensor {
    std::string tensor;
    double value = 0;
    bool operator==(const FillTensor&) const = default;
};

// Each element times this, rounded once.
struct ScaleTensor {
    std::string tensor;
    double factor = 1;
    bool operator==(const ScaleTensor&) const = default;
};

// Elements of a magnitude below the threshold become 0.
struct PruneTensor {
    std::string tensor;
    double threshold = 0;
    bool operator==(const PruneTensor&) const = default;
};

// Stored in another floating type, and cast back where it is read: the file is smaller, the operators stay as
// they are. An empty name: all initializers of floats. What becomes infinite or 0 by it is counted.
struct StoreTensorAs {
    std::string tensor;
    DataType type = DataType::Float16;
    bool operator==(const StoreTensorAs&) const = default;
};

// An array of a file of numpy or safetensors. Its shape must be the tensor's, and its type too, unless
// `convert`: then each number is rounded once.
struct ReplaceTensor {
    std::string tensor;
    std::string file;  // .npy, .npz or .safetensors
    std::string array; // its name in the file; "": that of the tensor, or the only one
    bool convert = false;
    bool operator==(const ReplaceTensor&) const = default;
};

Sentence describe(const FillTensor& step);
Sentence describe(const ScaleTensor& step);
Sentence describe(const PruneTensor& step);
Sentence describe(const StoreTensorAs& step);
Sentence describe(const ReplaceTensor& step);

// Errors, beside Usage: those of reading.
Result<PlannedEdit> plan(const FillTensor& step, const ViewPointer& of);
Result<PlannedEdit> plan(const ScaleTensor& step, const ViewPointer& of);
Result<PlannedEdit> plan(const PruneTensor& step, const ViewPointer& of);
Result<PlannedEdit> plan(const StoreTensorAs& step, const ViewPointer& of);
Result<PlannedEdit> plan(const ReplaceTensor& step, const ViewPointer& of);

} // namespace pleat
