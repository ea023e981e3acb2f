// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/ModelRun.h"

#include "core/worker/RunInput.h"
#include "core/worker/Worker.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::uint64_t anySize = std::uint64_t{1} << 31; // of an output; more is no message

// The parts of the input: the question, the model, the batches.
enum RunPart : std::size_t { RunQuestion, ModelPart, FirstBatch = ModelPart + 2 };

// What is wanted: outputs by name; whether ONNX Runtime may optimise, in the graph's name.
std::string questionOf(const ModelRun& run)
{
    onnx::GraphProto question;
    question.set_name(run.optimised ? "optimised" : "");
    for (const std::string& output : run.outputs)
        question.add_output()->set_name(output);
    return question.SerializeAsString();
}

tl::unexpected<Error> noUse()
{
    return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
}

Result<RunInput> inputOf(const ModelRun& run, Progress& progress, const std::stop_token& stop)
{
    return runInput([&](RunInputWriter& writer) -> Result<void> {
        if (auto asked = writer.bytes(questionOf(run)); !asked)
            return asked;
        if (auto written = run.model.model() ? writer.model(*run.model.model(), run.outputs, progress, stop)
                                             : writer.model(run.model.message());
            !written)
            return written;
        for (std::size_t batch = 0; batch < run.batches; ++batch) {
            if (stop.stop_requested())
                return cancelled();
            const auto tensors = run.inputs(batch);
            if (!tensors)
                return tl::make_unexpected(tensors.error());
            if (auto written = writer.tensors(*tensors); !written)
                return written;
        }
        return {};
    });
}

} // namespace

Result<void> runModel(TaskChannel& channel)
{
    const std::string& asked = channel.parameters;
    const std::size_t line = std::min(asked.find('\n'), asked.size());
    const auto parts = RunParts::of(channel.input, std::string_view(asked).substr(0, line));
    if (!parts)
        return tl::make_unexpected(parts.error());
    onnx::GraphProto question;
    if (parts->size() < FirstBatch || line == asked.size() ||
        !question.ParseFromString(std::string((*parts)[RunQuestion])))
        return failure(ErrorCode::Unsupported, "What was to be run cannot be read.");
    const auto runtime = loadOnnxRuntime(asked.substr(line + 1));
    if (!runtime)
        return tl::make_unexpected(runtime.error());
    const auto session = parts->open(*runtime, ModelPart, {.optimised = !question.name().empty()});
    if (!session)
        return tl::make_unexpected(session.error());
    std::vector<std::string> outputs;
    outputs.reserve(static_cast<std::size_t>(question.output_size()));
    for (const onnx::ValueInfoProto& output : question.output())
        outputs.push_back(output.name());
    const auto give = [&channel](const onnx::TensorProto& tensor) -> Result<void> {
        if (tensor.ByteSizeLong() >= anySize)
            return failure(ErrorCode::Unsupported, "The output " + tensor.name() + " is larger than 2 GiB.");
        channel.give(tensor.SerializeAsString());
        return {};
    };
    for (std::size_t part = FirstBatch; part < parts->size(); ++part) {
        const auto inputs = parts->tensors(part);
        if (!inputs)
            return tl::make_unexpected(inputs.error());
        if (auto ran = session->run(*inputs, outputs, anySize, give); !ran)
            return ran;
        channel.progress.advance(part + 1 - FirstBatch, parts->size() - FirstBatch);
    }
    return {};
}

Result<void> runByOnnxRuntime(const ModelRun& run, const WorkerPlace& place, const OutputSink& take,
                              Progress& progress, const std::stop_token& stop)
{
    NoProgress quiet; // of writing the model, which is soon done
    const auto input = inputOf(run, quiet, stop);
    if (!input)
        return tl::make_unexpected(input.error());
    std::size_t count = 0;
    std::optional<Error> refusal;
    const auto takePiece = [&](const std::string& piece) -> Result<void> {
        onnx::TensorProto tensor;
        if (count >= run.batches * run.outputs.size() || !tensor.ParseFromString(piece) ||
            tensor.name() != run.outputs[count % run.outputs.size()])
            return noUse();
        auto taken = take(count++ / run.outputs.size(), std::move(tensor));
        if (!taken)
            refusal = taken.error();
        return taken;
    };
    const auto time = place.time.value_or(run.time.value_or(modelRunTask.limits.time));
    const Ask ask{.parameters = input->lengths() + '\n' + place.onnxRuntime.string(),
                  .input = input->descriptor(),
                  .time = time};
    const auto done = runTask(place.program, modelRunTask, ask, takePiece, progress, stop);
    if (refusal)
        return tl::make_unexpected(std::move(*refusal));
    if (!done && done.error().end == WorkerEnd::Stopped)
        return cancelled();
    if (!done)
        return failure(ErrorCode::Unsupported, sentenceOf(done.error(), "ONNX Runtime", time));
    if (count != run.batches * run.outputs.size())
        return noUse();
    return {};
}

Result<std::vector<onnx::TensorProto>> runByOnnxRuntime(const Model& model,
                                                        std::span<const onnx::TensorProto> inputs,
                                                        std::span<const std::string> outputs,
                                                        const WorkerPlace& place, Progress& progress,
                                                        const std::stop_token& stop)
{
    std::vector<onnx::TensorProto> tensors;
    tensors.reserve(outputs.size());
    const ModelRun run{.model = model,
                       .outputs = {outputs.begin(), outputs.end()},
                       .inputs = [&](std::size_t) -> Result<std::vector<onnx::TensorProto>> {
                           return std::vector<onnx::TensorProto>(inputs.begin(), inputs.end());
                       }};
    const auto take = [&tensors](std::size_t, onnx::TensorProto output) -> Result<void> {
        tensors.push_back(std::move(output));
        return {};
    };
    if (auto done = runByOnnxRuntime(run, place, take, progress, stop); !done)
        return tl::make_unexpected(std::move(done.error()));
    return tensors;
}

} // namespace pleat
