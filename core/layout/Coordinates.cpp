// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Coordinates.h"

#include "core/layout/MainPath.h"
#include "core/layout/Relaxation.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace pleat::layout {

namespace {

// One of the four alignments. Left-right and up-down are mirrored by reading the ranks the other way.
class Alignment final {
public:
    Alignment(const Part& part, const LayeredGraph& graph, const Straight& straight, double nodeGap,
              bool upwards, bool fromRight)
        : m_part(part),
          m_graph(graph),
          m_straight(straight),
          m_nodeGap(nodeGap),
          m_upwards(upwards),
          m_fromRight(fromRight)
    {
    }
    std::vector<double> x();

private:
    Index at(Index rank, Index i) const
    {
        const auto& order = m_graph.order[rank];
        return m_fromRight ? order[order.size() - 1 - i] : order[i];
    }
    Index place(Index v) const
    {
        const Index position = m_graph.position[v];
        return m_fromRight ? static_cast<Index>(m_graph.order[m_graph.rank[v]].size()) - 1 - position
                           : position;
    }
    void align();
    void alignRank(Index rank);
    Index longestBlock() const;
    void compact();

    const Part& m_part;
    const LayeredGraph& m_graph;
    const Straight& m_straight;
    double m_nodeGap;
    bool m_upwards, m_fromRight;
    std::vector<Index> m_root;   // vertex → block
    std::vector<Index> m_taken;  // vertex of the rank before → who is aligned to it
    std::vector<Index> m_around; // places of neighbours
    std::vector<double> m_x;     // of blocks, at the roots
};

void Alignment::alignRank(Index rank)
{
    const Adjacency& before = m_upwards ? m_graph.down : m_graph.up;
    const auto& wanted = m_upwards ? m_straight.below : m_straight.above;
    const auto& reserved = m_upwards ? m_straight.above : m_straight.below;
    long last = -1; // place of the rightmost vertex that has been aligned to
    const Index width = static_cast<Index>(m_graph.order[rank].size());
    const auto tryAlign = [&](Index u, Index v) {
        if (m_taken[u] != none || static_cast<long>(place(u)) <= last)
            return false;
        m_taken[u] = v;
        m_root[v] = m_root[u];
        last = static_cast<long>(place(u));
        return true;
    };
    for (Index i = 0; i < width; ++i) {
        const Index v = at(rank, i);
        if (wanted[v] != none) {
            tryAlign(wanted[v], v);
            continue;
        }
        const auto neighbours = before.of(v);
        if (neighbours.empty())
            continue;
        m_around.assign(neighbours.begin(), neighbours.end());
        std::ranges::sort(m_around, {}, [this](Index u) { return place(u); });
        for (const std::size_t median : {(m_around.size() - 1) / 2, m_around.size() / 2}) {
            const Index u = m_around[median];
            if (reserved[u] == none && !m_straight.crosses(m_graph, u, v) && tryAlign(u, v))
                break;
        }
    }
}

void Alignment::align()
{
    m_root.resize(m_graph.vertices());
    for (Index v = 0; v < m_graph.vertices(); ++v)
        m_root[v] = v;
    m_taken.assign(m_graph.vertices(), none);
    if (m_upwards) {
        for (Index r = m_graph.ranks() - 1; r-- > 0;)
            alignRank(r);
    } else {
        for (Index r = 1; r < m_graph.ranks(); ++r)
            alignRank(r);
    }
}

Index Alignment::longestBlock() const
{
    std::vector<Index> length(m_graph.vertices(), 0);
    for (const Index block : m_root)
        ++length[block];
    return static_cast<Index>(std::ranges::max_element(length) - length.begin());
}

// Longest paths over the blocks, then each block left of the spine is drawn back to its right neighbour.
void Alignment::compact()
{
    const auto neighbours = [&](auto visit) {
        for (Index r = 0; r < m_graph.ranks(); ++r) {
            const Index width = static_cast<Index>(m_graph.order[r].size());
            for (Index i = 1; i < width; ++i)
                visit(at(r, i - 1), at(r, i));
        }
    };
    std::vector<double> gap;
    std::vector<Index> waiting(m_graph.vertices(), 0);
    Adjacency right; // block → its place in `gap` is that of the item
    right.first.assign(std::size_t{m_graph.vertices()} + 1, 0);
    neighbours([&](Index a, Index b) {
        ++right.first[m_root[a] + 1];
        ++waiting[m_root[b]];
    });
    for (Index v = 0; v < m_graph.vertices(); ++v)
        right.first[v + 1] += right.first[v];
    right.items.resize(right.first.back());
    gap.resize(right.items.size());
    std::vector<Index> next(right.first.begin(), right.first.end() - 1);
    neighbours([&](Index a, Index b) {
        const Index slot = next[m_root[a]]++;
        right.items[slot] = m_root[b];
        gap[slot] = m_fromRight ? separation(m_part, m_graph, b, a, m_nodeGap)
                                : separation(m_part, m_graph, a, b, m_nodeGap);
    });

    m_x.assign(m_graph.vertices(), 0);
    std::vector<Index> queue;
    for (Index v = 0; v < m_graph.vertices(); ++v)
        if (m_root[v] == v && waiting[v] == 0)
            queue.push_back(v);
    // What is right of the longest line, the spine, is as near to it as it can be; only what is left of it is
    // not.
    std::vector<char> beyond(m_graph.vertices(), 0);
    beyond[longestBlock()] = 1;
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const Index block = queue[i];
        for (Index s = right.first[block]; s < right.first[block + 1]; ++s) {
            const Index other = right.items[s];
            if (beyond[block] != 0)
                beyond[other] = 1;
            m_x[other] = std::max(m_x[other], m_x[block] + gap[s]);
            if (--waiting[other] == 0)
                queue.push_back(other);
        }
    }
    for (std::size_t i = queue.size(); i-- > 0;) {
        const Index block = queue[i];
        if (beyond[block])
            continue;
        double room = std::numeric_limits<double>::infinity();
        for (Index s = right.first[block]; s < right.first[block + 1]; ++s)
            room = std::min(room, m_x[right.items[s]] - gap[s]);
        if (std::isfinite(room))
            m_x[block] = std::max(m_x[block], room);
    }
}

