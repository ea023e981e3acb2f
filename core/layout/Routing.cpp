// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/Routing.h"

#include <algorithm>
#include <cmath>

namespace pleat::layout {

namespace {

constexpr double laneGap = 14;          // between trunks that run beside the drawing …
constexpr Index lanes = 32;             // … of which more lie over each other
constexpr double portGap = 16;          // between lines that meet one border
constexpr double cornerRoom = 10;       // from the outermost line to the corner of the node
constexpr double gapPerDistance = 0.12; // a rank gap grows with the way its lines run sideways …
constexpr double mostGrowth = 100;      // … up to this

struct Bands {
    std::vector<double> top, nodes,
        bottom; // of a rank: where it begins, its nodes' top border, where it ends
};

Bands placeRanks(const Part& part, const LayeredGraph& graph, const std::vector<double>& x,
                 const LayoutInput& input)
{
    std::vector<double> ascent(graph.ranks(), 0), body(graph.ranks(), 0), widest(graph.ranks(), 0);
    for (Index v = 0; v < graph.vertices(); ++v) {
        const Index r = graph.rank[v];
        if (!graph.isDummy(v)) {
            ascent[r] = std::max(ascent[r], part.insets[v].top);
            body[r] = std::max(body[r], part.size[v].height + part.insets[v].bottom);
        }
        for (const Index w : graph.down.of(v))
            widest[r] = std::max(widest[r], std::abs(x[w] - x[v]));
    }
    Bands bands;
    double y = 0;
    for (Index r = 0; r < graph.ranks(); ++r) {
        bands.top.push_back(y);
        bands.nodes.push_back(y + ascent[r]);
        bands.bottom.push_back(y + ascent[r] + body[r]);
        y = bands.bottom.back() + input.rankGap +
            std::min(mostGrowth, std::round(widest[r] * gapPerDistance));
    }
    return bands;
}

double rightBorder(const Part& part, const LayeredGraph& graph, const std::vector<double>& x)
{
    double right = 0;
    for (Index v = 0; v < graph.vertices(); ++v)
        right =
            std::max(right, x[v] + (graph.isDummy(v) ? 0 : part.size[v].width / 2 + part.insets[v].right));
    return right;
}

// A line that meets the border of a node: where it comes from or goes to.
struct Port {
    double towards = 0;
    bool straight = false;
    double* offset = nullptr; // from the node's centre
};

// Spreads lines along a border in the order of their other ends; a straight one keeps the middle.
void spread(std::vector<Port>& ports, double width)
{
    if (ports.size() < 2)
        return;
    std::ranges::stable_sort(ports, {}, &Port::towards);
    const double count = static_cast<double>(ports.size());
    double middle = (count - 1) / 2;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        if (ports[i].straight) {
            middle = static_cast<double>(i);
            break;
        }
    }
    const double reach = std::max(middle, count - 1 - middle);
    const double step = std::min(portGap, std::max(1.0, width / 2 - cornerRoom) / reach);
    for (std::size_t i = 0; i < ports.size(); ++i)
        *ports[i].offset = (static_cast<double>(i) - middle) * step;
}

class Router final {
public:
    Router(const Part& part, const LayeredGraph& graph, const std::vector<double>& x,
           const LayoutInput& input, PointF origin, LayoutResult& result)
        : m_part(part),
          m_graph(graph),
          m_x(x),
          m_origin(origin),
          m_result(result),
          m_right(rightBorder(part, graph, x)),
          m_bands(placeRanks(part, graph, x, input)),
          m_departure(graph.bundles.size(), 0),
          m_arrival(part.arcs.size(), 0)
    {
    }
    void placeNodes();
    void spreadDepartures();
    void spreadArrivals();
    void routeBundles();
    SizeF size() const;

private:
    double laneX(const Bundle& bundle) const { return m_right + laneGap * (1 + bundle.lane % lanes); }
    double lineX(const Bundle& bundle, Index bundleIndex, Index rank) const
    {
        if (bundle.lane != 0 && rank != m_graph.rank[bundle.from])
            return laneX(bundle);
        return m_x[m_graph.carrier(bundle, rank)] +
               (rank == m_graph.rank[bundle.from] ? m_departure[bundleIndex] : 0);
    }
    double bottomOf(Index v) const { return m_bands.nodes[m_graph.rank[v]] + m_part.size[v].height; }
    PointF placed(double x, double y) const { return {x + m_origin.x, y + m_origin.y}; }
    // Where a branch leaves its trunk: the rank above the consumer, and the trunk's point there.
    struct Leave {
        Index rank = 0, point = 0;
    };
    std::vector<PointF> trunkPoints(const Bundle& bundle, Index index, std::vector<Leave>& leaves) const;
    std::vector<PointF> branchPoints(const Arc& arc, Index arcIndex, double fromX, double fromY) const;
    void addReversed(const Arc& arc, const std::vector<PointF>& trunk, std::vector<PointF> branch);

