// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/GraphPainter.h"

#include "ui/canvas/EdgePath.h"
#include "ui/canvas/PaintDetail.h"
#include "ui/widgets/MarkLook.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace pleat::ui {

using namespace measures;

namespace {

constexpr double arrowSize = 9;

} // namespace

GraphPainter::GraphPainter(const GraphScene& scene, const SceneIndex& index, const Theme& theme,
                           const SceneFonts& fonts)
    : m_scene(scene),
      m_index(index),
      m_theme(theme),
      m_fonts(fonts)
{
}

void GraphPainter::setWatch(Progress& progress, std::stop_token stop)
{
    m_watch = std::make_unique<Watch>(Watch{&progress, std::move(stop)});
}

bool GraphPainter::step() const
{
    if (!m_watch)
        return true;
    constexpr std::uint64_t seldom = 64;
    if (++m_watch->done % seldom == 0)
        m_watch->progress->advance(std::min(m_watch->done, m_watch->total), m_watch->total);
    return !m_watch->stop.stop_requested();
}

void GraphPainter::paint(QPainter& painter, const QRectF& visible, double zoom, const CanvasMarks& marks)
{
    const Detail detail(zoom);
    auto frames = m_index.frames(m_scene, visible);
    auto nodes = m_index.nodes(m_scene, visible.adjusted(-8, -8, 8, 8));
    // Labels stand beside their line and may reach into view when the line does not.
    auto lines = m_index.lines(m_scene, visible.adjusted(-120, -40, 120, 40));
    const Overview overview = overviewOf(zoom, marks);
    leaveOutCovered(overview, nodes, lines, frames);

    const bool far = zoom < farZoom;
    if (m_watch) // how often each kind is gone through below
        m_watch->total = 2 * frames.size() + 3 * lines.size() + 3 * nodes.size();
    painter.setRenderHint(QPainter::Antialiasing, !far);
    paintFrames(painter, frames, detail, marks);
    if (far)
        paintFarLines(painter, lines, visible, zoom);
    else
        paintLines(painter, lines, visible, detail);
    paintLitLines(painter, detail, marks);
    if (far) {
        paintFarNodes(painter, nodes, zoom);
    } else {
        if (detail.words > 0)
            paintLabels(painter, lines, detail);
        paintNodes(painter, nodes, detail);
        if (detail.titles > 0)
            paintTitles(painter, nodes, detail);
        if (detail.words > 0)
            paintRows(painter, nodes, detail);
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    if (marks.heat)
        paintHeat(painter, nodes, visible, detail, *marks.heat);
    if (!marks.emphasised.empty())
        paintEmphasised(painter, nodes, visible, detail, marks);
    paintOverview(painter, overview, visible);
    paintRings(painter, detail, marks, overview);
    if (detail.badges > 0 && !marks.heat)
        paintBadges(painter, frames, detail);
}

// Squares on whole pixels, not round points: those cost more than the rest of the picture.
void GraphPainter::paintGrid(QPainter& painter, const QRectF& visible, double zoom) const
{
    constexpr double step = 24, side = 2;
    const double strength = ramp(zoom, 0.4, 0.7);
    if (strength <= 0)
        return;
    const QTransform toDevice = painter.worldTransform();
    std::vector<QRectF> dots;
    for (double x = std::ceil(visible.left() / step) * step; x <= visible.right(); x += step) {
        for (double y = std::ceil(visible.top() / step) * step; y <= visible.bottom(); y += step) {
            const QPointF at = toDevice.map(QPointF(x, y));
            dots.emplace_back(std::round(at.x()) - side / 2, std::round(at.y()) - side / 2, side, side);
        }
    }
    painter.save();
    painter.resetTransform();
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(Qt::NoPen);
    painter.setBrush(blend(m_theme.canvas, m_theme.grid, 0.75 * strength));
    painter.drawRects(dots.data(), static_cast<int>(dots.size()));
    painter.restore();
}

void GraphPainter::paintFrames(QPainter& painter, const std::vector<std::uint32_t>& frames,
                               const Detail& detail, const CanvasMarks& marks) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const std::uint32_t f : frames) {
        if (!step())
            break;
        const SceneFrame& frame = m_scene.frames[f];
        const bool selected = marks.selected.frame == static_cast<int>(f);
        const bool hovered = marks.hovered.frame == static_cast<int>(f);
        const QColor colour = m_theme.mark(frame.look.colour);
        QColor fill = colour;
        // Further out the fill has to say what the words no longer can.
        fill.setAlphaF(static_cast<float>((m_theme.dark ? 0.07 : 0.085) + (selected || hovered ? 0.05 : 0.0) +
                                          0.2 * (1 - ramp(detail.zoom, 0.1, 0.4))));
        const double width = std::max(selected ? 3.0 : 2.0, (selected ? 2.0 : 1.2) / detail.zoom);
        QPen pen(colour, width);
        if (frame.look.outline == Outline::Dashed) {
            pen.setDashPattern({4, 3});
            pen.setCapStyle(Qt::FlatCap);
        } else if (frame.look.outline == Outline::Dotted) {
            pen.setDashPattern({0.01, 2.2});
            pen.setCapStyle(Qt::RoundCap);
        }
        painter.setPen(pen);
        painter.setBrush(fill);
        painter.drawRoundedRect(frame.rect, 10, 10);
    }
    painter.restore();
}

