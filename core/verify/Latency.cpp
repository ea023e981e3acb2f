// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Latency.h"

#include "core/graph/Describe.h"
#include "core/worker/LatencyRun.h"

#include <algorithm>
#include <cmath>

namespace pleat {

namespace {

constexpr std::uint64_t mostInputs = std::uint64_t{1} << 28; // bytes

Result<std::vector<Inputs::Batch>> batchesOf(const Inputs& inputs)
{
    std::vector<Inputs::Batch> batches;
    std::uint64_t bytes = 0;
    for (std::size_t number = 0; number < inputs.batches && bytes < mostInputs; ++number) {
        auto batch = inputs.batch(number);
        if (!batch)
            return tl::make_unexpected(std::move(batch.error()));
        for (const onnx::TensorProto& tensor : *batch)
            bytes += tensor.ByteSizeLong();
        batches.push_back(std::move(*batch));
    }
    return batches;
}

SpeedOfSide countsOf(const GraphView& view)
{
    const ModelInfo info = describe(view, declaredTypes(view.model()));
    SpeedOfSide side;
    side.nodes = info.nodes;
    side.parameters = info.parameters;
    return side;
}

} // namespace

Quartiles quartilesOf(std::vector<std::chrono::nanoseconds> times)
{
    std::ranges::sort(times);
    const auto at = [&times](double part) {
        const double place = part * static_cast<double>(times.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const auto above = std::min(below + 1, times.size() - 1);
        const double between = place - static_cast<double>(below);
        const auto step = static_cast<double>((times[above] - times[below]).count());
        return times[below] + std::chrono::nanoseconds(std::llround(between * step));
    };
    return {.lower = at(0.25), .median = at(0.5), .upper = at(0.75), .runs = times.size()};
}

Result<Speed> measureSpeed(const GraphView& before, const GraphView& after, const Inputs& inputs,
                           std::size_t runs, const WorkerPlace& place, Progress& progress,
                           const std::stop_token& stop)
{
    auto batches = batchesOf(inputs);
    if (!batches)
        return tl::make_unexpected(std::move(batches.error()));
    Speed speed{countsOf(before), countsOf(after)};
    LatencyQuestion question{.models = {&before.model(), &after.model()}, .batches = std::move(*batches)};
    question.runs = std::max(runs, question.batches.size());
    for (const bool optimised : {false, true}) {
        question.optimised = optimised;
        const auto times = measureLatencies(question, place, progress, stop);
        if (!times)
            return tl::make_unexpected(times.error());
        const auto which = optimised ? &SpeedOfSide::optimised : &SpeedOfSide::plain;
        speed.before.*which = quartilesOf(times->front());
        speed.after.*which = quartilesOf(times->back());
    }
    return speed;
}

} // namespace pleat
