// SPDX-License-Identifier: GPL-3.0-or-later
// What the steps of the layout hand to each other: one connected, acyclic part of the graph in canonical
// order (Part), then the same with ranks and with the chains of dummies that carry trunks through them
// (LayeredGraph). Owned by layOut() while it runs; used by one thread.
#pragma once

#include "core/layout/GraphLayout.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stop_token>
#include <vector>

namespace pleat::layout {

using Index = std::uint32_t;
inline constexpr Index none = std::numeric_limits<Index>::max();

// Lists of indices of many owners in one array.
struct Adjacency {
    std::vector<Index> first; // owner → start; one more than owners
    std::vector<Index> items;

    std::span<const Index> of(Index owner) const
    {
        return {items.data() + first[owner], items.data() + first[owner + 1]};
    }
    std::span<Index> of(Index owner)
    {
        return {items.data() + first[owner], items.data() + first[owner + 1]};
    }

    // `pairs` yields (owner, item) through visit(add); it is called twice.
    template<typename Visit>
    static Adjacency build(std::size_t owners, Visit visit)
    {
        Adjacency result;
        result.first.assign(owners + 1, 0);
        visit([&](Index owner, Index) { ++result.first[owner + 1]; });
        for (std::size_t i = 0; i < owners; ++i)
            result.first[i + 1] += result.first[i];
        result.items.resize(result.first.back());
        std::vector<Index> next(result.first.begin(), result.first.end() - 1);
        visit([&](Index owner, Index item) { result.items[next[owner]++] = item; });
        return result;
    }
};

struct Arc {
    Index from = 0, to = 0; // canonical nodes of the part; from is above to
    Index tensor = 0;       // of the input; a reversed arc has one of its own
    Index edge = 0;         // of the input
    Index toPort = 0;
    bool reversed = false;
    bool rigid = false;
};

// One connected part without cycles. Nodes are numbered in canonical order.
struct Part {
    std::vector<Index> node; // canonical → node of the input
    std::vector<SizeF> size; // of the node; already turned for left-right
    std::vector<Insets> insets;
    std::vector<Arc> arcs; // sorted by (from, tensor, to, port)
    Adjacency out, in;     // node → arcs
    std::vector<Index> topological;

    Index nodes() const { return static_cast<Index>(node.size()); }
};

// All arcs of one tensor; its dummies are numbered one after the other.
struct Bundle {
    Index from = 0, tensor = 0;
    Index firstArc = 0, endArc = 0; // into Part::arcs
    Index firstDummy = 0;
    Index dummies = 0; // on the ranks after the producer's
    Index lane = 0;    // not 0: too long for dummies, runs beside the drawing
};

struct LayeredGraph {
    Index nodes = 0; // vertices below are nodes of the part, the others dummies
    std::vector<Index> rank;
    std::vector<Bundle> bundles;
    Adjacency up, down;                    // vertex → neighbours one rank above, below; no doubles
    std::vector<std::vector<Index>> order; // rank → vertices from left to right
    std::vector<Index> position;           // in its rank

    Index vertices() const { return static_cast<Index>(rank.size()); }
    bool isDummy(Index v) const { return v >= nodes; }
    Index ranks() const { return static_cast<Index>(order.size()); }
    // True if the arc is carried by vertices from rank to rank.
    bool isLayered(const Bundle& bundle, Index to) const
    {
        return bundle.lane == 0 || rank[to] == rank[bundle.from] + 1;
    }
    // The vertex of a bundle on a rank: its producer or one of its dummies.
    Index carrier(const Bundle& bundle, Index onRank) const
    {
        return onRank == rank[bundle.from] ? bundle.from : bundle.firstDummy + onRank - rank[bundle.from] - 1;
    }
};

} // namespace pleat::layout
