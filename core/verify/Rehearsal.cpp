// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/Rehearsal.h"

#include "core/base/Text.h"
#include "core/verify/BatchRun.h"
#include "core/verify/QuantizedModel.h"
#include "core/verify/RatioSums.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <set>

namespace pleat {

namespace {

constexpr std::int64_t firstOpsetWithIntegers = 10; // of QuantizeLinear

// A value that is compared: at the output of layers, or at that of the model.
struct Observed {
    std::string value;   // in the float model
    std::string rounded; // what stands for it in the rounded one
    bool isOutput = false;
    std::uint64_t bytes = 0; // of one batch
    RatioSums sums{};
};

// Work is counted in runs of a batch.
class Runs final : public Progress {
public:
    explicit Runs(Progress& progress) : m_progress(progress) {}
    void expect(std::uint64_t more) { m_total += more; }
    void finish(std::uint64_t more) { advance(0, m_done += more); }
    void advance(std::uint64_t done, std::uint64_t) override { m_progress.advance(m_done + done, m_total); }

private:
    Progress& m_progress;
    std::uint64_t m_done = 0, m_total = 0;
};

class Rehearsing final {
public:
    Rehearsing(const std::shared_ptr<const GraphView>& view, const Inputs& inputs,
               const RehearsalOptions& options, const WorkerPlace& place, Progress& progress,
               const std::stop_token& stop)
        : m_view(view),
          m_inputs(inputs),
          m_options(options),
          m_place(place),
          m_runs(progress),
          m_stop(stop)
    {
    }

    Result<RehearsedModel> run(const std::map<std::string, std::string>& measuredAt)
    {
        if (auto done = roundWeights(measuredAt); !done)
            return tl::make_unexpected(done.error());
        chooseObserved();
        if (auto done = measureInputs(); !done)
            return tl::make_unexpected(done.error());
        if (auto done = probe(); !done)
            return tl::make_unexpected(done.error());
        if (auto done = compare(); !done)
            return tl::make_unexpected(done.error());
        if (m_options.sensitivity)
            if (auto done = measureAlone(); !done)
                return tl::make_unexpected(done.error());
        finish();
        return std::move(m_result);
    }

private:
    Result<void> roundWeights(const std::map<std::string, std::string>& measuredAt)
    {
        for (const QuantizableLayer& layer : quantizableLayers(*m_view)) {
            LayerLoss loss{.layer = layer.layer,
                           .key = layer.key,
                           .weight = layer.weight,
                           .output = layer.output,
                           .problem = layer.problem};
            const auto other = measuredAt.find(layer.key);
            if (other != measuredAt.end() && !layer.output.empty() && isMade(other->second))
                loss.output = other->second;
            if (layer.problem.empty()) {
                auto weight = roundedWeight(layer, m_options.scheme, m_stop);
                if (!weight && weight.error().code == ErrorCode::Cancelled)
                    return tl::make_unexpected(std::move(weight.error()));
                if (weight) {
                    loss.weightRatio = weight->ratio;
                    m_weights.push_back(std::move(*weight));
                    m_rounded.push_back(m_result.layers.size());
                } else {
                    loss.problem = weight.error().message;
                }
            }
            if (layer.type == DataType::Float)
                m_floats.insert(loss.output);
            m_result.layers.push_back(std::move(loss));
        }
        return {};
    }

    bool isMade(const std::string& value) const
    {
        return m_view->producer(m_view->find(ScopeIndex::Main, value)) != NodeIndex::None;
    }

    // Every layer's output once, then the model's own.
    void chooseObserved()
    {
        std::set<std::string> seen;
        std::vector<std::string> outputs;
        for (const ValueIndex value : m_view->scopes()[index(ScopeIndex::Main)].outputs)
            outputs.emplace_back(m_view->name(value));
        for (const LayerLoss& layer : m_result.layers)
            if (!layer.output.empty() && !std::ranges::count(outputs, layer.output) &&
                seen.insert(layer.output).second)
                m_observed.push_back({.value = layer.output, .rounded = layer.output});
        for (const std::string& output : outputs)
            if (isMade(output) && seen.insert(output).second)
                m_observed.push_back({.value = output, .rounded = output, .isOutput = true});
    }