void GraphPainter::paintBadges(QPainter& painter, const std::vector<std::uint32_t>& frames,
                               const Detail& detail) const
{
    painter.save();
    painter.setOpacity(detail.badges);
    painter.setFont(m_fonts.badge);
    const QFontMetricsF metrics(m_fonts.badge);
    for (const std::uint32_t f : frames) {
        if (!step())
            break;
        const SceneFrame& frame = m_scene.frames[f];
        const QRectF& r = frame.badgeRect;
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.badge(frame.look.colour));
        painter.drawRoundedRect(r, 7, 7);
        const QColor words = m_theme.onBadge(frame.look.colour);
        paintSymbol(painter, frame.look.symbol, QRectF(r.left() + 9, r.center().y() - 5, 10, 10), words);
        painter.setPen(words);
        const QRectF room = r.adjusted(24, 0, -8, 0);
        painter.drawText(room, Qt::AlignVCenter | Qt::AlignLeft,
                         metrics.elidedText(frame.badge, Qt::ElideRight, room.width() + 1));
    }
    painter.restore();
}

const std::vector<layout::PointF>& GraphPainter::points(std::uint32_t line) const
{
    const auto trunks = m_scene.layout.trunks.size();
    return line < trunks ? m_scene.layout.trunks[line].points : m_scene.layout.branches[line - trunks].points;
}

void GraphPainter::paintLines(QPainter& painter, const std::vector<std::uint32_t>& lines,
                              const QRectF& visible, const Detail& detail) const
{
    painter.setPen(QPen(m_theme.edge, detail.lineWidth, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    for (const std::uint32_t line : lines)
        if (step() && points(line).size() > 1)
            if (const QPainterPath path = linePathIn(visible, points(line), m_scene.direction);
                !path.isEmpty())
                painter.drawPath(path);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.edge);
    const QRectF arrives = visible.adjusted(-arrowSize, -arrowSize, arrowSize, arrowSize);
    for (const std::uint32_t line : lines)
        if (step() && line >= m_scene.layout.trunks.size() && !points(line).empty() &&
            arrives.contains(toQt(points(line).back())))
            painter.drawPolygon(arrowHead(points(line), m_scene.direction, arrowSize));
}

void GraphPainter::paintFarLines(QPainter& painter, const std::vector<std::uint32_t>& lines,
                                 const QRectF& visible, double zoom) const
{
    std::vector<QLineF> batch;
    const double invisible = 0.6 / zoom;
    for (const std::uint32_t line : lines) {
        if (!step())
            break;
        const auto& way = points(line);
        for (std::size_t i = 0; i + 1 < way.size(); ++i) {
            const layout::PointF a = way[i], b = way[i + 1];
            if (std::max(a.x, b.x) < visible.left() || std::min(a.x, b.x) > visible.right() ||
                std::max(a.y, b.y) < visible.top() || std::min(a.y, b.y) > visible.bottom())
                continue;
            if (std::abs(a.x - b.x) > invisible || std::abs(a.y - b.y) > invisible)
                batch.emplace_back(toQt(a), toQt(b));
        }
    }
    QPen pen(blend(m_theme.canvas, m_theme.edge, 0.35 + 0.65 * ramp(zoom, 0.02, farZoom)), 1);
    pen.setCosmetic(true);
    painter.setPen(pen);
    painter.drawLines(batch.data(), static_cast<int>(batch.size()));
}

// Edges to light for a node (all of it), an edge (its whole tensor).
std::vector<std::uint32_t> GraphPainter::litEdges(const CanvasHit& hit) const
{
    std::vector<std::uint32_t> edges;
    if (hit.node >= 0) {
        edges = m_index.edgesIn(m_scene, hit.node);
        const auto& out = m_index.edgesOut(m_scene, hit.node);
        edges.insert(edges.end(), out.begin(), out.end());
    } else if (hit.edge >= 0 && static_cast<std::size_t>(hit.edge) < m_scene.layout.branches.size()) {
        edges =
            m_index.edgesOfTrunk(m_scene, m_scene.layout.branches[static_cast<std::size_t>(hit.edge)].trunk);
    }
    return edges;
}

void GraphPainter::paintLitLines(QPainter& painter, const Detail& detail, const CanvasMarks& marks) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (const CanvasHit& hit : {marks.hovered, marks.selected}) {
        for (const std::uint32_t e : litEdges(hit)) {
            const layout::Branch& branch = m_scene.layout.branches[e];
            if (branch.points.empty())
                continue;
            const auto& trunk = m_scene.layout.trunks[branch.trunk].points;
            std::vector<layout::PointF> way(trunk.begin(), trunk.begin() + branch.leaves);
            way.insert(way.end(), branch.points.begin(), branch.points.end());
            painter.setPen(QPen(m_theme.accent, std::max(2.2, 1.6 / detail.zoom), Qt::SolidLine, Qt::FlatCap,
                                Qt::RoundJoin));
            painter.setBrush(Qt::NoBrush);
            painter.drawPath(linePath(way, m_scene.direction));
            painter.setPen(Qt::NoPen);
            painter.setBrush(m_theme.accent);
            painter.drawPolygon(
                arrowHead(branch.points, m_scene.direction, std::max(arrowSize, 5 / detail.zoom)));
        }
    }
    painter.restore();
}

