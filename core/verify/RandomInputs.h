// SPDX-License-Identifier: GPL-3.0-or-later
// What a model is run on when nobody gives it anything: the same numbers for the same seed, everywhere.
#pragma once

#include "core/graph/GraphView.h"

#include <map>
#include <onnx/onnx_pb.h>

namespace pleat {

struct RandomInputs {
    std::vector<onnx::TensorProto> tensors;
    std::vector<std::string> notes; // sizes that the model leaves open, and what was taken: a sentence each
};

// A tensor for each input that has no initializer. Floats: normally distributed around 0 with deviation 1;
// integers: 0 to 9; booleans: either. A symbol has the size that `sizes` gives it; else 1 as the first axis,
// 224 as the third and fourth of four, 8 elsewhere. Errors: Usage for a size of no symbol of the model;
// Unsupported for an input of another type, without a shape, or of more than 1 GiB.
Result<RandomInputs> randomInputs(const GraphView& view, std::uint64_t seed,
                                  const std::map<std::string, std::int64_t>& sizes);

// One such tensor: the same for the same seed, type and count. Errors: Unsupported for a type of which there
// are no random numbers, and for more than 1 GiB.
Result<onnx::TensorProto> randomTensor(const std::string& name, DataType type,
                                       std::span<const std::int64_t> dims, std::uint64_t seed);

} // namespace pleat