    std::vector<std::string> names(std::size_t first, std::size_t end, bool ofRounded) const
    {
        std::vector<std::string> all;
        all.reserve(end - first);
        for (std::size_t n = first; n < end; ++n)
            all.push_back(ofRounded ? m_observed[n].rounded : m_observed[n].value);
        return all;
    }

    bool roundsActivations()
    {
        if (!m_options.activations)
            return false;
        if (m_view->model().opset() >= firstOpsetWithIntegers)
            return true;
        m_result.notes.emplace_back("Activations were not rounded: the model is of an opset below 10, which "
                                    "has no QuantizeLinear. pleat-cli prepare brings it to a newer one.");
        return false;
    }

    Result<void> measureInputs()
    {
        const auto bytes = bytesOfABatch(m_inputs);
        if (!bytes)
            return tl::make_unexpected(bytes.error());
        m_inputBytes = *bytes;
        return {};
    }

    // How large each value is, and between which numbers it lies.
    Result<void> probe()
    {
        const bool wantsRanges = roundsActivations();
        std::vector<std::string> floats;
        for (const Observed& observed : m_observed)
            if (wantsRanges && !observed.isOutput && m_floats.contains(observed.value))
                floats.push_back(observed.value);
        const std::vector<std::string> all = names(0, m_observed.size(), false);
        const ProbedModel probed = probedModel(m_view, all);
        m_runs.expect(1 + (floats.empty() ? 0 : m_inputs.batches));
        const auto takeShape = [&](std::size_t, std::size_t output,
                                   const onnx::TensorProto& tensor) -> Result<void> {
            const auto dims = tensorView(tensor, nullptr).doubles();
            if (!dims)
                return tl::make_unexpected(dims.error());
            double elements = sizeof(double); // more than enough for any type
            for (const double dim : *dims)
                elements *= dim;
            m_observed[output].bytes = static_cast<std::uint64_t>(elements);
            return {};
        };
        if (auto done = runOnBatches(probed.model, m_inputs, {0, 1}, probed.shapes, m_place, takeShape,
                                     m_runs, m_stop);
            !done)
            return done;
        m_runs.finish(1);
        if (!floats.empty()) {
            std::vector<Range> ranges(floats.size(), {std::numeric_limits<double>::infinity(),
                                                      -std::numeric_limits<double>::infinity()});
            if (auto done = measureRanges(floats, ranges); !done)
                return done;
            for (std::size_t n = 0; n < floats.size(); ++n)
                m_activations.push_back(
                    {floats[n], quantizerFor({.bits = 8, .symmetric = false}, ranges[n])});
        }
        m_roundedModel = quantizedModel(m_view, m_weights, m_activations, m_renamed);
        for (Observed& observed : m_observed)
            if (const auto now = m_renamed.find(observed.value); now != m_renamed.end())
                observed.rounded = now->second;
        return {};
    }

    Result<void> measureRanges(std::span<const std::string> values, std::vector<Range>& ranges)
    {
        const ProbedModel probed = probedModel(m_view, values);
        const auto take = [&](std::size_t, std::size_t output,
                              const onnx::TensorProto& tensor) -> Result<void> {
            const auto number = tensorView(tensor, nullptr).doubles();
            if (!number)
                return tl::make_unexpected(number.error());
            Range& range = ranges[output / 2];
            if (output % 2 == 0)
                range.min = std::min(range.min, number->front());
            else
                range.max = std::max(range.max, number->front());
            return {};
        };
        const std::size_t atOnce = batchesAtOnce(0, 0);
        for (std::size_t batch = 0; batch < m_inputs.batches; batch += atOnce) {
            const BatchRange part{batch, std::min(atOnce, m_inputs.batches - batch)};
            if (auto done =
                    runOnBatches(probed.model, m_inputs, part, probed.ranges, m_place, take, m_runs, m_stop);
                !done)
                return done;
            m_runs.finish(part.count);
        }
        return {};
    }

    // Where the next slice of values ends that fits into the memory; at least one.
    std::size_t endOfSlice(std::size_t first) const
    {
        std::uint64_t bytes = m_observed[first].bytes;
        std::size_t end = first + 1;
        while (end < m_observed.size() && bytes + m_observed[end].bytes <= m_options.memory)
            bytes += m_observed[end++].bytes;
        return end;
    }

