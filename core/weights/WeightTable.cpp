// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/WeightTable.h"

#include "core/fold/Layer.h"
#include "core/graph/Shapes.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::size_t entropyBins = 256; // as many as 8 bits tell apart

struct Found {
    NodeIndex node = NodeIndex::None;
    LayerWeights weights;
};

Result<void> measure(const LayerWeights& weights, LayerRow& row, Progress& progress,
                     const std::stop_token& stop)
{
    auto statistics = pleat::statistics(weights.weight, weights.layout, progress, stop);
    if (!statistics)
        return tl::make_unexpected(std::move(statistics.error()));
    row.statistics = std::move(*statistics);
    row.outlier = findOutlier(row.statistics.channels);
    const auto bins = histogram(weights.weight, row.statistics.range, entropyBins, progress, stop);
    if (!bins)
        return tl::make_unexpected(bins.error());
    row.entropy = entropy(*bins);
    if (row.isRounded())
        return {};
    auto ratios = sqnr(weights.weight, weights.layout, row.statistics, commonSchemes(), progress, stop);
    if (!ratios)
        return tl::make_unexpected(std::move(ratios.error()));
    row.sqnr = std::move(*ratios);
    return {};
}

} // namespace

std::vector<Outlier> findOutliers(const std::vector<Range>& channels)
{
    if (channels.size() < 3)
        return {};
    std::vector<double> widths;
    widths.reserve(channels.size());
    for (const Range& range : channels)
        widths.push_back(range.max - range.min);
    const auto middle = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2);
    std::nth_element(widths.begin(), middle, widths.end());
    const double median = *middle;
    std::vector<Outlier> found;
    for (std::size_t c = 0; c < channels.size() && median > 0; ++c)
        if (const double width = channels[c].max - channels[c].min; width > outlierRatio * median)
            found.push_back({c, width / median});
    std::ranges::stable_sort(found, std::greater{}, &Outlier::ratio);
    return found;
}

std::optional<Outlier> findOutlier(const std::vector<Range>& channels)
{
    const std::vector<Outlier> found = findOutliers(channels);
    return found.empty() ? std::nullopt : std::optional(found.front());
}

Result<void> measureWeights(const GraphView& view, const std::function<Result<void>(LayerRow)>& take,
                            Progress& progress, const std::stop_token& stop)
{
    const Shapes shapes(view);
    std::vector<Found> layers;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        for (const NodeIndex node : view.topological(static_cast<ScopeIndex>(s))) {
            if (stop.stop_requested())
                return cancelled();
            if (auto weights = layerWeights(view, shapes, node))
                layers.push_back({node, std::move(*weights)});
        }
    }
    std::uint64_t done = 0, total = 0;
    for (const Found& layer : layers)
        total += layer.weights.weight.elements();
    for (const Found& layer : layers) {
        const TensorView& tensor = layer.weights.weight;
        LayerRow row;
        row.layer = {view.id(layer.node), std::string(view.label(layer.node)),
                     std::string(view.op(layer.node))};
        row.scope = view.scopes()[index(view.scope(layer.node))].path;
        row.tensor = tensor.name();
        row.type = layer.weights.storedType();
        row.dims = tensor.dims();
        row.bytes = storedBytes(row.type, tensor.elements());
        NoProgress quiet;
        if (auto measured = measure(layer.weights, row, quiet, stop); !measured) {
            if (measured.error().code == ErrorCode::Cancelled)
                return measured;
            row.problem = std::move(measured.error());
        }
        if (auto taken = take(std::move(row)); !taken)
            return taken;
        progress.advance(done += tensor.elements(), total);
    }
    return {};
}

} // namespace pleat
