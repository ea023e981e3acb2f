// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/SceneChange.h"

#include <QMarginsF>
#include <algorithm>

namespace pleat::ui {

namespace {

constexpr QMarginsF border(8, 8, 8, 8);          // pens, arrow heads, rings
constexpr QMarginsF labelRoom(240, 60, 240, 60); // labels stand beside the ends of a line

QRectF boundsOf(const std::vector<layout::PointF>& points)
{
    if (points.empty())
        return {};
    const auto [left, right] = std::ranges::minmax(points, {}, &layout::PointF::x);
    const auto [top, bottom] = std::ranges::minmax(points, {}, &layout::PointF::y);
    return QRectF(QPointF(left.x, top.y), QPointF(right.x, bottom.y)) + border;
}

QRectF areaOfNode(const GraphScene& scene, std::size_t node)
{
    return node < scene.nodes.size() && !scene.nodes[node].gone ? scene.nodes[node].rect + border : QRectF();
}

// The whole way of the edge, and its ends.
QRectF areaOfEdge(const GraphScene& scene, std::size_t edge)
{
    if (edge >= scene.edges.size() || scene.edges[edge].gone || edge >= scene.layout.branches.size())
        return {};
    const layout::Branch& branch = scene.layout.branches[edge];
    return boundsOf(branch.points) | boundsOf(scene.layout.trunks[branch.trunk].points) |
           areaOfNode(scene, scene.edges[edge].from) | areaOfNode(scene, scene.edges[edge].to);
}

QRectF areaOfFrame(const GraphScene& scene, std::size_t frame)
{
    return frame < scene.frames.size() && !scene.frames[frame].nodes.empty()
               ? (scene.frames[frame].rect | scene.frames[frame].badgeRect) + border
               : QRectF();
}

} // namespace

std::optional<QRectF> areaOfChange(const IndexedScene& before, const IndexedScene& after)
{
    const GraphScene &a = before.scene, &b = after.scene;
    if (before.index != after.index || a.bounds != b.bounds)
        return std::nullopt;
    QRectF area;
    const auto add = [&](const auto& member, const auto& areaIn, QMarginsF room) {
        member(b).visitDiffering(member(a), [&](std::size_t at) {
            for (const GraphScene* scene : {&a, &b})
                if (const QRectF each = areaIn(*scene, at); !each.isNull())
                    area |= each + room;
        });
    };
    add([](const GraphScene& scene) -> auto& { return scene.nodes; }, areaOfNode, {});
    add([](const GraphScene& scene) -> auto& { return scene.frameOf; }, areaOfNode, {});
    add([](const GraphScene& scene) -> auto& { return scene.frames; }, areaOfFrame, {});
    add(
        [](const GraphScene& scene) -> auto& { return scene.edges; }, areaOfEdge, labelRoom);
    add(
        [](const GraphScene& scene) -> auto& { return scene.layout.branches; }, areaOfEdge, labelRoom);
    const auto ofTrunk = [](const GraphScene& scene, std::size_t trunk) {
        return trunk < scene.layout.trunks.size() ? boundsOf(scene.layout.trunks[trunk].points) : QRectF();
    };
    add(
        [](const GraphScene& scene) -> auto& { return scene.layout.trunks; }, ofTrunk, labelRoom);
    return area;
}

QRectF areaOf(const IndexedScene& indexed, const CanvasHit& hit)
{
    const GraphScene& scene = indexed.scene;
    QRectF area;
    if (hit.header >= 0 && static_cast<std::size_t>(hit.header) < scene.groups.size())
        area |= scene.groups[static_cast<std::size_t>(hit.header)].outline + border;
    if (hit.frame >= 0)
        area |= areaOfFrame(scene, static_cast<std::size_t>(hit.frame));
    if (hit.node >= 0) {
        area |= areaOfNode(scene, static_cast<std::size_t>(hit.node));
        for (const auto& edges :
             {indexed.index->edgesIn(scene, hit.node), indexed.index->edgesOut(scene, hit.node)})
            for (const std::uint32_t edge : edges)
                area |= areaOfEdge(scene, edge);
    } else if (hit.edge >= 0 && static_cast<std::size_t>(hit.edge) < scene.layout.branches.size()) {
        const auto trunk = scene.layout.branches[static_cast<std::size_t>(hit.edge)].trunk;
        for (const std::uint32_t edge : indexed.index->edgesOfTrunk(scene, trunk))
            area |= areaOfEdge(scene, edge);
    }
    return area;
}

} // namespace pleat::ui