    std::size_t batchesAtOnce(std::size_t first, std::size_t end) const
    {
        std::uint64_t bytes = m_inputBytes + 1;
        for (std::size_t n = first; n < end; ++n)
            bytes += m_observed[n].bytes;
        return static_cast<std::size_t>(
            std::clamp<std::uint64_t>(m_options.memory / bytes, 1, m_inputs.batches));
    }

    using Held = std::vector<std::vector<onnx::TensorProto>>; // by batch and value

    Result<Held> runInFloat(BatchRange range, std::size_t first, std::size_t end)
    {
        Held held(range.count, std::vector<onnx::TensorProto>(end - first));
        const auto take = [&](std::size_t batch, std::size_t output,
                              onnx::TensorProto tensor) -> Result<void> {
            held[batch - range.first][output] = std::move(tensor);
            return {};
        };
        const auto names = this->names(first, end, false);
        if (auto done = runOnBatches(m_view->model(), m_inputs, range, names, m_place, take, m_runs, m_stop);
            !done)
            return tl::make_unexpected(std::move(done.error()));
        m_runs.finish(range.count);
        return held;
    }

    Result<void> compare()
    {
        std::size_t slices = 0;
        for (std::size_t first = 0; first < m_observed.size(); first = endOfSlice(first))
            ++slices;
        m_runs.expect(2 * slices * m_inputs.batches);
        for (std::size_t first = 0; first < m_observed.size();) {
            const std::size_t end = endOfSlice(first), atOnce = batchesAtOnce(first, end);
            for (std::size_t batch = 0; batch < m_inputs.batches; batch += atOnce)
                if (auto done = compare({batch, std::min(atOnce, m_inputs.batches - batch)}, first, end);
                    !done)
                    return done;
            first = end;
        }
        return {};
    }

    Result<void> compare(BatchRange range, std::size_t first, std::size_t end)
    {
        const auto was = runInFloat(range, first, end);
        if (!was)
            return tl::make_unexpected(was.error());
        const auto take = [&](std::size_t batch, std::size_t output,
                              const onnx::TensorProto& is) -> Result<void> {
            Observed& observed = m_observed[first + output];
            const onnx::TensorProto& inFloat = (*was)[batch - range.first][output];
            if (auto comparable = checkAlike(inFloat, is); !comparable)
                return comparable;
            if (!TensorView::areNumbers(static_cast<DataType>(is.data_type())))
                return {};
            if (auto added = observed.sums.add(inFloat, is, m_stop); !added)
                return added;
            return observed.isOutput && areScores(is) ? countClasses(observed, batch, inFloat, is)
                                                      : Result<void>();
        };
        auto done = runOnBatches(m_roundedModel, m_inputs, range, names(first, end, true), m_place, take,
                                 m_runs, m_stop);
        m_runs.finish(range.count);
        return done;
    }

    static Result<void> checkAlike(const onnx::TensorProto& was, const onnx::TensorProto& is)
    {
        if (was.data_type() == is.data_type() && std::ranges::equal(was.dims(), is.dims()))
            return {};
        return failure(
            ErrorCode::Unsupported,
            fmt::format(
                "What the rounded model makes of {} has another shape than in float: its sizes depend "
                "on the numbers.",
                was.name()));
    }

    Result<void> countClasses(const Observed& observed, std::size_t batch, const onnx::TensorProto& was,
                              const onnx::TensorProto& is)
    {
        const auto before = firstClasses(was), after = firstClasses(is);
        if (!before || !after)
            return tl::make_unexpected(before ? after.error() : before.error());
        OutputLoss& classes = m_classes[observed.value];
        for (std::size_t row = 0; row < before->size(); ++row) {
            ++classes.rows;
            classes.agree += (*before)[row] == (*after)[row];
        }
        if (m_scored.empty())
            m_scored = observed.value;
        const std::size_t first = batch * before->size();
        if (observed.value != m_scored || first + before->size() > m_inputs.labels.size())
            return {};
        for (std::size_t row = 0; row < before->size(); ++row) {
            const std::int64_t label = m_inputs.labels[first + row];
            for (auto& [accuracy, found] :
                 {std::pair(&m_result.inFloat, &*before), std::pair(&m_result.rounded, &*after)}) {
                if (!*accuracy)
                    accuracy->emplace();
                ++(*accuracy)->samples;
                (*accuracy)->right += (*found)[row] == label;
            }
        }
        return {};
    }

