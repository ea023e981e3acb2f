// SPDX-License-Identifier: GPL-3.0-or-later
// A whole model, run in ONNX Runtime in a worker, with all of ONNX Runtime's optimisations off unless they
// are asked for: what it computes is what the operators say. One session runs any number of batches; what it
// gives is handed over tensor by tensor, so that neither side holds more than one batch.
#pragma once

#include "core/base/Progress.h"
#include "core/model/Model.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <functional>
#include <onnx/onnx_pb.h>
#include <optional>
#include <span>

namespace pleat {

// A model, or the bytes of a ModelProto; whichever it is must be there for as long as this is.
class RunnableModel final {
public:
    RunnableModel(const Model& model) : m_model(&model) {}
    explicit RunnableModel(std::string_view message) : m_message(message) {}
    const Model* model() const { return m_model; } // null: it is a message
    std::string_view message() const { return m_message; }

private:
    const Model* m_model = nullptr;
    std::string_view m_message;
};

// What is run, and on what.
struct ModelRun {
    RunnableModel model;
    std::vector<std::string> outputs; // any values of the main graph, those between inputs and outputs too
    std::size_t batches = 1;
    // The inputs of a batch, called as the model's are; asked for once each, in order, before anything runs.
    // All of them lie in memory then, beside the model.
    std::function<Result<std::vector<onnx::TensorProto>>(std::size_t batch)> inputs;
    bool optimised = false;                     // by ONNX Runtime
    std::optional<std::chrono::seconds> time{}; // for all, if the place has none; nothing: modelRunTask's
};

// Takes an output, which is called so. They come batch by batch, in the order of ModelRun::outputs. Its error
// ends the run and is its error.
using OutputSink = std::function<Result<void>(std::size_t batch, onnx::TensorProto output)>;

// Progress counts batches. Errors: Unsupported with the sentence why it could not be run (no ONNX Runtime,
// its own words, a crash, too much time or memory, an output of more than 2 GiB); those of reading the model,
// of the inputs and of `take`; Cancelled. A model of more than 2 GiB is written to a temporary folder for it.
Result<void> runByOnnxRuntime(const ModelRun& run, const WorkerPlace& place, const OutputSink& take,
                              Progress& progress, const std::stop_token& stop);

// The same for one batch: the outputs of these names. Errors: as above.
Result<std::vector<onnx::TensorProto>> runByOnnxRuntime(const Model& model,
                                                        std::span<const onnx::TensorProto> inputs,
                                                        std::span<const std::string> outputs,
                                                        const WorkerPlace& place, Progress& progress,
                                                        const std::stop_token& stop);

// What the worker does for it. The memory holds the model three times: as it was sent, as ONNX Runtime reads
// it, and as it runs it.
Result<void> runModel(TaskChannel& channel);
inline constexpr Task modelRunTask{
    "run",
    {.time = std::chrono::seconds(600), .memory = std::uint64_t{24} << 30, .result = std::uint64_t{1} << 42},
    runModel};

} // namespace pleat
