// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Relaxation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pleat::layout {

namespace {

constexpr double trunkGap = 14;     // between two trunks
constexpr double trunkNodeGap = 18; // between a trunk and a node
constexpr double nearEnough = 180;  // less is how branches stand on either side of a fork
constexpr int rounds = 6, roundsSmall = 20;
constexpr Index fewVertices = 60000; // get roundsSmall

class Relaxation final {
public:
    Relaxation(const Part& part, const LayeredGraph& graph, double nodeGap, std::vector<double>& x)
        : m_part(part),
          m_graph(graph),
          m_nodeGap(nodeGap),
          m_x(x)
    {
    }
    void findBlocks(std::span<const Straight> straight);
    bool round();

private:
    double wish(Index block);
    double allowed(Index block, double shift) const;

    const Part& m_part;
    const LayeredGraph& m_graph;
    double m_nodeGap;
    std::vector<double>& m_x;
    std::vector<Index> m_block; // vertex → block
    Adjacency m_members;
    std::vector<Index> m_order; // blocks, those next to the largest one first
    Index m_pinned = 0;
    std::vector<double> m_shifts;
};

// Whatever is one straight line moves as one.
void Relaxation::findBlocks(std::span<const Straight> straight)
{
    std::vector<Index> above(m_graph.vertices(), none);
    for (const Straight& lines : straight)
        for (Index v = 0; v < m_graph.vertices(); ++v)
            if (const Index u = lines.above[v]; u != none && std::abs(m_x[u] - m_x[v]) < 0.5)
                above[v] = u;
    m_block.assign(m_graph.vertices(), none);
    Index count = 0;
    for (const auto& order : m_graph.order)
        for (const Index v : order)
            m_block[v] = above[v] != none ? m_block[above[v]] : count++;
    m_members = Adjacency::build(count, [&](auto add) {
        for (const auto& order : m_graph.order)
            for (const Index v : order)
                add(m_block[v], v);
    });
    for (Index b = 1; b < count; ++b)
        if (m_members.of(b).size() > m_members.of(m_pinned).size())
            m_pinned = b;
    m_order.resize(count);
    std::iota(m_order.begin(), m_order.end(), 0);
}

// The median of the ways to the ends of its segments that lead out of it.
double Relaxation::wish(Index block)
{
    m_shifts.clear();
    for (const Index v : m_members.of(block))
        for (const Adjacency* side : {&m_graph.up, &m_graph.down})
            for (const Index u : side->of(v))
                if (m_block[u] != block)
                    m_shifts.push_back(m_x[u] - m_x[v]);
    if (m_shifts.empty())
        return 0;
    const auto middle = m_shifts.begin() + static_cast<std::ptrdiff_t>(m_shifts.size() / 2);
    std::nth_element(m_shifts.begin(), middle, m_shifts.end());
    if (m_shifts.size() % 2 == 1)
        return *middle;
    // Anything between the two middle ones is as good: the shorter move.
    const double high = *middle, low = *std::max_element(m_shifts.begin(), middle);
    return low > 0 ? low : high < 0 ? high : 0;
}

double Relaxation::allowed(Index block, double shift) const
{
    for (const Index v : m_members.of(block)) {
        const auto& order = m_graph.order[m_graph.rank[v]];
        const Index place = m_graph.position[v];
        if (shift > 0 && place + 1 < order.size()) {
            const Index right = order[place + 1];
            shift = std::max(
                0.0, std::min(shift, m_x[right] - m_x[v] - separation(m_part, m_graph, v, right, m_nodeGap)));
        } else if (shift < 0 && place > 0) {
            const Index left = order[place - 1];
            shift = std::min(
                0.0, std::max(shift, m_x[left] - m_x[v] + separation(m_part, m_graph, left, v, m_nodeGap)));
        }
        if (shift == 0)
            break;
    }
    return shift;
}

bool Relaxation::round()
{
    const double centre = m_x[m_members.of(m_pinned).front()];
    std::vector<double> distance(m_order.size());
    for (const Index b : m_order)
        distance[b] = std::abs(m_x[m_members.of(b).front()] - centre);
    std::ranges::stable_sort(m_order, {}, [&](Index b) { return distance[b]; });
    bool any = false;
    for (const Index b : m_order) {
        if (b == m_pinned)
            continue;
        const double wanted = wish(b);
        if (std::abs(wanted) < nearEnough)
            continue;
        const double shift = std::trunc(allowed(b, wanted));
        if (shift == 0)
            continue;
        for (const Index v : m_members.of(b))
            m_x[v] += shift;
        any |= std::abs(shift) > 4;
    }
    return any;
}

} // namespace

double separation(const Part& part, const LayeredGraph& graph, Index left, Index right, double nodeGap)
{
    const bool a = graph.isDummy(left), b = graph.isDummy(right);
    const double gap = a && b ? trunkGap : a || b ? trunkNodeGap : nodeGap;
    const double before = a ? 0 : part.size[left].width / 2 + part.insets[left].right;
    const double after = b ? 0 : part.size[right].width / 2 + part.insets[right].left;
    return before + gap + after;
}

void pullTogether(const Part& part, const LayeredGraph& graph, std::span<const Straight> straight,
                  double nodeGap, std::vector<double>& x)
{
    if (graph.vertices() == 0)
        return;
    Relaxation relaxation(part, graph, nodeGap, x);
    relaxation.findBlocks(straight);
    const int most = graph.vertices() < fewVertices ? roundsSmall : rounds;
    for (int i = 0; i < most && relaxation.round(); ++i) {
    }
}

} // namespace pleat::layout
