// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsComparison.h"

#include "core/graph/StoredTensors.h"
#include "core/rewrite/Rewriter.h"
#include "core/tensor/ChannelHistograms.h"
#include "core/tensor/SparseBytes.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <type_traits>
#include <utility>

namespace pleat::ui {

namespace {

std::optional<LayerWeights> weightsOf(const GraphView& view, NodeId id)
{
    const NodeIndex node = view.find(id);
    return node == NodeIndex::None ? std::nullopt : layerWeights(view, node);
}

std::vector<std::string> messages(const FoldCandidate& candidate)
{
    std::vector<std::string> result;
    result.reserve(candidate.warnings.size());
    for (const FoldWarning& warning : candidate.warnings)
        result.push_back(warning.message.text());
    return result;
}

Result<void> preview(const WeightsQuery& query, const FoldCandidate& candidate, FoundWeights& into,
                     Progress& progress, std::stop_token stop)
{
    auto outcome =
        FoldTable::fold(query.current->table, std::vector<FoldId>{candidate.id}, progress, std::move(stop));
    if (!outcome)
        return tl::make_unexpected(outcome.error());
    for (FoldedPair& pair : outcome->pairs) {
        if (!pair.folded)
            continue;
        into.notes.s = std::move(pair.s);
        into.notes.t = std::move(pair.t);
        into.notes.parameters = std::move(pair.parameters);
    }
    into.notes.preview = true;
    into.after = weightsOf(*outcome->after->view(), candidate.layer->id);
    return {};
}

// Of a batch norm that is folded already: what folding it says where it still stands. Nothing where it came
// to stand, or could be folded, only later.
std::optional<FoldedPair::Parameters> parametersOf(const Snapshot& opened, const FoldId& fold,
                                                   const std::stop_token& stop)
{
    NoProgress quiet;
    auto outcome = FoldTable::fold(opened.table, std::vector<FoldId>{fold}, quiet, stop);
    if (!outcome)
        return std::nullopt;
    for (FoldedPair& pair : outcome->pairs)
        if (pair.folded)
            return std::move(pair.parameters);
    return std::nullopt;
}

Result<MeasuredWeights> measure(const LayerWeights& layer, Progress& progress, std::stop_token stop)
{
    MeasuredWeights measured;
    measured.source = layer;
    measured.name = layer.weight.name();
    measured.type = layer.storedType();
    measured.dims = layer.weight.dims();
    const SparseBytes* const sparse = sparseBytes(layer.weight.payload());
    measured.bytes = sparse ? sparse->bytesInFile() : storedBytes(measured.type, layer.weight.elements());
    auto statistics = pleat::statistics(layer.weight, layer.layout, progress, std::move(stop));
    if (!statistics)
        return tl::make_unexpected(statistics.error());
    measured.statistics = std::move(*statistics);
    if (layer.bias) {
        auto bias = layer.bias->doubles();
        if (!bias)
            return tl::make_unexpected(bias.error());
        measured.bias = std::move(*bias);
    }
    return measured;
}

// Enough bins to see the shape, few enough that each holds some values (Rice's rule, a little finer).
std::size_t binCount(std::uint64_t values)
{
    return std::clamp<std::size_t>(static_cast<std::size_t>(2.5 * std::cbrt(double(values))), 20, 160);
}

Range widened(Range range)
{
    if (range.min < range.max)
        return range;
    const double reach = std::max(1e-6, std::abs(range.min) * 0.5);
    return {range.min - reach, range.max + reach};
}

// What work gives for both sides, done at once: a weight of ten millions is to be there before one has
// waited. Only one of them tells how far it is.
template<class Side, class Work>
auto bothSides(const Side* before, const Side& after, Progress& progress, const Work& work)
{
    using Found = std::invoke_result_t<Work, const Side&, Progress&>;
    std::optional<Found> was;
    std::future<void> other;
    if (before)
        other = std::async(std::launch::async, [&] {
            NoProgress quiet;
            was = work(*before, quiet);
        });
    Found now = work(after, progress);
    if (other.valid())
        other.get();
    return std::pair(std::move(was), std::move(now));
}

// What both sides are counted over.
Range commonRange(const WeightsComparison& comparison)
{
    Range range = comparison.after.statistics.range;
    if (comparison.before)
        range = {std::min(range.min, comparison.before->statistics.range.min),
                 std::max(range.max, comparison.before->statistics.range.max)};
    return widened(range);
}

// The weights of a layer, with what there is to say of its fold.
Result<FoundWeights> weightsOfLayer(const WeightsQuery& query, Progress& progress,
                                    const std::stop_token& stop)
{
    FoundWeights found;
    const FoldCandidate* candidate = query.fold.empty() ? nullptr : query.current->candidate(query.fold);
    const FoldRecord* record = query.fold.empty() ? nullptr : query.current->record(query.fold);
    if (!candidate && record)
        candidate = &record->candidate;
    const NodeId layer = candidate && candidate->layer ? candidate->layer->id : query.node;
    if (record) {
        found.notes.s = record->s;
        found.notes.t = record->t;
        found.notes.parameters = parametersOf(*query.opened, query.fold, stop);
    } else if (candidate && candidate->foldable && candidate->layer) {
        if (auto previewed = preview(query, *candidate, found, progress, stop); !previewed)
            return tl::make_unexpected(previewed.error());
    }
    if (record || found.notes.preview) {
        // What was frozen for the fold has its weights as well. What is yet to be folded is as it is now,
        // perhaps edited.
        const auto before = found.notes.preview           ? query.current->view
                            : query.current->inputsFrozen ? withFrozenInputs(query.opened->view)
                                                          : query.opened->view;
        found.before = weightsOf(*before, layer);
        found.notes.perOutput = candidate->direction != FoldDirection::Before;
        found.notes.warnings = messages(*candidate);
    }
    if (!found.after)
        found.after = weightsOf(*query.current->view, layer);
    return found;
}

// What the node reads in both files, input by input; first the tensor that is asked for, or the weight.
FoundWeights weightsBeside(const WeightsQuery& query)
{
    FoundWeights found;
    found.notes.beside = true;
    const GraphView &old = *query.current->view, &now = *query.other->view;
    const NodeIndex before = old.find(query.node), after = now.find(query.otherNode);
    if (before == NodeIndex::None || after == NodeIndex::None)
        return found;
    found.before = layerWeights(old, before);
    found.after = layerWeights(now, after);
    const ValueIndex asked =
        query.value.empty() ? ValueIndex::None : findValue(old, query.scope, query.value);
    bool isAlone = !found.before || !found.after;
    for (std::size_t slot = 0; slot < now.inputs(after).size(); ++slot) {
        const ValueIndex was = old.input(before, slot);
        auto right = storedElements(now, now.input(after, slot));
        if (!right)
            continue;
        TensorSides sides{storedElements(old, was), std::move(*right)};
        const bool isAsked = asked != ValueIndex::None && was == asked && sides.before &&
                             (!found.before || sides.before->tensor().name() != found.before->weight.name());
        const bool isFirst = isAsked || (found.tensors.empty() && isAlone);
        if (isFirst) {
            isAlone = true;
            found.after = asWeights(sides.after.tensor());
            found.before = sides.before ? std::optional(asWeights(sides.before->tensor())) : std::nullopt;
        }
        found.tensors.insert(isFirst ? found.tensors.begin() : found.tensors.end(), std::move(sides));
    }
    // Channel by channel there is nothing to be said of two of another shape.
    if (found.before && found.after && found.before->weight.dims() != found.after->weight.dims())
        found.before.reset();
    return found;
}

} // namespace

Result<FoundWeights> findWeights(const WeightsQuery& query, Progress& progress, std::stop_token stop)
{
    if (query.other)
        return weightsBeside(query);
    auto alone = tensorAlone(query);
    auto found = alone ? FoundWeights{std::move(alone->before), std::move(alone->after), {}, {}}
                       : weightsOfLayer(query, progress, stop);
    if (found)
        found->tensors = tensorSides(query, found->before, found->after);
    return found;
}

Result<WeightsComparison> compareWeights(const FoundWeights& found, Progress& progress,
                                         const std::stop_token& stop)
{
    auto [before, after] =
        bothSides(found.before ? &*found.before : nullptr, *found.after, progress,
                  [&stop](const LayerWeights& side, Progress& far) { return measure(side, far, stop); });
    if (!after)
        return tl::make_unexpected(after.error());
    if (before && !*before)
        return tl::make_unexpected(before->error());
    WeightsComparison comparison{found.notes, std::nullopt, std::move(*after), {}};
    if (before)
        comparison.before = std::move(**before);
    comparison.outliers = findOutliers(comparison.after.statistics.channels);
    return comparison;
}

Result<Distribution> distribution(const WeightsComparison& comparison, std::size_t bins, Progress& progress,
                                  const std::stop_token& stop)
{
    const Range range = commonRange(comparison);
    if (bins == 0)
        bins = binCount(comparison.after.statistics.count);
    auto [before, after] = bothSides(comparison.before ? &*comparison.before : nullptr, comparison.after,
                                     progress, [&](const MeasuredWeights& side, Progress& far) {
                                         return histogram(side.source.weight, range, bins, far, stop);
                                     });
    if (!after)
        return tl::make_unexpected(std::move(after.error()));
    if (!before)
        return Distribution{std::nullopt, std::move(*after)};
    if (!*before)
        return tl::make_unexpected(std::move(before->error()));
    return Distribution{std::move(**before), std::move(*after)};
}

Result<std::vector<ChannelDistribution>> channelDistributions(const WeightsComparison& comparison,
                                                              const std::vector<std::size_t>& channels,
                                                              std::size_t bins, Progress& progress,
                                                              const std::stop_token& stop)
{
    const Range range = commonRange(comparison);
    const std::size_t outputs = std::max<std::size_t>(1, comparison.after.statistics.channels.size());
    const std::size_t chosen = bins > 0 ? bins : binCount(comparison.after.statistics.count / outputs);
    const auto count = [&](const MeasuredWeights& side) {
        return channelHistograms(side.source.weight, side.source.layout, channels, range, chosen, progress,
                                 stop);
    };
    auto after = count(comparison.after);
    if (!after)
        return tl::make_unexpected(std::move(after.error()));
    std::vector<ChannelDistribution> result(channels.size());
    for (std::size_t c = 0; c < channels.size(); ++c) {
        result[c].channel = channels[c];
        result[c].after = std::move((*after)[c]);
    }
    if (!comparison.before)
        return result;
    auto before = count(*comparison.before);
    if (!before)
        return tl::make_unexpected(std::move(before.error()));
    for (std::size_t c = 0; c < channels.size(); ++c)
        result[c].before = std::move((*before)[c]);
    return result;
}

Result<QuantizationRatios> compareRounding(const WeightsComparison& comparison, Progress& progress,
                                           const std::stop_token& stop)
{
    const auto ratiosOf = [&](const MeasuredWeights& side) -> Result<std::vector<double>> {
        const TensorView& weight = side.source.weight;
        if (!isFloating(side.source.storedType()))
            return std::vector<double>();
        return sqnr(weight, side.source.layout, side.statistics, commonSchemes(), progress, stop);
    };
    QuantizationRatios ratios;
    auto after = ratiosOf(comparison.after);
    if (!after)
        return tl::make_unexpected(std::move(after.error()));
    ratios.after = std::move(*after);
    if (!comparison.before)
        return ratios;
    auto before = ratiosOf(*comparison.before);
    if (!before)
        return tl::make_unexpected(std::move(before.error()));
    ratios.before = std::move(*before);
    return ratios;
}

} // namespace pleat::ui
