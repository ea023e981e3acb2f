// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Divergence.h"

#include "core/graph/ElementTypes.h"
#include "core/graph/Shapes.h"
#include "core/worker/ModelRun.h"

#include <algorithm>
#include <map>

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

class Tracer final {
public:
    Tracer(const GraphView& before, const GraphView& after, std::span<const onnx::TensorProto> inputs,
           const std::optional<Tolerance>& tolerance, const WorkerPlace& place, const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_inputs(inputs),
          m_tolerance(tolerance),
          m_place(place),
          m_stop(stop)
    {
    }

    Result<void> slice(std::span<const CommonValue> values, std::vector<TracedValue>& into) const
    {
        std::vector<std::string> names;
        names.reserve(values.size());
        for (const CommonValue& value : values)
            names.emplace_back(m_before.name(value.before));
        std::vector<onnx::TensorProto> was;
        was.reserve(values.size());
        auto ran = run(m_before, names, [&](onnx::TensorProto output) -> Result<void> {
            was.push_back(std::move(output));
            return {};
        });
        if (!ran)
            return ran;
        std::size_t at = 0;
        return run(m_after, names, [&](const onnx::TensorProto& is) -> Result<void> {
            auto difference = outputDifference(was[at], is, m_tolerance, m_stop);
            if (!difference)
                return tl::make_unexpected(std::move(difference.error()));
            was[at].Clear();
            const NodeIndex node = m_before.producer(values[at].before);
            into.push_back({{m_before.id(node), m_before.label(node), std::string(m_before.op(node))},
                            std::move(*difference)});
            ++at;
            return {};
        });
    }

private:
    Result<void> run(const GraphView& view, const std::vector<std::string>& names,
                     const std::function<Result<void>(onnx::TensorProto)>& take) const
    {
        const ModelRun run{.model = view.model(),
                           .outputs = names,
                           .inputs = [this](std::size_t) -> Result<std::vector<onnx::TensorProto>> {
                               return std::vector<onnx::TensorProto>(m_inputs.begin(), m_inputs.end());
                           }};
        NoProgress quiet;
        return runByOnnxRuntime(
            run, m_place, [&take](std::size_t, onnx::TensorProto output) { return take(std::move(output)); },
            quiet, m_stop);
    }

    const GraphView& m_before;
    const GraphView& m_after;
    std::span<const onnx::TensorProto> m_inputs;
    const std::optional<Tolerance>& m_tolerance;
    const WorkerPlace& m_place;
    const std::stop_token& m_stop;
};

} // namespace

Result<Divergence> traceDivergence(const GraphView& before, const GraphView& after,
                                   const CommonValues& common, std::span<const onnx::TensorProto> inputs,
                                   const std::optional<Tolerance>& tolerance, const WorkerPlace& place,
                                   Progress& progress, const std::stop_token& stop, std::uint64_t sliceBytes)
{
    const Shapes shapes(before);
    const ElementTypes types(before);
    const Tracer tracer(before, after, inputs, tolerance, place, stop);
    Divergence divergence;
    divergence.values.reserve(common.values.size());
    const std::span all(common.values);
    for (std::size_t first = 0; first < all.size();) {
        progress.advance(first, all.size());
        std::size_t count = 0;
        for (std::uint64_t bytes = 0; first + count < all.size() && count < mostOfASlice; ++count) {
            bytes += bytesOf(shapes, types, all[first + count].before);
            if (bytes > sliceBytes && count > 0)
                break;
        }
        if (auto done = tracer.slice(all.subspan(first, count), divergence.values); !done)
            return tl::make_unexpected(std::move(done.error()));
        first += count;
    }
    const auto found = std::ranges::find_if(
        divergence.values, [](const TracedValue& value) { return !value.difference.isWithin; });
    if (found != divergence.values.end())
        divergence.first = static_cast<std::size_t>(found - divergence.values.begin());
    return divergence;
}

} // namespace pleat
