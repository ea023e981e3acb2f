// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/ModelRun.h"

#include "core/model/ModelWriter.h"
#include "core/worker/OnnxSession.h"
#include "core/worker/Worker.h"

#include <charconv>

namespace pleat {

namespace {

constexpr std::uint64_t anySize = std::uint64_t{1} << 31; // of an output; more is no message

// What stands before the model: inputs as initializers, outputs by name.
std::string questionOf(std::span<const onnx::TensorProto> inputs, std::span<const std::string> outputs)
{
    onnx::GraphProto question;
    for (const onnx::TensorProto& input : inputs)
        *question.add_initializer() = input;
    for (const std::string& output : outputs)
        question.add_output()->set_name(output);
    return question.SerializeAsString();
}

} // namespace

Result<void> runModel(TaskChannel& channel)
{
    const std::string& asked = channel.parameters;
    std::size_t length = 0;
    const auto [end, problem] = std::from_chars(asked.data(), asked.data() + asked.size(), length);
    const std::string all = readAll(channel.input);
    onnx::GraphProto question;
    if (problem != std::errc() || *end != '\n' || length > all.size() ||
        !question.ParseFromArray(all.data(), static_cast<int>(length)))
        return failure(ErrorCode::Unsupported, "What was to be run cannot be read.");
    const auto runtime = loadOnnxRuntime(std::string(end + 1, asked.data() + asked.size()));
    if (!runtime)
        return tl::make_unexpected(runtime.error());
    const auto session = OnnxSession::open(*runtime, std::string_view(all).substr(length));
    if (!session)
        return tl::make_unexpected(session.error());
    const std::vector<onnx::TensorProto> inputs(question.initializer().begin(), question.initializer().end());
    std::vector<std::string> outputs;
    outputs.reserve(static_cast<std::size_t>(question.output_size()));
    for (const onnx::ValueInfoProto& output : question.output())
        outputs.push_back(output.name());
    const auto tensors = session->run(inputs, outputs, anySize);
    if (!tensors)
        return tl::make_unexpected(tensors.error());
    for (const onnx::TensorProto& tensor : *tensors) {
        if (tensor.ByteSizeLong() >= anySize)
            return failure(ErrorCode::Unsupported, "The output " + tensor.name() + " is larger than 2 GiB.");
        channel.give(tensor.SerializeAsString());
    }
    return {};
}

Result<std::vector<onnx::TensorProto>> runByOnnxRuntime(const Model& model,
                                                        std::span<const onnx::TensorProto> inputs,
                                                        std::span<const std::string> outputs,
                                                        const WorkerPlace& place, Progress& progress,
                                                        const std::stop_token& stop)
{
    const std::string question = questionOf(inputs, outputs);
    const auto input = workerInput([&](int descriptor) -> Result<void> {
        const std::filesystem::path name = "the model for ONNX Runtime";
        if (auto asked = DescriptorSink(descriptor, name).write(std::as_bytes(std::span(question))); !asked)
            return asked;
        DescriptorSink sink(descriptor, name); // the model's length is counted from here
        return streamModel(model, sink, progress, stop);
    });
    if (!input && input.error().code == ErrorCode::Unwritable)
        return failure(ErrorCode::Unsupported, input.error().message);
    if (!input)
        return tl::make_unexpected(input.error());
    std::vector<onnx::TensorProto> tensors;
    tensors.reserve(outputs.size());
    const auto take = [&](const std::string& piece) -> Result<void> {
        onnx::TensorProto tensor;
        if (!tensor.ParseFromString(piece))
            return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
        tensors.push_back(std::move(tensor));
        return {};
    };
    const Ask ask{.parameters = std::to_string(question.size()) + '\n' + place.onnxRuntime.string(),
                  .input = input->get()};
    const auto done = runTask(place.program, modelRunTask, ask, take, progress, stop);
    if (!done && done.error().end == WorkerEnd::Stopped)
        return cancelled();
    if (!done)
        return failure(ErrorCode::Unsupported,
                       sentenceOf(done.error(), "ONNX Runtime", modelRunTask.limits.time));
    if (tensors.size() != outputs.size())
        return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
    return tensors;
}

} // namespace pleat
