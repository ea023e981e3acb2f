// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/layout/GraphLayout.h"

#include "core/layout/Canonical.h"
#include "core/layout/Coordinates.h"
#include "core/layout/Ordering.h"
#include "core/layout/Ranking.h"
#include "core/layout/Routing.h"

#include <algorithm>
#include <cmath>

namespace pleat::layout {

namespace {

constexpr double partGap = 64;

// Parts that are not connected stand side by side, in rows about as wide as the whole is high.
class Shelf final {
public:
    explicit Shelf(double width) : m_width(width) {}

    PointF next(double width)
    {
        if (m_x > 0 && m_x + width > m_width) {
            m_y += m_rowHeight + partGap;
            m_x = m_rowHeight = 0;
        }
        return {m_x, m_y};
    }
    void placed(SizeF size)
    {
        m_x += size.width + partGap;
        m_rowHeight = std::max(m_rowHeight, size.height);
        m_total.width = std::max(m_total.width, m_x - partGap);
        m_total.height = std::max(m_total.height, m_y + size.height);
    }
    SizeF total() const { return m_total; }

private:
    double m_width, m_x = 0, m_y = 0, m_rowHeight = 0;
    SizeF m_total;
};

double partWidth(const Part& part, const LayeredGraph& graph, const std::vector<double>& x)
{
    double width = 0;
    for (Index v = 0; v < part.nodes(); ++v)
        width = std::max(width, x[v] + part.size[v].width / 2 + part.insets[v].right);
    for (Index v = part.nodes(); v < graph.vertices(); ++v)
        width = std::max(width, x[v]);
    return width;
}

double shelfWidth(const std::vector<Part>& parts)
{
    double area = 0;
    for (const Part& part : parts)
        for (const SizeF& size : part.size)
            area += (size.width + partGap) * (size.height + partGap);
    return std::max(2000.0, 2 * std::sqrt(area));
}

void turn(LayoutResult& result)
{
    for (RectF& r : result.nodes)
        r = {r.y, r.x, r.height, r.width};
    for (Trunk& trunk : result.trunks)
        for (PointF& p : trunk.points)
            std::swap(p.x, p.y);
    for (Branch& branch : result.branches)
        for (PointF& p : branch.points)
            std::swap(p.x, p.y);
    std::swap(result.size.width, result.size.height);
}

} // namespace

std::optional<LayoutResult> layOut(const LayoutInput& input, std::stop_token stop)
{
    LayoutResult result;
    result.nodes.resize(input.nodes.size());
    result.ranks.assign(input.nodes.size(), 0);
    result.branches.resize(input.edges.size());

    const std::vector<Part> parts = canonicalParts(input);
    Shelf shelf(shelfWidth(parts));
    for (const Part& part : parts) {
        if (stop.stop_requested())
            return std::nullopt;
        LayeredGraph graph = insertDummies(part, assignRanks(part));
        std::uint64_t crossings = 0;
        if (!orderRanks(graph, crossings, stop))
            return std::nullopt;
        result.crossings += crossings;
        const std::vector<double> x = assignX(part, graph, input.nodeGap, stop);
        if (x.empty())
            return std::nullopt;
        const PointF origin = shelf.next(partWidth(part, graph, x));
        shelf.placed(routePart(part, graph, x, input, origin, result));
    }
    for (const std::uint32_t edge : result.reversed)
        result.trunks[result.branches[edge].trunk].tensor = input.edges[edge].tensor;
    std::ranges::sort(result.reversed);
    result.size = shelf.total();
    if (input.direction == Direction::LeftRight)
        turn(result);
    return result;
}

} // namespace pleat::layout
