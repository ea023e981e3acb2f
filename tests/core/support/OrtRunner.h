// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a model in ONNX Runtime, the tests' independent engine, with its own graph optimisations off: they
// fold batch norms too. Every call makes a session of its own; any thread may call.
#pragma once

#include "core/tensor/DataType.h"

#include <cstdint>
#include <map>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace onnx {
class ModelProto;
}

namespace pleat::test {

// A dense tensor; the numbers are kept wide and stored in `type` only where an engine wants them so.
struct Array {
    DataType type = DataType::Float;
    std::vector<std::int64_t> dims;
    std::vector<long double> values;
};
using Arrays = std::map<std::string, Array>;

// Random values for the model's inputs (initializers aside): floats in ±2, rounded to the input's type; bool
// alternates with the seed; integers 1. A symbol has the given size, else "N" 2 and any other 7.
Arrays randomInputs(const onnx::ModelProto& model, std::uint32_t seed,
                    const std::map<std::string, std::int64_t>& symbols = {});

// All graph outputs, or what ONNX Runtime has to say against the model.
tl::expected<Arrays, std::string> runInOnnxRuntime(const std::string& model, const Arrays& inputs);

// max |a − b| / max |a| over the worst output; NaN at the same place and equal infinities count as equal.
// Infinity where names, shapes or non-finite values differ.
double largestRelativeDifference(const Arrays& before, const Arrays& after);

// max |a − b| / max `scale` over the worst output, where `scale` has the same outputs: their Σ|w||x|.
double largestDifferenceBy(const Arrays& scale, const Arrays& before, const Arrays& after);

} // namespace pleat::test
