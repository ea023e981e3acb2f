// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/BatchRun.h"

#include "core/worker/ModelRun.h"

#include <onnx/onnx_pb.h>

namespace pleat {

Result<void> runOnBatches(const Model& model, const Inputs& inputs, BatchRange range,
                          std::span<const std::string> outputs, const WorkerPlace& place,
                          const TakeOutput& take, Progress& progress, const std::stop_token& stop)
{
    const ModelRun run{.model = model,
                       .outputs = {outputs.begin(), outputs.end()},
                       .batches = range.count,
                       .inputs = [&](std::size_t batch) { return inputs.batch(range.first + batch); },
                       .time = std::chrono::seconds(600) + std::chrono::seconds(30) * range.count};
    std::size_t output = 0;
    const auto takeNext = [&](std::size_t batch, onnx::TensorProto tensor) {
        const std::size_t number = output++ % outputs.size(); // they come in this order
        return take(range.first + batch, number, std::move(tensor));
    };
    return runByOnnxRuntime(run, place, takeNext, progress, stop);
}

} // namespace pleat
