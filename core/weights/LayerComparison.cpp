// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/LayerComparison.h"

#include "core/graph/Shapes.h"

#include <unordered_map>

namespace pleat {

namespace {

bool areEqual(const StoredBytes& a, const StoredBytes& b)
{
    if (const auto* x = std::get_if<Bytes>(&a), *y = std::get_if<Bytes>(&b); x && y)
        return *x == *y;
    if (const auto* x = std::get_if<FileRange>(&a), *y = std::get_if<FileRange>(&b); x && y)
        return *x == *y;
    const auto *x = std::get_if<Repeated>(&a), *y = std::get_if<Repeated>(&b);
    return x && y && x->element == y->element && x->size == y->size;
}

bool areEqual(const Factors& a, const Factors& b)
{
    return a == b || (a && b && *a == *b);
}

// The same values, without reading them. A fold that is done again makes other factors of the same numbers.
bool areSame(const LayerWeights& a, const LayerWeights& b)
{
    if (a.weight.type() != b.weight.type() || a.weight.dims() != b.weight.dims() || a.layout != b.layout)
        return false;
    if (a.dequantized || b.dequantized)
        return a.dequantized && b.dequantized && a.dequantized->isSame(*b.dequantized);
    const auto* const left = std::get_if<Scaled>(&a.weight.payload().content);
    const auto* const right = std::get_if<Scaled>(&b.weight.payload().content);
    if (!left || !right)
        return a.weight.payload() == b.weight.payload();
    return areEqual((*left)->base, (*right)->base) && (*left)->type == (*right)->type &&
           (*left)->layout == (*right)->layout && areEqual((*left)->output, (*right)->output) &&
           areEqual((*left)->input, (*right)->input) && (*left)->quantizers == (*right)->quantizers;
}

Result<LayerMeasure> measure(const LayerWeights& weights, const std::stop_token& stop)
{
    NoProgress quiet;
    const auto measured = statistics(weights.weight, weights.layout, quiet, stop);
    if (!measured)
        return tl::make_unexpected(measured.error());
    LayerMeasure result{measured->range, findOutlier(measured->channels), {}};
    if (!isFloating(weights.storedType()))
        return result;
    auto ratios = sqnr(weights.weight, weights.layout, *measured, briefSchemes, quiet, stop);
    if (!ratios)
        return tl::make_unexpected(std::move(ratios.error()));
    result.sqnr = std::move(*ratios);
    return result;
}

class LayerComparison final {
public:
    LayerComparison(const GraphView& before, const GraphView& after, std::span<const ComparedLayer> known,
                    const std::stop_token& stop)
        : m_before(before),
          m_after(after),
          m_shapesBefore(before),
          m_shapesAfter(after),
          m_stop(stop)
    {
        for (const ComparedLayer& layer : known)
            m_known.emplace(layer.layer.id, &layer);
    }

    // Nothing: it is no layer with a constant weight.
    std::optional<ComparedLayer> at(NodeIndex node)
    {
        auto now = layerWeights(m_after, m_shapesAfter, node);
        if (!now)
            return std::nullopt;
        ComparedLayer row;
        row.layer = {m_after.id(node), std::string(m_after.label(node)), std::string(m_after.op(node))};
        row.scope = m_after.scopes()[index(m_after.scope(node))].path;
        row.tensor = now->weight.name();
        row.type = now->storedType();
        row.dims = now->weight.dims();
        row.weightsAfter = std::move(*now);
        const NodeIndex old = m_before.find(row.layer.id);
        auto was = old == NodeIndex::None ? std::nullopt : layerWeights(m_before, m_shapesBefore, old);
        const auto known = m_known.find(row.layer.id);
        const ComparedLayer* const earlier = known == m_known.end() ? nullptr : known->second;
        if (was) {
            row.weightsBefore = std::move(*was);
            fill(row, row.before, row.weightsBefore, earlier);
        }
        row.changed = !row.before || !areSame(row.weightsBefore, row.weightsAfter);
        if (row.changed)
            fill(row, row.after, row.weightsAfter, earlier);
        else
            row.after = row.before;
        return row;
    }

private:
    void fill(ComparedLayer& row, std::optional<LayerMeasure>& side, const LayerWeights& weights,
              const ComparedLayer* earlier)
    {
        if (earlier && earlier->before && areSame(earlier->weightsBefore, weights)) {
            side = earlier->before;
            return;
        }
        if (earlier && earlier->after && areSame(earlier->weightsAfter, weights)) {
            side = earlier->after;
            return;
        }
        auto measured = measure(weights, m_stop);
        if (measured)
            side = std::move(*measured);
        else
            row.problem = std::move(measured.error());
    }

    const GraphView &m_before, &m_after;
    const Shapes m_shapesBefore, m_shapesAfter;
    std::unordered_map<NodeId, const ComparedLayer*> m_known;
    const std::stop_token& m_stop;
};

} // namespace

Result<void> compareLayers(const GraphView& before, const GraphView& after,
                           std::span<const ComparedLayer> known,
                           const std::function<Result<void>(ComparedLayer)>& take, Progress& progress,
                           const std::stop_token& stop)
{
    LayerComparison comparison(before, after, known, stop);
    std::uint64_t done = 0;
    for (std::size_t s = 0; s < after.scopes().size(); ++s) {
        for (const NodeIndex node : after.topological(static_cast<ScopeIndex>(s))) {
            if (stop.stop_requested())
                return cancelled();
            progress.advance(++done, after.nodeCount());
            auto row = comparison.at(node);
            if (!row)
                continue;
            if (stop.stop_requested()) // what was being measured is not true
                return cancelled();
            if (auto taken = take(std::move(*row)); !taken)
                return taken;
        }
    }
    return {};
}

} // namespace pleat
