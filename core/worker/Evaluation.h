// SPDX-License-Identifier: GPL-3.0-or-later
// Constants that ONNX Runtime computes in a worker: nodes that read nothing but constants, as a small model
// that holds both, and for each output of it a tensor or the reason why there is none. Where the whole does
// not run, its nodes are run one by one, so that one of them does not cost the others.
#pragma once

#include "core/base/Progress.h"
#include "core/model/TensorMessage.h"
#include "core/worker/OnnxRuntimeLibrary.h"

namespace pleat {

struct EvaluatedOutput {
    std::optional<TensorMessage> tensor; // called as the output
    std::uint64_t bytes = 0;             // of its numbers, also where it is too large to be there
    std::string problem;                 // a sentence, where it could not be computed
};

// One for each output of the model, in its order; those of more than `largest` bytes come without a tensor.
// `model`: the bytes of a ModelProto with all its data in it, which has so many outputs. Errors: Unsupported
// for what is not about one output (no ONNX Runtime, a crash, too much time or memory); Cancelled.
Result<std::vector<EvaluatedOutput>> evaluateByOnnxRuntime(const std::string& model, std::size_t outputs,
                                                           std::uint64_t largest, const WorkerPlace& place,
                                                           Progress& progress, const std::stop_token& stop);

// What the worker does for it.
Result<void> evaluateNodes(TaskChannel& channel);
inline constexpr Task evaluationTask{"evaluate", {.time = std::chrono::seconds(120)}, evaluateNodes};

} // namespace pleat