    // Each layer rounded by itself; of the outputs, the lowest ratio counts.
    Result<void> measureAlone()
    {
        std::size_t first = 0;
        while (first < m_observed.size() && !m_observed[first].isOutput)
            ++first;
        const std::size_t end = m_observed.size();
        if (first == end)
            return {};
        m_runs.expect((m_weights.size() + 1) * m_inputs.batches);
        std::vector<std::vector<RatioSums>> sums(m_weights.size(), std::vector<RatioSums>(end - first));
        const std::size_t atOnce = batchesAtOnce(first, end);
        for (std::size_t batch = 0; batch < m_inputs.batches; batch += atOnce) {
            const BatchRange range{batch, std::min(atOnce, m_inputs.batches - batch)};
            const auto was = runInFloat(range, first, end);
            if (!was)
                return tl::make_unexpected(was.error());
            for (std::size_t w = 0; w < m_weights.size(); ++w)
                if (auto done = compareAlone(w, range, first, *was, sums[w]); !done)
                    return done;
        }
        for (std::size_t w = 0; w < m_weights.size(); ++w) {
            double& alone = m_result.layers[m_rounded[w]].alone;
            for (const RatioSums& each : sums[w])
                alone = std::fmin(alone, each.ratio()); // which leaves out what is no number
        }
        return {};
    }

    Result<void> compareAlone(std::size_t weight, BatchRange range, std::size_t first, const Held& was,
                              std::vector<RatioSums>& sums)
    {
        std::map<std::string, std::string> none;
        const Model model = quantizedModel(m_view, std::span(m_weights).subspan(weight, 1), {}, none);
        const auto take = [&](std::size_t batch, std::size_t output,
                              const onnx::TensorProto& is) -> Result<void> {
            const onnx::TensorProto& inFloat = was[batch - range.first][output];
            if (auto comparable = checkAlike(inFloat, is); !comparable)
                return comparable;
            const bool areNumbers = TensorView::areNumbers(static_cast<DataType>(is.data_type()));
            return areNumbers ? sums[output].add(inFloat, is, m_stop) : Result<void>();
        };
        auto done = runOnBatches(model, m_inputs, range, names(first, m_observed.size(), false), m_place,
                                 take, m_runs, m_stop);
        m_runs.finish(range.count);
        return done;
    }

    void finish()
    {
        std::map<std::string, double> ratios;
        for (const Observed& observed : m_observed) {
            ratios[observed.value] = observed.sums.ratio();
            if (!observed.isOutput || std::isnan(observed.sums.ratio()))
                continue;
            OutputLoss loss = m_classes[observed.value];
            loss.name = observed.value;
            loss.ratio = observed.sums.ratio();
            m_result.ratio = std::fmin(m_result.ratio, loss.ratio);
            m_result.outputs.push_back(std::move(loss));
        }
        for (LayerLoss& layer : m_result.layers)
            if (const auto found = ratios.find(layer.output); found != ratios.end())
                layer.ratio = found->second;
    }

    const std::shared_ptr<const GraphView>& m_view;
    const Inputs& m_inputs;
    const RehearsalOptions& m_options;
    const WorkerPlace& m_place;
    Runs m_runs;
    const std::stop_token& m_stop;
    std::vector<RoundedWeight> m_weights;
    std::vector<std::size_t> m_rounded; // of which layer each is
    std::set<std::string> m_floats;     // outputs of layers that are of float
    std::vector<Observed> m_observed;
    std::uint64_t m_inputBytes = 0; // of one batch
    std::vector<RoundedActivation> m_activations;
    std::map<std::string, std::string> m_renamed;
    Model m_roundedModel;
    std::map<std::string, OutputLoss> m_classes;
    std::string m_scored; // the output that labels are held against
    RehearsedModel m_result;
};

} // namespace

Result<RehearsedModel> rehearse(const std::shared_ptr<const GraphView>& view, const Inputs& inputs,
                                const std::map<std::string, std::string>& measuredAt,
                                const RehearsalOptions& options, const WorkerPlace& place, Progress& progress,
                                const std::stop_token& stop)
{
    return Rehearsing(view, inputs, options, place, progress, stop).run(measuredAt);
}

} // namespace pleat
