// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Ranking.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace pleat::layout {

namespace {

// True for nodes that only this one consumer needs, with everything above them: they follow it for nothing.
// Constants of shape computations are such trees; they belong beside their reader.
std::vector<char> followers(const Part& part)
{
    std::vector<char> follows(part.nodes(), 0);
    for (const Index v : part.topological) {
        const auto out = part.out.of(v);
        if (out.empty())
            continue;
        const Index reader = part.arcs[out.front()].to;
        const bool alone =
            std::ranges::all_of(out, [&](Index a) { return part.arcs[a].to == reader; }) &&
            std::ranges::all_of(part.in.of(v), [&](Index a) { return follows[part.arcs[a].from] != 0; });
        follows[v] = alone ? 1 : 0;
    }
    return follows;
}

// How much longer the trunks that end at v would get if it moved down to `target`, as a count of trunks.
int trunksThatFollow(const Part& part, const std::vector<Index>& lowestReader,
                     const std::vector<char>& follows, Index v, Index target)
{
    int count = 0;
    Index lastFrom = none, lastTensor = none;
    for (const Index a : part.in.of(v)) {
        const Arc& arc = part.arcs[a];
        if (arc.from == lastFrom && arc.tensor == lastTensor)
            continue;
        lastFrom = arc.from;
        lastTensor = arc.tensor;
        // A trunk that already passes beside the new place costs nothing; one inside a frame always does.
        if (arc.rigid || (lowestReader[a] < target && !follows[arc.from]))
            ++count;
    }
    return count;
}

int tensorsOut(const Part& part, Index v)
{
    int count = 0;
    Index last = none;
    for (const Index a : part.out.of(v)) {
        count += part.arcs[a].tensor != last || count == 0 ? 1 : 0;
        last = part.arcs[a].tensor;
    }
    return count;
}

// Arc → the rank of the lowest reader of its tensor.
void updateLowestReaders(const Part& part, const std::vector<Index>& rank, Index producer,
                         std::vector<Index>& lowest)
{
    const auto arcs = part.out.of(producer);
    for (std::size_t i = 0; i < arcs.size();) {
        std::size_t end = i;
        Index low = 0;
        for (; end < arcs.size() && part.arcs[arcs[end]].tensor == part.arcs[arcs[i]].tensor; ++end)
            low = std::max(low, rank[part.arcs[arcs[end]].to]);
        for (; i < end; ++i)
            lowest[arcs[i]] = low;
    }
}

} // namespace

std::vector<Index> assignRanks(const Part& part)
{
    std::vector<Index> rank(part.nodes(), 0);
    for (const Index v : part.topological)
        for (const Index a : part.out.of(v))
            rank[part.arcs[a].to] = std::max(rank[part.arcs[a].to], rank[v] + 1);

    const std::vector<char> follows = followers(part);
    std::vector<Index> lowestReader(part.arcs.size(), 0);
    for (Index v = 0; v < part.nodes(); ++v)
        updateLowestReaders(part, rank, v, lowestReader);

    for (auto it = part.topological.rbegin(); it != part.topological.rend(); ++it) {
        const Index v = *it;
        if (part.out.of(v).empty())
            continue;
        Index limit = none;
        bool rigid = false;
        for (const Index a : part.out.of(v)) {
            limit = std::min(limit, rank[part.arcs[a].to] - 1);
            rigid |= part.arcs[a].rigid;
        }
        if (limit > rank[v]) {
            const int gain = tensorsOut(part, v);
            const int cost = trunksThatFollow(part, lowestReader, follows, v, limit);
            if (gain > cost || (gain == cost && rigid)) {
                rank[v] = limit;
                Index last = none;
                for (const Index a : part.in.of(v)) {
                    if (part.arcs[a].from != last)
                        updateLowestReaders(part, rank, part.arcs[a].from, lowestReader);
                    last = part.arcs[a].from;
                }
            }
        }
    }
    const Index top = rank.empty() ? 0 : *std::ranges::min_element(rank);
    for (Index& r : rank)
        r -= top;
    return rank;
}

