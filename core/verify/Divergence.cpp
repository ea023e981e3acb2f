// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Divergence.h"

#include "core/graph/ElementTypes.h"
#include "core/graph/Shapes.h"
#include "core/verify/BatchRun.h"

#include <algorithm>
#include <onnx/onnx_pb.h>
#include <tuple>

namespace pleat {

namespace {

constexpr std::size_t mostOfASlice = 4096;                     // values
constexpr double guessedSize = 64;                             // of an axis that is open
constexpr std::uint64_t guessedBytes = std::uint64_t{1} << 22; // of a value of which nothing is known

// About how many bytes a value has.
std::uint64_t bytesOf(const Shapes& shapes, const ElementTypes& types, ValueIndex value)
{
    const KnownShape* const shape = shapes.of(value);
    if (!shape)
        return guessedBytes;
    double count = 1;
    for (std::size_t axis = 0; axis < shape->size(); ++axis)
        count *= (*shape)[axis] != unknownSize ? static_cast<double>((*shape)[axis])
                 : axis == 0                   ? 1
                                               : guessedSize;
    constexpr double most = 1e15;
    return storedBytes(types.of(value), static_cast<std::uint64_t>(std::min(count, most)));
}

// Whether `one` says more than `other` does of the same value in another batch.
bool isWorse(const OutputDifference& one, const OutputDifference& other)
{
    const auto weight = [](const OutputDifference& difference) {
        return std::tuple(!difference.problem.empty(), difference.numbers.apart, !difference.isWithin,
                          difference.scaled);
    };
    return weight(one) > weight(other);
}

class Tracer final {
public:
    Tracer(const GraphView& before, const GraphView& after, const Inputs& inputs,
           const std::optional<Tolerance>& tolerance, const WorkerPlace& place, const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_inputs(inputs),
          m_tolerance(tolerance),
          m_place(place),
          m_stop(stop)
    {
    }

    // One for each of the values, over all batches, so many of which are held at once.
    Result<std::vector<TracedValue>> slice(std::span<const CommonValue> values, std::size_t batches) const
    {
        std::vector<TracedValue> traced(values.size());
        std::vector<std::string> names(values.size());
        for (std::size_t v = 0; v < values.size(); ++v) {
            const NodeIndex node = m_before.producer(values[v].before);
            traced[v].node = {m_before.id(node), m_before.label(node), std::string(m_before.op(node))};
            names[v] = m_before.name(values[v].before);
        }
        for (std::size_t first = 0; first < m_inputs.batches; first += batches)
            if (auto done = compare({first, std::min(batches, m_inputs.batches - first)}, names, traced);
                !done)
                return tl::make_unexpected(std::move(done.error()));
        return traced;
    }

private:
    Result<void> compare(BatchRange range, const std::vector<std::string>& names,
                         std::vector<TracedValue>& traced) const
    {
        std::vector<std::vector<onnx::TensorProto>> held(range.count,
                                                         std::vector<onnx::TensorProto>(names.size()));
        NoProgress quiet;
        const auto hold = [&](std::size_t batch, std::size_t value, onnx::TensorProto was) -> Result<void> {
            held[batch - range.first][value] = std::move(was);
            return {};
        };
        auto ran = runOnBatches(m_before.model(), m_inputs, range, names, m_place, hold, quiet, m_stop);
        if (!ran)
            return ran;
        const auto take = [&](std::size_t batch, std::size_t value,
                              const onnx::TensorProto& is) -> Result<void> {
            onnx::TensorProto& was = held[batch - range.first][value];
            auto difference = outputDifference(was, is, m_tolerance, m_stop);
            if (!difference)
                return tl::make_unexpected(std::move(difference.error()));
            was.Clear();
            if (batch == 0 || isWorse(*difference, traced[value].difference))
                traced[value].difference = std::move(*difference);
            return {};
        };
        return runOnBatches(m_after.model(), m_inputs, range, names, m_place, take, quiet, m_stop);
    }

    const GraphView& m_before;
    const GraphView& m_after;
    const Inputs& m_inputs;
    const std::optional<Tolerance>& m_tolerance;
    const WorkerPlace& m_place;
    const std::stop_token& m_stop;
};

} // namespace

Result<Divergence> traceDivergence(const GraphView& before, const GraphView& after,
                                   const CommonValues& common, const Inputs& inputs,
                                   const std::optional<Tolerance>& tolerance, const WorkerPlace& place,
                                   Progress& progress, const std::stop_token& stop, std::uint64_t sliceBytes)
{
    const auto inputBytes = bytesOfABatch(inputs);
    if (!inputBytes)
        return tl::make_unexpected(inputBytes.error());
    const Shapes shapes(before);
    const ElementTypes types(before);
    const Tracer tracer(before, after, inputs, tolerance, place, stop);
    Divergence divergence;
    std::vector<CommonValue> all;
    std::ranges::copy_if(common.values, std::back_inserter(all), [&](const CommonValue& value) {
        return before.scope(value.before) == ScopeIndex::Main;
    });
    divergence.values.reserve(all.size());
    for (std::size_t first = 0; first < all.size();) {
        progress.advance(first, all.size());
        std::size_t count = 0;
        std::uint64_t bytes = 0; // of a batch
        for (; first + count < all.size() && count < mostOfASlice; ++count) {
            const std::uint64_t more = bytesOf(shapes, types, all[first + count].before);
            if (bytes + more > sliceBytes && count > 0)
                break;
            bytes += more;
        }
        const auto batches =
            std::clamp<std::uint64_t>(sliceBytes / (bytes + *inputBytes + 1), 1, inputs.batches);
        auto traced = tracer.slice(std::span(all).subspan(first, count), batches);
        if (!traced)
            return tl::make_unexpected(std::move(traced.error()));
        std::ranges::move(*traced, std::back_inserter(divergence.values));
        first += count;
    }
    const auto found = std::ranges::find_if(
        divergence.values, [](const TracedValue& value) { return !value.difference.isWithin; });
    if (found != divergence.values.end())
        divergence.first = static_cast<std::size_t>(found - divergence.values.begin());
    return divergence;
}

} // namespace pleat
