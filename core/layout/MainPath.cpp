// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/MainPath.h"

#include <algorithm>

namespace pleat::layout {

namespace {

enum Priority : char { Ordinary, Inner, MainPath, Spine, Frame };

struct Lengths {
    std::vector<Index> toHere, fromHere; // of the longest way from a source, to a sink
};

Lengths lengths(const Part& part)
{
    Lengths result{std::vector<Index>(part.nodes(), 0), std::vector<Index>(part.nodes(), 0)};
    for (const Index v : part.topological)
        for (const Index a : part.in.of(v))
            result.toHere[v] = std::max(result.toHere[v], result.toHere[part.arcs[a].from] + 1);
    for (auto v = part.topological.rbegin(); v != part.topological.rend(); ++v)
        for (const Index a : part.out.of(*v))
            result.fromHere[*v] = std::max(result.fromHere[*v], result.fromHere[part.arcs[a].to] + 1);
    return result;
}

// The one neighbour at the end of the longest way, or none if two ways are equally long: then neither is the
// main one.
Index longest(const Part& part, std::span<const Index> arcs, const std::vector<Index>& length, bool outwards)
{
    Index best = none;
    bool tied = false;
    for (const Index a : arcs) {
        const Index other = outwards ? part.arcs[a].to : part.arcs[a].from;
        if (other == best)
            continue;
        if (best == none || length[other] > length[best]) {
            best = other;
            tied = false;
        } else {
            tied |= length[other] == length[best];
        }
    }
    return tied ? none : best;
}

// Rank → the node of the spine on it. Nodes on a longest way have no play: the next one is always on the next
// rank.
std::vector<Index> spine(const Part& part, const LayeredGraph& graph, const Lengths& length, bool rightmost)
{
    std::vector<Index> nodes;
    Index whole = 0;
    for (Index v = 0; v < part.nodes(); ++v)
        whole = std::max(whole, length.toHere[v] + length.fromHere[v]);
    const auto better = [&](Index v, Index than) {
        return than == none || (graph.position[v] < graph.position[than]) != rightmost;
    };
    Index at = none;
    for (Index v = 0; v < part.nodes(); ++v)
        if (length.toHere[v] == 0 && length.fromHere[v] == whole && better(v, at))
            at = v;
    while (at != none) {
        nodes.push_back(at);
        Index next = none;
        for (const Index a : part.out.of(at)) {
            const Index to = part.arcs[a].to;
            if (to != next && length.toHere[to] == length.toHere[at] + 1 &&
                length.fromHere[to] + 1 == length.fromHere[at] && better(to, next))
                next = to;
        }
        at = next;
    }
    return nodes;
}

// Vertex → priority of its segment to the one vertex below that may be in line with it.
struct Wishes {
    std::vector<Index> below;
    std::vector<char> priority;

    void add(Index upper, Index lower, Priority p)
    {
        if (priority[upper] < p) {
            below[upper] = lower;
            priority[upper] = p;
        }
    }
};

Wishes collect(const Part& part, const LayeredGraph& graph, const Lengths& length,
               const std::vector<Index>& spine)
{
    Wishes wishes{std::vector<Index>(graph.vertices(), none), std::vector<char>(graph.vertices(), Ordinary)};
    std::vector<Index> mainIn(part.nodes()), mainOut(part.nodes());
    for (Index v = 0; v < part.nodes(); ++v) {
        mainIn[v] = longest(part, part.in.of(v), length.toHere, false);
        mainOut[v] = longest(part, part.out.of(v), length.fromHere, true);
    }
    for (const Bundle& bundle : graph.bundles) {
        const Index start = graph.rank[bundle.from];
        for (Index i = 1; i < bundle.dummies; ++i)
            wishes.add(bundle.firstDummy + i - 1, bundle.firstDummy + i, Inner);
        for (Index a = bundle.firstArc; a < bundle.endArc; ++a) {
            const Arc& arc = part.arcs[a];
            const Index end = graph.rank[arc.to];
            if (!graph.isLayered(bundle, arc.to))
                continue;
            const bool onSpine =
                end == start + 1 && end < spine.size() && spine[start] == arc.from && spine[end] == arc.to;
            const Priority priority = arc.rigid                                                   ? Frame
                                      : onSpine                                                   ? Spine
                                      : mainOut[arc.from] == arc.to && mainIn[arc.to] == arc.from ? MainPath
                                                                                                  : Ordinary;
            if (priority == Ordinary)
                continue;
            for (Index r = start; r < end; ++r)
                wishes.add(graph.carrier(bundle, r), r + 1 == end ? arc.to : graph.carrier(bundle, r + 1),
                           priority);
        }
    }
    return wishes;
}

// Grants the wishes of one gap, the more important first, each only if it crosses none granted before.
void grant(const LayeredGraph& graph, const Wishes& wishes, Index rank, Straight& straight)
{
    const auto& upper = graph.order[rank];
    const Index width = static_cast<Index>(graph.order[rank + 1].size());
    const auto bounds = [&] {
        Index low = 0;
        for (const Index u : upper) {
            straight.lowest[u] = low;
            if (straight.below[u] != none)
                low = graph.position[straight.below[u]];
        }
        Index high = width - 1;
        for (auto u = upper.rbegin(); u != upper.rend(); ++u) {
            straight.highest[*u] = high;
            if (straight.below[*u] != none)
                high = graph.position[straight.below[*u]];
        }
    };
    bounds();
    for (const char priority : {Frame, Spine, MainPath, Inner}) {
        Index last = 0;
        bool any = false;
        for (const Index u : upper) {
            const Index v = wishes.below[u];
            if (wishes.priority[u] != priority || v == none || straight.below[u] != none ||
                straight.above[v] != none)
                continue;
            const Index place = graph.position[v];
            if (place < last || place < straight.lowest[u] || place > straight.highest[u])
                continue;
            straight.below[u] = v;
            straight.above[v] = u;
            last = place;
            any = true;
        }
        if (any)
            bounds();
    }
}

} // namespace

Straight findStraight(const Part& part, const LayeredGraph& graph, bool rightmostSpine)
{
    const Lengths length = lengths(part);
    const Wishes wishes = collect(part, graph, length, spine(part, graph, length, rightmostSpine));
    Straight straight;
    straight.above.assign(graph.vertices(), none);
    straight.below.assign(graph.vertices(), none);
    straight.lowest.assign(graph.vertices(), 0);
    straight.highest.assign(graph.vertices(), 0);
    for (Index r = 0; r + 1 < graph.ranks(); ++r)
        grant(graph, wishes, r, straight);
    return straight;
}

} // namespace pleat::layout
