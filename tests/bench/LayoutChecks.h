// SPDX-License-Identifier: GPL-3.0-or-later
// What a drawing has to keep, checked from its geometry alone and without knowing how it was made.
#pragma once

#include "core/layout/GraphLayout.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace pleat::layout::checks {

// Calls visit(i) for every node whose rectangle touches the given one.
class NodeGrid final {
public:
    explicit NodeGrid(const std::vector<RectF>& nodes) : m_nodes(nodes)
    {
        for (std::size_t i = 0; i < nodes.size(); ++i)
            cells(nodes[i], [&](auto key) { m_cells[key].push_back(i); });
    }
    template<typename Visit>
    void touching(const RectF& area, Visit visit) const
    {
        cells(area, [&](auto key) {
            const auto cell = m_cells.find(key);
            if (cell == m_cells.end())
                return;
            for (const std::size_t i : cell->second) {
                const RectF& r = m_nodes[i];
                if (r.x < area.right() && area.x < r.right() && r.y < area.bottom() && area.y < r.bottom())
                    visit(i);
            }
        });
    }

private:
    static constexpr double side = 256;
    template<typename Visit>
    static void cells(const RectF& area, Visit visit)
    {
        for (long x = std::lround(std::floor(area.x / side));
             x <= std::lround(std::floor(area.right() / side)); ++x)
            for (long y = std::lround(std::floor(area.y / side));
                 y <= std::lround(std::floor(area.bottom() / side)); ++y)
                visit(std::pair(x, y));
    }
    const std::vector<RectF>& m_nodes;
    std::map<std::pair<long, long>, std::vector<std::size_t>> m_cells;
};

inline std::size_t overlaps(const LayoutResult& result)
{
    const NodeGrid grid(result.nodes);
    std::size_t count = 0;
    for (std::size_t i = 0; i < result.nodes.size(); ++i)
        grid.touching(result.nodes[i], [&](std::size_t j) { count += j > i; });
    return count;
}

// Pieces of a line as short chords of its curves.
inline std::vector<PointF> flattened(const std::vector<PointF>& points, Direction direction)
{
    std::vector<PointF> result;
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const PointF a = points[i], b = points[i + 1];
        for (int step = 0; step < 16; ++step) {
            const double t = step / 16.0, s = t * t * (3 - 2 * t); // a cubic with its handles half way
            const double along = 1.5 * t * (1 - t) * (1 - t) + 1.5 * t * t * (1 - t) + t * t * t;
            result.push_back(direction == Direction::TopDown
                                 ? PointF{a.x + (b.x - a.x) * s, a.y + (b.y - a.y) * along}
                                 : PointF{a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * s});
        }
    }
    if (!points.empty())
        result.push_back(points.back());
    return result;
}

// Pieces of edges inside a node that is not at one of their ends.
inline std::size_t edgesThroughNodes(const LayoutInput& input, const LayoutResult& result)
{
    const NodeGrid grid(result.nodes);
    std::size_t count = 0;
    const auto check = [&](const std::vector<PointF>& points, std::size_t from, std::size_t to) {
        const std::vector<PointF> line = flattened(points, input.direction);
        for (std::size_t i = 0; i + 1 < line.size(); ++i) {
            const double x = std::min(line[i].x, line[i + 1].x), y = std::min(line[i].y, line[i + 1].y);
            const RectF area{x, y, std::abs(line[i].x - line[i + 1].x) + 1e-6,
                             std::abs(line[i].y - line[i + 1].y) + 1e-6};
            grid.touching(area, [&](std::size_t n) {
                const RectF& r = result.nodes[n];
                // Its own ends only touch its border.
                const bool inside = area.bottom() > r.y + 1 && area.y < r.bottom() - 1 &&
                                    area.right() > r.x + 1 && area.x < r.right() - 1;
                count += inside && n != from && n != to;
            });
        }
    };
    for (const Trunk& trunk : result.trunks)
        check(trunk.points, trunk.from, trunk.from);
    for (std::size_t e = 0; e < result.branches.size(); ++e)
        check(result.branches[e].points, input.edges[e].from, input.edges[e].to);
    return count;
}

// Edges that do not begin at the border of their producer or do not end at that of their consumer.
inline std::size_t looseEnds(const LayoutInput& input, const LayoutResult& result)
{
    const auto touches = [](PointF p, const RectF& r) {
        return p.x >= r.x - 1 && p.x <= r.right() + 1 && p.y >= r.y - 1 && p.y <= r.bottom() + 1;
    };
    std::size_t count = 0;
    for (std::size_t e = 0; e < input.edges.size(); ++e) {
        const LayoutEdge& edge = input.edges[e];
        const Branch& branch = result.branches[e];
        if (edge.from == edge.to || edge.from >= input.nodes.size() || edge.to >= input.nodes.size())
            continue;
        const Trunk& trunk = result.trunks[branch.trunk];
        count += branch.points.size() < 2 || trunk.points.empty() ||
                 !touches(trunk.points.front(), result.nodes[edge.from]) ||
                 !touches(branch.points.back(), result.nodes[edge.to]) ||
                 branch.points.front() != trunk.points[branch.leaves];
    }
    return count;
}

} // namespace pleat::layout::checks
