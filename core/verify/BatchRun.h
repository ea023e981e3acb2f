// SPDX-License-Identifier: GPL-3.0-or-later
// A model on some of the batches of its inputs.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Inputs.h"
#include "core/worker/OnnxRuntimeLibrary.h"

namespace pleat {

// Batches [first, first + count).
struct BatchRange {
    std::size_t first = 0, count = 0;
};

// Takes output number `output` of a batch.
using TakeOutput = std::function<Result<void>(std::size_t batch, std::size_t output, onnx::TensorProto)>;

// Runs the model in ONNX Runtime on each of these batches and hands out the outputs of these names as they
// come; progress counts batches. All of their inputs lie in memory. Errors: those of runByOnnxRuntime(), of
// the inputs and of `take`; Cancelled.
Result<void> runOnBatches(const Model& model, const Inputs& inputs, BatchRange range,
                          std::span<const std::string> outputs, const WorkerPlace& place,
                          const TakeOutput& take, Progress& progress, const std::stop_token& stop);

} // namespace pleat
