// SPDX-License-Identifier: GPL-3.0-or-later
// A whole model, run once in ONNX Runtime in a worker, with all of ONNX Runtime's optimisations off: what it
// computes is what the operators say.
#pragma once

#include "core/base/Progress.h"
#include "core/model/Model.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <onnx/onnx_pb.h>
#include <span>

namespace pleat {

// The outputs of these names, each called so, for inputs that are called as the tensors are. Errors:
// Unsupported with the sentence why it could not be run (no ONNX Runtime, its own words, a crash, too much
// time or memory, a model of more than 2 GiB); those of reading the model; Cancelled.
Result<std::vector<onnx::TensorProto>> runByOnnxRuntime(const Model& model,
                                                        std::span<const onnx::TensorProto> inputs,
                                                        std::span<const std::string> outputs,
                                                        const WorkerPlace& place, Progress& progress,
                                                        const std::stop_token& stop);

// What the worker does for it. The memory holds the model three times: as it was sent, as ONNX Runtime reads
// it, and as it runs it.
Result<void> runModel(TaskChannel& channel);
inline constexpr Task modelRunTask{
    "run", {.time = std::chrono::seconds(600), .memory = std::uint64_t{24} << 30}, runModel};

} // namespace pleat
