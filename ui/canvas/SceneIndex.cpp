// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneIndex.h"

#include "ui/canvas/EdgePath.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pleat::ui {

namespace {

constexpr double smallestCell = 256;
constexpr double mostCells = 4096;

std::int64_t column(double value, double side)
{
    return static_cast<std::int64_t>(std::floor(value / side));
}

bool touch(const QRectF& a, const QRectF& b)
{
    return a.left() <= b.right() && b.left() <= a.right() && a.top() <= b.bottom() && b.top() <= a.bottom();
}

std::vector<std::uint32_t> all(std::size_t count)
{
    std::vector<std::uint32_t> items(count);
    std::iota(items.begin(), items.end(), 0u);
    return items;
}

} // namespace

std::uint64_t SpatialGrid::cell(int level, std::int64_t x, std::int64_t y)
{
    return (static_cast<std::uint64_t>(level) << 58) ^ ((static_cast<std::uint64_t>(x) & 0x1fffffff) << 29) ^
           (static_cast<std::uint64_t>(y) & 0x1fffffff);
}

void SpatialGrid::insert(const QRectF& area, std::uint32_t item)
{
    const double extent = std::max(area.width(), area.height());
    const int level =
        std::clamp(static_cast<int>(std::ceil(std::log2(std::max(extent, 1.0) / smallestCell))), 0, 31);
    const double side = smallestCell * std::exp2(level);
    m_levels |= 1u << level;
    for (std::int64_t x = column(area.left(), side); x <= column(area.right(), side); ++x)
        for (std::int64_t y = column(area.top(), side); y <= column(area.bottom(), side); ++y)
            m_cells[cell(level, x, y)].push_back(item);
}

bool SpatialGrid::isLarge(const QRectF& area) const
{
    return (area.width() / smallestCell + 1) * (area.height() / smallestCell + 1) > mostCells;
}

std::vector<std::uint32_t> SpatialGrid::near(const QRectF& area) const
{
    std::vector<std::uint32_t> found;
    for (int level = 0; level < 32; ++level) {
        if (!(m_levels >> level & 1u))
            continue;
        const double side = smallestCell * std::exp2(level);
        for (std::int64_t x = column(area.left(), side); x <= column(area.right(), side); ++x) {
            for (std::int64_t y = column(area.top(), side); y <= column(area.bottom(), side); ++y) {
                const auto here = m_cells.find(cell(level, x, y));
                if (here != m_cells.end())
                    found.insert(found.end(), here->second.begin(), here->second.end());
            }
        }
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

SceneIndex::SceneIndex(const GraphScene& scene)
    : m_in(scene.nodes.size()),
      m_out(scene.nodes.size()),
      m_ofTrunk(scene.layout.trunks.size()),
      m_frameOf(scene.nodes.size(), -1)
{
    for (std::uint32_t i = 0; i < scene.nodes.size(); ++i) {
        m_nodeGrid.insert(scene.nodes[i].rect, i);
        m_byKey.emplace(scene.nodes[i].key, static_cast<int>(i));
    }
    const auto insertLine = [this](const std::vector<layout::PointF>& points, std::uint32_t line) {
        for (std::size_t i = 0; i + 1 < points.size(); ++i)
            m_lineGrid.insert(QRectF(toQt(points[i]), toQt(points[i + 1])).normalized(), line);
    };
    const auto trunks = static_cast<std::uint32_t>(scene.layout.trunks.size());
    for (std::uint32_t i = 0; i < trunks; ++i)
        insertLine(scene.layout.trunks[i].points, i);
    for (std::uint32_t e = 0; e < scene.edges.size(); ++e) {
        const SceneEdge& edge = scene.edges[e];
        if (edge.from >= scene.nodes.size() || edge.to >= scene.nodes.size())
            continue;
        m_out[edge.from].push_back(e);
        m_in[edge.to].push_back(e);
        if (e >= scene.layout.branches.size() || scene.layout.branches[e].points.empty())
            continue;
        insertLine(scene.layout.branches[e].points, trunks + e);
        m_ofTrunk[scene.layout.branches[e].trunk].push_back(e);
    }
    for (std::uint32_t f = 0; f < scene.frames.size(); ++f) {
        m_frameGrid.insert(scene.frames[f].rect | scene.frames[f].badgeRect, f);
        for (const quint32 node : scene.frames[f].nodes)
            if (node < m_frameOf.size())
                m_frameOf[node] = static_cast<int>(f);
    }
}

std::vector<std::uint32_t> SceneIndex::nodes(const GraphScene& scene, const QRectF& area) const
{
    auto found = m_nodeGrid.isLarge(area) ? all(scene.nodes.size()) : m_nodeGrid.near(area);
    std::erase_if(found, [&](std::uint32_t i) { return !touch(scene.nodes[i].rect, area); });
    return found;
}

std::vector<std::uint32_t> SceneIndex::lines(const GraphScene& scene, const QRectF& area) const
{
    if (m_lineGrid.isLarge(area))
        return all(scene.layout.trunks.size() + scene.layout.branches.size());
    return m_lineGrid.near(area);
}

std::vector<std::uint32_t> SceneIndex::frames(const GraphScene& scene, const QRectF& area) const
{
    auto found = m_frameGrid.isLarge(area) ? all(scene.frames.size()) : m_frameGrid.near(area);
    std::erase_if(found, [&](std::uint32_t f) {
        return !touch(scene.frames[f].rect, area) && !touch(scene.frames[f].badgeRect, area);
    });
    return found;
}

CanvasHit SceneIndex::at(const GraphScene& scene, QPointF point, double reach) const
{
    CanvasHit hit;
    const QRectF area(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach);
    double smallest = 0;
    for (const std::uint32_t f : m_frameGrid.near(area)) {
        const SceneFrame& frame = scene.frames[f];
        if (frame.badgeRect.contains(point))
            return {-1, -1, static_cast<int>(f)};
        const double size = frame.rect.width() * frame.rect.height();
        if (frame.rect.contains(point) && (hit.frame < 0 || size < smallest)) {
            hit.frame = static_cast<int>(f); // of nested frames the inner one
            smallest = size;
        }
    }
    for (const std::uint32_t i : m_nodeGrid.near(area)) {
        if (scene.nodes[i].rect.contains(point)) {
            hit.node = static_cast<int>(i);
            hit.frame = m_frameOf[i];
            return hit;
        }
    }
    double nearest = reach;
    const auto trunks = static_cast<std::uint32_t>(scene.layout.trunks.size());
    for (const std::uint32_t line : m_lineGrid.near(area)) {
        const auto& points =
            line < trunks ? scene.layout.trunks[line].points : scene.layout.branches[line - trunks].points;
        const double distance = distanceTo(points, scene.direction, point);
        if (distance < nearest) {
            nearest = distance;
            if (line >= trunks)
                hit.edge = static_cast<int>(line - trunks);
            else if (!m_ofTrunk[line].empty())
                hit.edge = static_cast<int>(m_ofTrunk[line].front());
        }
    }
    return hit;
}

int SceneIndex::nodeWithKey(quint32 key) const
{
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? -1 : found->second;
}

ScenePointer IndexedScene::of(GraphScene scene)
{
    auto indexed = std::make_shared<IndexedScene>();
    indexed->scene = std::move(scene);
    indexed->index = std::make_shared<const SceneIndex>(indexed->scene);
    return indexed;
}

} // namespace pleat::ui
