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
#include <unordered_set>

namespace pleat::ui {

using namespace measures;

namespace {

constexpr double arrowSize = 9;
constexpr double invisible = 0.6; // pixels of the screen: so short a line is not seen

// Where the pieces of a path begin and end, to two pixels: of lines with the same ends one stands for all.
std::uint64_t endsOf(const QPainterPath& path, double zoom)
{
    std::uint64_t hash = 0xcbf29ce484222325ull; // FNV-1a
    const auto add = [&](double value) {
        hash = (hash ^ static_cast<std::uint64_t>(std::llround(value * zoom / 2))) * 0x100000001b3ull;
    };
    for (int i = 0; i < path.elementCount(); ++i) {
        if (path.elementAt(i).isCurveTo())
            i += 2; // past the handles
        add(path.elementAt(i).x);
        add(path.elementAt(i).y);
    }
    return hash;
}

} // namespace

GraphPainter::GraphPainter(const GraphScene& scene, const SceneIndex& index, const Theme& theme,
                           const SceneFonts& fonts)
    : m_scene(scene),
      m_index(index),
      m_theme(theme),
      m_fonts(fonts),
      m_titles(fonts.title),
      m_rows(fonts.row),
      m_rowNames(fonts.rowName),
      m_labels(fonts.label)
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
    const bool far = zoom < farZoom;
    // Labels stand beside their line and may reach into view when the line does not.
    auto lines = m_index.lines(m_scene, visible.adjusted(-120, -40, 120, 40), far ? invisible / zoom : 0);
    const Overview overview = overviewOf(zoom, marks);
    leaveOutCovered(overview, nodes, lines, frames);

    if (m_watch) // how often each kind is gone through below
        m_watch->total = 2 * frames.size() + 3 * lines.size() + 3 * nodes.size();
    painter.setRenderHint(QPainter::Antialiasing, !far);
    if (detail.outlines > 0)
        paintOutlines(painter, visible, detail, marks);
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
            paintLabels(painter, lines, visible, detail);
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
    std::unordered_set<std::uint64_t> drawn; // where a hundred branches fan out, most are on top of others
    for (const std::uint32_t line : lines)
        if (step() && points(line).size() > 1)
            if (const QPainterPath path = linePathIn(visible, points(line), m_scene.direction);
                !path.isEmpty() && drawn.insert(endsOf(path, detail.zoom)).second)
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
    const double least = invisible / zoom;
    for (const std::uint32_t line : lines) {
        if (!step())
            break;
        const auto& way = points(line);
        for (std::size_t i = 0; i + 1 < way.size(); ++i) {
            const layout::PointF a = way[i], b = way[i + 1];
            if (std::max(a.x, b.x) < visible.left() || std::min(a.x, b.x) > visible.right() ||
                std::max(a.y, b.y) < visible.top() || std::min(a.y, b.y) > visible.bottom())
                continue;
            if (std::abs(a.x - b.x) > least || std::abs(a.y - b.y) > least)
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

} // namespace pleat::ui
