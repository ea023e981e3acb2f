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
constexpr std::size_t mostPassed = 64; // nodes that are gone in a row; a fold takes away a handful

std::int64_t column(double value, double side)
{
    return static_cast<std::int64_t>(std::floor(value / side));
}

bool touch(const QRectF& a, const QRectF& b)
{
    return a.left() <= b.right() && b.left() <= a.right() && a.top() <= b.bottom() && b.top() <= a.bottom();
}

QRectF widened(const QRectF& area)
{
    constexpr double by = SceneIndex::slack;
    return area.adjusted(-by, -by, by, by);
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
      m_frames(static_cast<std::uint32_t>(scene.frames.size()))
{
    for (std::uint32_t i = 0; i < scene.nodes.size(); ++i) {
        if (scene.nodes[i].gone)
            continue;
        m_nodeGrid.insert(scene.nodes[i].rect, i);
        m_byKey.emplace(scene.nodes[i].key, static_cast<int>(i));
    }
    const auto insertLine = [this](const std::vector<layout::PointF>& points, std::uint32_t line) {
        for (std::size_t i = 0; i + 1 < points.size(); ++i)
            m_lineGrid.insert(QRectF(toQt(points[i]), toQt(points[i + 1])).normalized(), line);
    };
    const auto trunks = static_cast<std::uint32_t>(scene.layout.trunks.size());
    for (std::uint32_t e = 0; e < scene.edges.size(); ++e) {
        const SceneEdge& edge = scene.edges[e];
        if (edge.gone || edge.from >= scene.nodes.size() || edge.to >= scene.nodes.size())
            continue;
        m_out[edge.from].push_back(e);
        m_in[edge.to].push_back(e);
        if (e >= scene.layout.branches.size() || scene.layout.branches[e].points.empty())
            continue;
        insertLine(scene.layout.branches[e].points, trunks + e);
        m_ofTrunk[scene.layout.branches[e].trunk].push_back(e);
    }
    for (std::uint32_t i = 0; i < trunks; ++i) {
        if (!m_ofTrunk[i].empty())
            insertLine(scene.layout.trunks[i].points, i);
    }
    for (auto& edges : m_in)
        std::ranges::stable_sort(edges, {}, [&](std::uint32_t e) { return scene.edges[e].toPort; });
    for (std::uint32_t f = 0; f < m_frames; ++f) {
        if (!scene.frames[f].nodes.empty())
            m_frameGrid.insert(scene.frames[f].rect | scene.frames[f].badgeRect, f);
    }
}

std::vector<std::uint32_t> SceneIndex::nodes(const GraphScene& scene, const QRectF& area) const
{
    auto found = m_nodeGrid.isLarge(area) ? all(scene.nodes.size()) : m_nodeGrid.near(widened(area));
    std::erase_if(found,
                  [&](std::uint32_t i) { return scene.nodes[i].gone || !touch(scene.nodes[i].rect, area); });
    return found;
}

std::vector<std::uint32_t> SceneIndex::lines(const GraphScene& scene, const QRectF& area, double least) const
{
    const auto trunks = static_cast<std::uint32_t>(scene.layout.trunks.size());
    const auto isThere = [&](std::uint32_t line) {
        return line < trunks ? isUsed(scene, line) : !scene.edges[line - trunks].gone;
    };
    std::vector<std::uint32_t> found;
    if (m_lineGrid.isLarge(area)) {
        const auto& extents = scene.layout.extents;
        for (std::uint32_t line = 0; line < extents.size(); ++line)
            if (extents[line].isSeen(area, least) && isThere(line))
                found.push_back(line);
        return found;
    }
    for (const std::uint32_t line : m_lineGrid.near(widened(area))) {
        if (isThere(line))
            found.push_back(line);
        else if (line >= trunks)
            addPassing(scene, line - trunks, found);
        else
            for (const std::uint32_t edge : m_ofTrunk[line])
                addPassing(scene, edge, found);
    }
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

// The lines that lead on where one that is gone led, through nodes that are gone as well.
void SceneIndex::addPassing(const GraphScene& scene, std::uint32_t edge,
                            std::vector<std::uint32_t>& lines) const
{
    std::vector<std::uint32_t> nodes{scene.edges[edge].to};
    for (std::size_t n = 0; n < nodes.size() && nodes.size() <= mostPassed; ++n) {
        if (!scene.nodes[nodes[n]].gone)
            continue;
        for (const std::uint32_t out : m_out[nodes[n]]) {
            if (!scene.edges[out].gone)
                lines.push_back(scene.layout.branches[out].trunk);
            else if (std::ranges::find(nodes, scene.edges[out].to) == nodes.end())
                nodes.push_back(scene.edges[out].to);
        }
    }
}

bool SceneIndex::isUsed(const GraphScene& scene, std::uint32_t trunk) const
{
    return std::ranges::any_of(m_ofTrunk[trunk], [&](std::uint32_t e) { return !scene.edges[e].gone; });
}

std::vector<std::uint32_t> SceneIndex::frames(const GraphScene& scene, const QRectF& area) const
{
    auto found = m_frameGrid.isLarge(area) ? all(m_frames) : m_frameGrid.near(widened(area));
    for (std::uint32_t f = m_frames; f < scene.frames.size(); ++f)
        found.push_back(f);
    std::erase_if(found, [&](std::uint32_t f) {
        return scene.frames[f].nodes.empty() ||
               (!touch(scene.frames[f].rect, area) && !touch(scene.frames[f].badgeRect, area));
    });
    return found;
}

std::vector<std::uint32_t> SceneIndex::edgesIn(const GraphScene& scene, int node) const
{
    std::vector<std::uint32_t> edges = m_in[static_cast<std::size_t>(node)];
    std::erase_if(edges, [&](std::uint32_t e) { return scene.edges[e].gone; });
    return edges;
}

std::vector<std::uint32_t> SceneIndex::edgesOut(const GraphScene& scene, int node) const
{
    std::vector<std::uint32_t> edges;
    std::vector<quint32> nodes{static_cast<quint32>(node)}; // it, and those that are gone behind it
    for (std::size_t n = 0; n < nodes.size() && nodes.size() <= mostPassed; ++n) {
        for (const std::uint32_t e : m_out[nodes[n]]) {
            const SceneEdge& edge = scene.edges[e];
            if (!edge.gone && edge.from == static_cast<quint32>(node))
                edges.push_back(e);
            else if (scene.nodes[edge.to].gone && std::ranges::find(nodes, edge.to) == nodes.end())
                nodes.push_back(edge.to);
        }
    }
    return edges;
}

std::vector<std::uint32_t> SceneIndex::edgesOfTrunk(const GraphScene& scene, std::uint32_t trunk) const
{
    std::vector<std::uint32_t> edges = m_ofTrunk[trunk];
    std::erase_if(edges, [&](std::uint32_t e) { return scene.edges[e].gone; });
    return edges;
}

CanvasHit SceneIndex::at(const GraphScene& scene, QPointF point, double reach) const
{
    CanvasHit hit;
    const QRectF area(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach);
    double smallest = 0;
    for (const std::uint32_t f : frames(scene, area)) {
        const SceneFrame& frame = scene.frames[f];
        if (frame.badgeRect.contains(point))
            return {-1, -1, static_cast<int>(f)};
        const double size = frame.rect.width() * frame.rect.height();
        if (frame.rect.contains(point) && (hit.frame < 0 || size < smallest)) {
            hit.frame = static_cast<int>(f); // of nested frames the inner one
            smallest = size;
        }
    }
    for (const std::uint32_t i : nodes(scene, area)) {
        if (scene.nodes[i].rect.contains(point)) {
            hit.node = static_cast<int>(i);
            hit.frame = scene.frameOf[i];
            return hit;
        }
    }
    double nearest = reach;
    const auto trunks = static_cast<std::uint32_t>(scene.layout.trunks.size());
    for (const std::uint32_t line : lines(scene, area)) {
        const auto& points =
            line < trunks ? scene.layout.trunks[line].points : scene.layout.branches[line - trunks].points;
        const double distance = distanceTo(points, scene.direction, point);
        if (distance < nearest) {
            nearest = distance;
            if (line >= trunks)
                hit.edge = static_cast<int>(line - trunks);
            else if (const auto edges = edgesOfTrunk(scene, line); !edges.empty())
                hit.edge = static_cast<int>(edges.front());
        }
    }
    return hit;
}

int SceneIndex::laidOutNode(quint32 key) const
{
    const auto found = m_byKey.find(key);
    return found == m_byKey.end() ? -1 : found->second;
}

int SceneIndex::nodeWithKey(const GraphScene& scene, quint32 key) const
{
    const int node = laidOutNode(key);
    return node < 0 || scene.nodes[static_cast<std::size_t>(node)].gone ? -1 : node;
}

int SceneIndex::laidOutEdge(const GraphScene& scene, quint32 to, quint32 toPort) const
{
    const auto portOf = [&](std::uint32_t e) { return scene.edges[e].toPort; };
    const auto found = std::ranges::lower_bound(m_in[to], toPort, {}, portOf);
    return found == m_in[to].end() || portOf(*found) != toPort ? -1 : static_cast<int>(*found);
}

ScenePointer IndexedScene::of(GraphScene scene)
{
    auto indexed = std::make_shared<IndexedScene>();
    indexed->scene = std::move(scene);
    indexed->index = std::make_shared<const SceneIndex>(indexed->scene);
    return indexed;
}

} // namespace pleat::ui
