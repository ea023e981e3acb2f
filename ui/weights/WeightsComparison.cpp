// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsComparison.h"

#include "core/rewrite/Rewriter.h"

#include <algorithm>
#include <cmath>

namespace pleat::ui {

namespace {

// Where the weights before and after are to be found.
struct Sources {
    std::optional<LayerWeights> before;
    std::optional<LayerWeights> after;
    std::shared_ptr<const GraphView> afterView; // keeps a preview alive while it is measured
};

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

Result<Sources> preview(const WeightsQuery& query, const FoldCandidate& candidate, WeightsComparison& into,
                        Progress& progress, std::stop_token stop)
{
    auto outcome =
        fold(query.current->view, std::vector<FoldId>{candidate.id}, {}, progress, std::move(stop));
    if (!outcome)
        return tl::make_unexpected(outcome.error());
    for (FoldedPair& pair : outcome->pairs) {
        if (!pair.folded)
            continue;
        into.s = std::move(pair.s);
        into.t = std::move(pair.t);
    }
    into.preview = true;
    Sources sources;
    sources.afterView = GraphView::of(std::move(outcome->after));
    sources.after = weightsOf(*sources.afterView, candidate.layer->id);
    return sources;
}

Result<MeasuredWeights> measure(const LayerWeights& layer, Progress& progress, std::stop_token stop)
{
    MeasuredWeights measured;
    measured.name = layer.weight.name();
    measured.dims = layer.weight.dims();
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

Range unite(const Range& a, const Range& b)
{
    return {std::min(a.min, b.min), std::max(a.max, b.max)};
}

Range widened(Range range)
{
    if (range.min < range.max)
        return range;
    const double reach = std::max(1e-6, std::abs(range.min) * 0.5);
    return {range.min - reach, range.max + reach};
}

} // namespace

std::optional<Outlier> findOutlier(const std::vector<Range>& channels)
{
    if (channels.size() < 3)
        return std::nullopt;
    std::vector<double> widths;
    widths.reserve(channels.size());
    for (const Range& range : channels)
        widths.push_back(range.max - range.min);
    const auto widest = std::max_element(widths.begin(), widths.end());
    const Outlier outlier{static_cast<std::size_t>(widest - widths.begin()), *widest};
    std::nth_element(widths.begin(), widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2),
                     widths.end());
    const double median = widths[widths.size() / 2];
    if (median <= 0 || outlier.ratio <= outlierRatio * median)
        return std::nullopt;
    return Outlier{outlier.channel, outlier.ratio / median};
}

Result<std::optional<WeightsComparison>> compareWeights(const WeightsQuery& query, Progress& progress,
                                                        std::stop_token stop)
{
    WeightsComparison comparison;
    Sources sources;
    const FoldCandidate* candidate = query.fold.empty() ? nullptr : query.current->candidate(query.fold);
    const FoldRecord* record = query.fold.empty() ? nullptr : query.current->record(query.fold);
    if (!candidate && record)
        candidate = &record->candidate;
    const NodeId layer = candidate && candidate->layer ? candidate->layer->id : query.node;
    if (record) {
        comparison.s = record->s;
        comparison.t = record->t;
    } else if (candidate && candidate->foldable && candidate->layer) {
        auto previewed = preview(query, *candidate, comparison, progress, stop);
        if (!previewed)
            return tl::make_unexpected(previewed.error());
        sources = std::move(*previewed);
    }
    if (record || comparison.preview) {
        // What was frozen for the fold has its weights as well.
        const auto before =
            query.current->inputsFrozen ? withFrozenInputs(query.opened->view) : query.opened->view;
        sources.before = weightsOf(*before, layer);
        comparison.perOutput = candidate->direction != FoldDirection::Before;
        comparison.warnings = messages(*candidate);
    }
    if (!sources.after)
        sources.after = weightsOf(*query.current->view, layer);
    if (!sources.after)
        return std::optional<WeightsComparison>();

    auto after = measure(*sources.after, progress, stop);
    if (!after)
        return tl::make_unexpected(after.error());
    comparison.after = std::move(*after);
    Range range = comparison.after.statistics.range;
    if (sources.before) {
        auto before = measure(*sources.before, progress, stop);
        if (!before)
            return tl::make_unexpected(before.error());
        comparison.before = std::move(*before);
        range = unite(range, comparison.before->statistics.range);
    }
    const std::size_t bins = binCount(comparison.after.statistics.count);
    const auto fill = [&](MeasuredWeights& side, const LayerWeights& source) -> Result<void> {
        auto counted = histogram(source.weight, widened(range), bins, progress, stop);
        if (!counted)
            return tl::make_unexpected(counted.error());
        side.histogram = std::move(*counted);
        return {};
    };
    if (auto done = fill(comparison.after, *sources.after); !done)
        return tl::make_unexpected(done.error());
    if (comparison.before)
        if (auto done = fill(*comparison.before, *sources.before); !done)
            return tl::make_unexpected(done.error());
    comparison.outlier = findOutlier(comparison.after.statistics.channels);
    return std::optional(std::move(comparison));
}

} // namespace pleat::ui