    const Part& m_part;
    const LayeredGraph& m_graph;
    const std::vector<double>& m_x;
    PointF m_origin;
    LayoutResult& m_result;
    double m_right; // of everything but the lanes
    Bands m_bands;
    std::vector<double> m_departure; // bundle → offset at the producer
    std::vector<double> m_arrival;   // arc → offset at the consumer
};

void Router::placeNodes()
{
    for (Index v = 0; v < m_part.nodes(); ++v) {
        const SizeF size = m_part.size[v];
        const PointF corner = placed(std::round(m_x[v] - size.width / 2), m_bands.nodes[m_graph.rank[v]]);
        m_result.nodes[m_part.node[v]] = {corner.x, corner.y, size.width, size.height};
        m_result.ranks[m_part.node[v]] = m_graph.rank[v];
    }
}

void Router::spreadDepartures()
{
    std::vector<Port> ports;
    for (Index b = 0; b < m_graph.bundles.size();) {
        const Index from = m_graph.bundles[b].from;
        ports.clear();
        for (; b < m_graph.bundles.size() && m_graph.bundles[b].from == from; ++b) {
            const Bundle& bundle = m_graph.bundles[b];
            double sum = 0;
            int count = 0;
            bool straight = false;
            const auto meets = [&](double x) {
                sum += x;
                ++count;
                straight |= std::abs(x - m_x[from]) < 1;
            };
            if (bundle.lane != 0)
                meets(laneX(bundle));
            else if (bundle.dummies > 0)
                meets(m_x[bundle.firstDummy]);
            for (Index a = bundle.firstArc; a < bundle.endArc; ++a)
                if (m_graph.rank[m_part.arcs[a].to] == m_graph.rank[from] + 1)
                    meets(m_x[m_part.arcs[a].to]);
            ports.push_back({count > 0 ? sum / count : m_x[from], straight, &m_departure[b]});
        }
        spread(ports, m_part.size[from].width);
    }
}

void Router::spreadArrivals()
{
    std::vector<Index> bundleOf(m_part.arcs.size());
    for (Index b = 0; b < m_graph.bundles.size(); ++b)
        for (Index a = m_graph.bundles[b].firstArc; a < m_graph.bundles[b].endArc; ++a)
            bundleOf[a] = b;
    std::vector<Port> ports;
    for (Index v = 0; v < m_part.nodes(); ++v) {
        ports.clear();
        Index last = none;
        for (const Index a : m_part.in.of(v)) {
            const Bundle& bundle = m_graph.bundles[bundleOf[a]];
            if (bundleOf[a] == last)
                continue;
            last = bundleOf[a];
            const double fromX = lineX(bundle, last, m_graph.rank[v] - 1);
            ports.push_back({fromX, std::abs(fromX - m_x[v]) < 1, &m_arrival[a]});
        }
        spread(ports, m_part.size[v].width);
        last = none;
        Index lastArc = none;
        for (const Index a : m_part.in.of(v)) {
            if (bundleOf[a] == last)
                m_arrival[a] = m_arrival[lastArc];
            last = bundleOf[a];
            lastArc = a;
        }
    }
}

// Points where a branch leaves stay even on a straight line; `leaves` gets, by rank after the producer's,
// Points where a branch leaves stay even on a straight line.
std::vector<PointF> Router::trunkPoints(const Bundle& bundle, Index index, std::vector<Leave>& leaves) const
{
    const Index start = m_graph.rank[bundle.from];
    leaves.clear();
    for (Index a = bundle.firstArc; a < bundle.endArc; ++a)
        leaves.push_back({m_graph.rank[m_part.arcs[a].to] - 1, 0});
    std::ranges::sort(leaves, {}, &Leave::rank);
    leaves.erase(std::unique(leaves.begin(), leaves.end(), [](Leave a, Leave b) { return a.rank == b.rank; }),
                 leaves.end());
    std::vector<PointF> points;
    bool lastStays = true;
    const auto add = [&](double x, double y, bool stays) {
        const PointF p = placed(x, y);
        const std::size_t n = points.size();
        if (n > 0 && points.back() == p) {
            lastStays |= stays;
            return;
        }
        if (n >= 2 && !lastStays && points[n - 1].x == p.x && points[n - 2].x == p.x)
            points.back() = p;
        else
            points.push_back(p);
        lastStays = stays;
    };
    auto leave = leaves.begin();
    const auto addRank = [&](Index r) {
        const double x = lineX(bundle, index, r);
        const bool branches = leave != leaves.end() && leave->rank == r;
        if (r > start)
            add(x, m_bands.top[r], false);
        add(x, m_bands.bottom[r], branches);
        if (branches)
            (leave++)->point = static_cast<Index>(points.size() - 1);
    };
    add(lineX(bundle, index, start), bottomOf(bundle.from), true);
    addRank(start);
    if (bundle.lane != 0) {
        add(laneX(bundle), m_bands.top[start + 1], true);
        while (leave != leaves.end())
            addRank(leave->rank);
    } else {
        for (Index r = start + 1; r <= start + bundle.dummies; ++r)
            addRank(r);
    }
    return points;
}

std::vector<PointF> Router::branchPoints(const Arc& arc, Index arcIndex, double fromX, double fromY) const
{
    const Index rank = m_graph.rank[arc.to];
    const double x = m_x[arc.to] + m_arrival[arcIndex];
    std::vector<PointF> points{placed(fromX, fromY)};
    if (std::abs(x - fromX) >= 0.5 && m_bands.top[rank] < m_bands.nodes[rank])
        points.push_back(placed(x, m_bands.top[rank]));
    points.push_back(placed(x, m_bands.nodes[rank]));
    return points;
}

void Router::addReversed(const Arc& arc, const std::vector<PointF>& trunk, std::vector<PointF> branch)
{
    branch.insert(branch.begin(), trunk.begin(), trunk.end() - 1);
    std::ranges::reverse(branch);
    m_result.branches[arc.edge] = {static_cast<Index>(m_result.trunks.size()), 0, branch};
    // Its own tensor id was lost when it was turned; layOut() fills it in.
    m_result.trunks.push_back({m_part.node[arc.to], none, {branch.front()}});
    m_result.reversed.push_back(arc.edge);
}

void Router::routeBundles()
{
    std::vector<Leave> leaves;
    for (Index b = 0; b < m_graph.bundles.size(); ++b) {
        const Bundle& bundle = m_graph.bundles[b];
        std::vector<PointF> trunk = trunkPoints(bundle, b, leaves);
        const Index trunkIndex = static_cast<Index>(m_result.trunks.size());
        for (Index a = bundle.firstArc; a < bundle.endArc; ++a) {
            const Arc& arc = m_part.arcs[a];
            const Index before = m_graph.rank[arc.to] - 1;
            const Index leave = std::ranges::lower_bound(leaves, before, {}, &Leave::rank)->point;
            const PointF from = trunk[leave];
            std::vector<PointF> branch = branchPoints(arc, a, from.x - m_origin.x, from.y - m_origin.y);
            if (arc.reversed)
                addReversed(arc, trunk, std::move(branch));
            else
                m_result.branches[arc.edge] = {trunkIndex, leave, std::move(branch)};
        }
        if (!m_part.arcs[bundle.firstArc].reversed)
            m_result.trunks.push_back({m_part.node[bundle.from], bundle.tensor, std::move(trunk)});
    }
}

SizeF Router::size() const
{
    double width = m_right;
    for (const Bundle& bundle : m_graph.bundles)
        if (bundle.lane != 0)
            width = std::max(width, laneX(bundle));
    return {width, m_bands.bottom.empty() ? 0 : m_bands.bottom.back()};
}

} // namespace

SizeF routePart(const Part& part, const LayeredGraph& graph, const std::vector<double>& x,
                const LayoutInput& input, PointF origin, LayoutResult& result)
{
    Router router(part, graph, x, input, origin, result);
    router.placeNodes();
    router.spreadDepartures();
    router.spreadArrivals();
    router.routeBundles();
    return router.size();
}

} // namespace pleat::layout