namespace {

// Far more than any network needs (dense blocks of 50,000 nodes: a million); a file made to hurt could ask
// for billions.
constexpr std::uint64_t mostDummies = 2'500'000;

std::vector<Bundle> bundlesOf(const Part& part, const std::vector<Index>& rank)
{
    std::vector<Bundle> bundles;
    std::uint64_t dummies = 0;
    for (Index a = 0; a < part.arcs.size();) {
        Bundle bundle{part.arcs[a].from, part.arcs[a].tensor, a, a, 0, 0, 0};
        Index lowest = 0;
        for (; bundle.endArc < part.arcs.size(); ++bundle.endArc) {
            const Arc& arc = part.arcs[bundle.endArc];
            if (arc.from != bundle.from || arc.tensor != bundle.tensor)
                break;
            lowest = std::max(lowest, rank[arc.to]);
        }
        bundle.dummies = lowest - rank[bundle.from] - 1;
        dummies += bundle.dummies;
        a = bundle.endArc;
        bundles.push_back(bundle);
    }
    if (dummies > mostDummies) {
        std::vector<Index> longest(bundles.size());
        std::iota(longest.begin(), longest.end(), 0);
        std::ranges::stable_sort(longest, std::greater{}, [&](Index b) { return bundles[b].dummies; });
        for (Index lane = 1; const Index b : longest) {
            if (dummies <= mostDummies)
                break;
            dummies -= std::exchange(bundles[b].dummies, 0);
            bundles[b].lane = lane++;
        }
    }
    return bundles;
}

// Two tensors between the same two nodes are one line for the steps that only ask who is beside whom.
void sortWithoutDoubles(Adjacency& neighbours)
{
    Index end = 0;
    for (std::size_t owner = 0; owner + 1 < neighbours.first.size(); ++owner) {
        const auto list = neighbours.of(static_cast<Index>(owner));
        std::ranges::sort(list);
        neighbours.first[owner] = end;
        for (const Index item : list)
            if (end == neighbours.first[owner] || neighbours.items[end - 1] != item)
                neighbours.items[end++] = item;
    }
    neighbours.first.back() = end;
    neighbours.items.resize(end);
}

} // namespace

LayeredGraph insertDummies(const Part& part, std::vector<Index> ranks)
{
    LayeredGraph graph;
    graph.nodes = part.nodes();
    graph.rank = std::move(ranks);
    graph.bundles = bundlesOf(part, graph.rank);
    std::vector<std::pair<Index, Index>> segments; // upper, lower
    segments.reserve(part.arcs.size());
    for (Bundle& bundle : graph.bundles) {
        bundle.firstDummy = graph.vertices();
        const Index start = graph.rank[bundle.from];
        for (Index r = start + 1; r <= start + bundle.dummies; ++r) {
            segments.emplace_back(graph.carrier(bundle, r - 1), graph.vertices());
            graph.rank.push_back(r);
        }
        for (Index i = bundle.firstArc; i < bundle.endArc; ++i) {
            const Index to = part.arcs[i].to;
            if (i > bundle.firstArc && part.arcs[i - 1].to == to)
                continue; // the same tensor read twice by one node is one line
            if (graph.isLayered(bundle, to))
                segments.emplace_back(graph.carrier(bundle, graph.rank[to] - 1), to);
        }
    }
    graph.down = Adjacency::build(graph.vertices(), [&](auto add) {
        for (const auto& [upper, lower] : segments)
            add(upper, lower);
    });
    sortWithoutDoubles(graph.down);
    graph.up = Adjacency::build(graph.vertices(), [&](auto add) {
        for (Index v = 0; v < graph.vertices(); ++v)
            for (const Index lower : graph.down.of(v))
                add(lower, v);
    });
    const Index count = graph.rank.empty() ? 0 : *std::ranges::max_element(graph.rank) + 1;
    graph.order.resize(count);
    graph.position.assign(graph.vertices(), 0);
    return graph;
}

} // namespace pleat::layout