std::vector<double> Alignment::x()
{
    align();
    compact();
    std::vector<double> result(m_graph.vertices());
    for (Index v = 0; v < m_graph.vertices(); ++v)
        result[v] = m_fromRight ? -m_x[m_root[v]] : m_x[m_root[v]];
    return result;
}

struct Extent {
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

Extent extent(const Part& part, const LayeredGraph& graph, const std::vector<double>& x)
{
    Extent result;
    for (Index v = 0; v < graph.vertices(); ++v) {
        const double left = graph.isDummy(v) ? 0 : part.size[v].width / 2 + part.insets[v].left;
        const double right = graph.isDummy(v) ? 0 : part.size[v].width / 2 + part.insets[v].right;
        result.low = std::min(result.low, x[v] - left);
        result.high = std::max(result.high, x[v] + right);
    }
    return result;
}

} // namespace

std::vector<double> assignX(const Part& part, const LayeredGraph& graph, double nodeGap,
                            const std::stop_token& stop)
{
    const std::array straight{findStraight(part, graph, false), findStraight(part, graph, true)};
    std::array<std::vector<double>, 4> all;
    std::array<Extent, 4> extents;
    std::size_t narrowest = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        if (stop.stop_requested())
            return {};
        all[i] = Alignment(part, graph, straight[i % 2], nodeGap, i >= 2, i % 2 == 1).x();
        extents[i] = extent(part, graph, all[i]);
        if (extents[i].high - extents[i].low < extents[narrowest].high - extents[narrowest].low)
            narrowest = i;
    }
    std::vector<double> result(graph.vertices());
    std::array<double, 4> shift{};
    for (std::size_t i = 0; i < 4; ++i)
        shift[i] =
            i % 2 == 0 ? extents[narrowest].low - extents[i].low : extents[narrowest].high - extents[i].high;
    for (Index v = 0; v < graph.vertices(); ++v) {
        std::array<double, 4> at{};
        for (std::size_t i = 0; i < 4; ++i)
            at[i] = all[i][v] + shift[i];
        std::ranges::sort(at);
        result[v] = std::round((at[1] + at[2]) / 2);
    }
    pullTogether(part, graph, straight, nodeGap, result);
    const double left = std::floor(extent(part, graph, result).low);
    for (double& x : result)
        x -= left;
    return result;
}

} // namespace pleat::layout
