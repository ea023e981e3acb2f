// SPDX-License-Identifier: GPL-3.0-or-later
// How long models take, run in turns in ONNX Runtime in a worker, so that what else the machine does meets
// all of them alike. On one thread, with the memory kept from run to run as is usual.
#pragma once

#include "core/base/Progress.h"
#include "core/model/Model.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <onnx/onnx_pb.h>

namespace pleat {

struct LatencyQuestion {
    std::vector<const Model*> models; // each computes all of its outputs
    // Run after run the next one, and again from the first; all of them lie in memory.
    std::vector<std::vector<onnx::TensorProto>> batches;
    bool optimised = false; // by ONNX Runtime, all that it knows
    std::size_t runs = 20;  // of each model, after two that are not counted
    std::chrono::seconds enough{
        20}; // no further runs are begun when this long was measured, and five are done
};

// The time of each run of each model. Progress counts rounds. Errors: as of runByOnnxRuntime().
using Latencies = std::vector<std::vector<std::chrono::nanoseconds>>;
Result<Latencies> measureLatencies(const LatencyQuestion& question, const WorkerPlace& place,
                                   Progress& progress, const std::stop_token& stop);

// What the worker does for it.
Result<void> measureModels(TaskChannel& channel);
inline constexpr Task latencyTask{
    "latency", {.time = std::chrono::seconds(600), .memory = std::uint64_t{32} << 30}, measureModels};

} // namespace pleat