void GraphPainter::paintLabels(QPainter& painter, const std::vector<std::uint32_t>& lines,
                               const Detail& detail) const
{
    painter.save();
    painter.setOpacity(detail.words);
    painter.setFont(m_fonts.label);
    painter.setPen(m_theme.quiet);
    const auto trunks = static_cast<std::uint32_t>(m_scene.layout.trunks.size());
    for (const std::uint32_t line : lines)
        if (step() && line >= trunks && !m_scene.edges[line - trunks].label.isEmpty())
            paintLabel(painter, line - trunks);
    painter.restore();
}

// Where its own curve does not pass: beside a straight line, at the arrow on the far side of a curve that
// comes alone, else at the start of a curve that leaves alone. A label that has no such place is left to the
// tool tip.
void GraphPainter::paintLabel(QPainter& painter, std::uint32_t e) const
{
    const SceneEdge& edge = m_scene.edges[e];
    const layout::Branch& branch = m_scene.layout.branches[e];
    const auto& way = branch.points;
    const bool down = m_scene.direction == Direction::TopDown;
    const auto across = [down](layout::PointF p) { return down ? p.x : p.y; };
    const auto along = [down](layout::PointF p) { return down ? p.y : p.x; };
    if (way.size() < 2 || along(way.back()) < along(way[way.size() - 2]))
        return; // against the direction
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
            return; // the same tensor read twice
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
        drawLabel(painter, edge.label, end, (down ? to.rect.top() : to.rect.left()) - to.clearBefore, true,
                  after);
    } else if (m_index.edgesOfTrunk(m_scene, branch.trunk).size() == 1) {
        const auto& trunk = m_scene.layout.trunks[branch.trunk].points;
        const double start = across(trunk.front());
        const double goes = (trunk.size() > 2 ? across(trunk.back()) : end) - start;
        drawLabel(painter, edge.label, start,
                  (down ? from.rect.bottom() : from.rect.right()) + from.clearAfter, false, goes < 0);
    }
}

// Beside a line at `across`: before the border at `along` (an arrow's end) or after it (a start); on the side
// of the greater coordinates or of the smaller ones.
void GraphPainter::drawLabel(QPainter& painter, const QString& text, double across, double along, bool before,
                             bool greaterSide) const
{
    constexpr double distance = 7, width = 220, height = 16;
    const auto aligned = [&](const QRectF& room, Qt::Alignment side) {
        painter.drawText(room, static_cast<int>((side | Qt::AlignVCenter).toInt()), text);
    };
    if (m_scene.direction == Direction::TopDown) {
        const double y = before ? along - rankGapDown / 2 + 1 : along + 13;
        const QRectF room(greaterSide ? across + distance : across - distance - width, y - height / 2, width,
                          height);
        aligned(room, greaterSide ? Qt::AlignLeft : Qt::AlignRight);
    } else {
        const QRectF room(before ? along - 12 - width : along + 8,
                          greaterSide ? across + 2 : across - 2 - height, width, height);
        aligned(room, before ? Qt::AlignRight : Qt::AlignLeft);
    }
}

} // namespace pleat::ui
