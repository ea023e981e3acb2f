// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/LatencyRun.h"

#include "core/worker/RunInput.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace pleat {

namespace {

using std::chrono::nanoseconds;

constexpr std::size_t warmUps = 2, leastRuns = 5;
// The parts of the input: the question, of each model its outputs and the model, then the batches.
enum LatencyPart : std::size_t { QuestionPart, FirstModel };
constexpr std::size_t partsOfAModel = 3;
constexpr std::size_t asksOf = 4; // numbers: models, optimised, runs, enough

// Numbers with spaces in between.
template<class Number>
std::string joined(std::span<const Number> numbers)
{
    std::string text;
    for (const Number number : numbers)
        text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
}

// Nothing where it is anything else.
std::optional<std::vector<std::int64_t>> numbersIn(std::string_view text)
{
    std::vector<std::int64_t> numbers;
    for (const char *at = text.data(), *const end = at + text.size(); at != end;) {
        std::int64_t number = 0;
        const auto [next, problem] = std::from_chars(at, end, number);
        if (problem != std::errc() || (next != end && *next != ' '))
            return std::nullopt;
        numbers.push_back(number);
        at = next == end ? end : next + 1;
    }
    return numbers;
}

Result<RunInput> inputOf(const LatencyQuestion& question, const std::stop_token& stop)
{
    return runInput([&](RunInputWriter& writer) -> Result<void> {
        const std::array asked{
            static_cast<std::int64_t>(question.models.size()), static_cast<std::int64_t>(question.optimised),
            static_cast<std::int64_t>(question.runs), static_cast<std::int64_t>(question.enough.count())};
        if (auto done = writer.bytes(joined(std::span<const std::int64_t>(asked))); !done)
            return done;
        NoProgress quiet;
        for (const Model* const model : question.models) {
            onnx::GraphProto outputs;
            *outputs.mutable_output() = model->graph->header->output();
            if (auto done = writer.bytes(outputs.SerializeAsString()); !done)
                return done;
            if (auto done = writer.model(*model, {}, quiet, stop); !done)
                return done;
        }
        for (const auto& batch : question.batches)
            if (auto done = writer.tensors(batch); !done)
                return done;
        return {};
    });
}

// What the worker holds of one model.
struct Measured {
    OnnxSession session;
    std::vector<std::string> outputs;
    std::vector<std::int64_t> times{}; // nanoseconds
};

Result<std::vector<Measured>> opened(const RunParts& parts, std::size_t firstBatch,
                                     const LoadedOnnxRuntime& runtime, bool optimised)
{
    std::vector<Measured> models;
    for (std::size_t part = FirstModel; part < firstBatch; part += partsOfAModel) {
        onnx::GraphProto outputs;
        if (!outputs.ParseFromString(std::string(parts[part])))
            return failure(ErrorCode::Unsupported, "What was to be measured cannot be read.");
        auto session = parts.open(runtime, part + 1, {.optimised = optimised, .arena = true});
        if (!session)
            return tl::make_unexpected(std::move(session.error()));
        Measured model{std::move(*session), {}};
        model.outputs.reserve(static_cast<std::size_t>(outputs.output_size()));
        for (const onnx::ValueInfoProto& output : outputs.output())
            model.outputs.push_back(output.name());
        models.push_back(std::move(model));
    }
    return models;
}

} // namespace

Result<void> measureModels(TaskChannel& channel)
{
    const std::string& asked = channel.parameters;
    const std::size_t line = std::min(asked.find('\n'), asked.size());
    const auto parts = RunParts::of(channel.input, std::string_view(asked).substr(0, line));
    if (!parts)
        return tl::make_unexpected(parts.error());
    const auto numbers = parts->size() < FirstModel ? std::nullopt : numbersIn((*parts)[QuestionPart]);
    if (!numbers || numbers->size() != asksOf || line == asked.size())
        return failure(ErrorCode::Unsupported, "What was to be measured cannot be read.");
    const std::size_t firstBatch = FirstModel + partsOfAModel * static_cast<std::size_t>((*numbers)[0]);
    const auto runs = static_cast<std::size_t>((*numbers)[2]);
    const std::chrono::seconds enough((*numbers)[3]);
    if (firstBatch >= parts->size())
        return failure(ErrorCode::Unsupported, "What was to be measured cannot be read.");
    const auto runtime = loadOnnxRuntime(asked.substr(line + 1));
    if (!runtime)
        return tl::make_unexpected(runtime.error());
    auto models = opened(*parts, firstBatch, *runtime, (*numbers)[1] != 0);
    if (!models)
        return tl::make_unexpected(std::move(models.error()));
    nanoseconds all{};
    for (std::size_t round = 0; round < warmUps + runs && (all < enough || round < warmUps + leastRuns);
         ++round) {
        const auto inputs = parts->tensors(firstBatch + round % (parts->size() - firstBatch));
        if (!inputs)
            return tl::make_unexpected(inputs.error());
        for (Measured& model : *models) {
            const auto time = model.session.time(*inputs, model.outputs);
            if (!time)
                return tl::make_unexpected(time.error());
            if (round >= warmUps)
                model.times.push_back(time->count());
            all += *time;
        }
        channel.progress.advance(round + 1, warmUps + runs);
    }
    for (const Measured& model : *models)
        channel.give(joined(std::span<const std::int64_t>(model.times)));
    return {};
}

Result<Latencies> measureLatencies(const LatencyQuestion& question, const WorkerPlace& place,
                                   Progress& progress, const std::stop_token& stop)
{
    const auto input = inputOf(question, stop);
    if (!input)
        return tl::make_unexpected(input.error());
    Latencies latencies;
    latencies.reserve(question.models.size());
    const auto take = [&latencies](const std::string& piece) -> Result<void> {
        const auto times = numbersIn(piece);
        if (!times || times->empty())
            return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
        latencies.emplace_back(times->begin(), times->end());
        return {};
    };
    const auto time = place.time.value_or(latencyTask.limits.time);
    const Ask ask{.parameters = input->lengths() + '\n' + place.onnxRuntime.string(),
                  .input = input->descriptor(),
                  .time = time};
    const auto done = runTask(place.program, latencyTask, ask, take, progress, stop);
    if (!done && done.error().end == WorkerEnd::Stopped)
        return cancelled();
    if (!done)
        return failure(ErrorCode::Unsupported, sentenceOf(done.error(), "ONNX Runtime", time));
    if (latencies.size() != question.models.size())
        return failure(ErrorCode::Unsupported, "ONNX Runtime gave no answer that can be used.");
    return latencies;
}

} // namespace pleat
