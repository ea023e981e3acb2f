// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPainter that writes the labels of edges, each where nothing else is.
#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/PaintDetail.h"
#include "ui/canvas/ScopeOutlines.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace pleat::ui {

using namespace measures;

namespace {
constexpr double labelWidth = 220; // of the longest one; the rest is left to the tool tip
constexpr double labelHeight = 16;
} // namespace

void GraphPainter::paintLabels(QPainter& painter, const std::vector<std::uint32_t>& lines,
                               const QRectF& visible, const Detail& detail) const
{
    painter.save();
    painter.setOpacity(detail.words);
    painter.setFont(m_fonts.label);
    painter.setPen(m_theme.quiet);
    const auto trunks = static_cast<std::uint32_t>(m_scene.layout.trunks.size());
    // A fan of a hundred lines passes here whose labels are far away.
    const QRectF near = visible.adjusted(-labelWidth, -labelWidth, labelWidth, labelWidth);
    for (const std::uint32_t line : lines) {
        if (!step() || line < trunks || m_scene.edges[line - trunks].label.isEmpty())
            continue;
        const layout::Branch& branch = m_scene.layout.branches[line - trunks];
        const auto isNear = [&](const std::vector<layout::PointF>& way, bool end) {
            return !way.empty() &&
                   near.contains(end ? way.back().x : way.front().x, end ? way.back().y : way.front().y);
        };
        if (!isNear(branch.points, true) && !isNear(m_scene.layout.trunks[branch.trunk].points, false))
            continue;
        const QRectF rect = labelRect(line - trunks);
        const QString& label = m_scene.edges[line - trunks].label;
        if (rect.intersects(visible))
            painter.drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
                             m_labels.elided(label, Qt::ElideRight, labelWidth));
    }
    painter.restore();
}

QRectF GraphPainter::labelRect(std::uint32_t edge) const
{
    auto place = labelPlace(edge);
    if (!place)
        return {};
    *place = outsideOutlines(*place, m_scene.edges[edge]);
    const double width = std::min(std::ceil(m_labels.of(m_scene.edges[edge].label)) + 1, labelWidth);
    for (int side = 0; side < 2; ++side) {
        if (const QRectF rect = labelRect(*place, width); isFree(rect, m_scene.edges[edge]))
            return rect;
        place->greaterSide = !place->greaterSide;
    }
    return {};
}

// Where its own curve does not pass: beside a straight line, at the arrow on the far side of a curve that
// comes alone, else at the start of a curve that leaves alone. A label that has no such place is left to the
// tool tip.
std::optional<GraphPainter::LabelPlace> GraphPainter::labelPlace(std::uint32_t e) const
{
    const SceneEdge& edge = m_scene.edges[e];
    const layout::Branch& branch = m_scene.layout.branches[e];
    const auto& way = branch.points;
    const bool down = m_scene.direction == Direction::TopDown;
    const auto across = [down](layout::PointF p) { return down ? p.x : p.y; };
    const auto along = [down](layout::PointF p) { return down ? p.y : p.x; };
    if (way.size() < 2 || along(way.back()) < along(way[way.size() - 2]))
        return std::nullopt; // against the direction
    const double end = across(way.back()), turn = end - across(way.front());
    bool onlyOne = true, lowest = true;
    for (const std::uint32_t other : m_index.edgesIn(m_scene, static_cast<int>(edge.to))) {
        const auto& others = m_scene.layout.branches[other].points;
        if (other == e || others.empty())
            continue;
        onlyOne = false;
        if (across(others.back()) < end - 0.5)
            lowest = false;
        else if (other < e && std::abs(across(others.back()) - end) < 0.5)
            return std::nullopt; // the same tensor read twice
    }
    const bool straight = std::abs(turn) < 0.5;
    const SceneNode& to = m_scene.nodes[edge.to];
    const SceneNode& from = m_scene.nodes[edge.from];
    if (straight || onlyOne) {
        bool after = straight ? onlyOne || !lowest : turn > 0;
        if (straight && onlyOne) {
            // Away from the side to which the tensor branches off.
            bool left = false, right = false;
            for (const std::uint32_t other : m_index.edgesOfTrunk(m_scene, branch.trunk)) {
                const double goes = across(m_scene.layout.branches[other].points.back()) - end;
                left |= goes < -0.5;
                right |= goes > 0.5;
            }
            // Otherwise where one looks for it: right of a line, or above it.
            after = down ? left || !right : left && !right;
        }
        return LabelPlace{end, (down ? to.rect.top() : to.rect.left()) - to.clearBefore, true, after};
    }
    if (m_index.edgesOfTrunk(m_scene, branch.trunk).size() > 1)
        return std::nullopt;
    const auto& trunk = m_scene.layout.trunks[branch.trunk].points;
    const double start = across(trunk.front());
    const double goes = (trunk.size() > 2 ? across(trunk.back()) : end) - start;
    return LabelPlace{start, (down ? from.rect.bottom() : from.rect.right()) + from.clearAfter, false,
                      goes < 0};
}

QRectF GraphPainter::labelRect(const LabelPlace& place, double width) const
{
    constexpr double distance = 7;
    if (m_scene.direction == Direction::TopDown)
        return {place.greaterSide ? place.across + distance : place.across - distance - width,
                (place.before ? place.along - rankGapDown / 2 + 1 : place.along + 13) - labelHeight / 2,
                width, labelHeight};
    return {place.before ? place.along - 12 - width : place.along + 8,
            place.greaterSide ? place.across + 2 : place.across - 2 - labelHeight, width, labelHeight};
}

// Past the outlines that begin (end) at the node and that the edge comes into (leaves).
GraphPainter::LabelPlace GraphPainter::outsideOutlines(LabelPlace place, const SceneEdge& edge) const
{
    if (m_scene.groupOf.empty())
        return place;
    const bool down = m_scene.direction == Direction::TopDown;
    constexpr double step = std::max(outlineHeaderHeight, outlinePadding) + 2;
    visitGroupsAround(
        m_scene, m_scene.groupOf[place.before ? edge.to : edge.from], [&](const SceneGroup& group) {
            const QRectF& outline = group.outline;
            if (outline.contains(m_scene.nodes[place.before ? edge.from : edge.to].rect))
                return;
            const double border = place.before ? down ? outline.top() : outline.left()
                                  : down ? outline.bottom()
                                               : outline.right();
            if (!outline.isNull() && std::abs(border - place.along) <= step)
                place.along = place.before ? std::min(place.along, border) : std::max(place.along, border);
        });
    return place;
}

// Over no node, and on no line of a frame or of an outline that its edge has to do with.
bool GraphPainter::isFree(const QRectF& rect, const SceneEdge& edge) const
{
    const auto isCut = [&](const QRectF& outline) {
        return outline.intersects(rect) && !outline.contains(rect);
    };
    if (!m_index.nodes(m_scene, rect).empty())
        return false;
    bool isFree = std::ranges::none_of(m_index.frames(m_scene, rect), [&](std::uint32_t f) {
        const SceneFrame& frame = m_scene.frames[f];
        return frame.badgeRect.intersects(rect) || isCut(frame.rect);
    });
    if (!m_scene.groupOf.empty())
        for (const quint32 node : {edge.from, edge.to})
            visitGroupsAround(m_scene, m_scene.groupOf[node], [&](const SceneGroup& group) {
                isFree &= !isCut(group.outline) && !outlineHeader(group).intersects(rect);
            });
    return isFree;
}

} // namespace pleat::ui
