// SPDX-License-Identifier: GPL-3.0-or-later
// The half of GraphPainter that paints nodes: boxes, titles, rows, rings.
#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/PaintDetail.h"
#include "ui/widgets/MarkLook.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <array>
#include <iterator>

namespace pleat::ui {

using namespace measures;

namespace {

QPainterPath topRounded(const QRectF& r, double radius)
{
    QPainterPath path;
    path.moveTo(r.left(), r.bottom());
    path.lineTo(r.left(), r.top() + radius);
    path.quadTo(r.topLeft(), QPointF(r.left() + radius, r.top()));
    path.lineTo(r.right() - radius, r.top());
    path.quadTo(r.topRight(), QPointF(r.right(), r.top() + radius));
    path.lineTo(r.right(), r.bottom());
    path.closeSubpath();
    return path;
}

bool isTerminal(const SceneNode& node)
{
    return node.category == Category::GraphInput || node.category == Category::GraphOutput;
}

double radiusOf(const SceneNode& node)
{
    return isTerminal(node) && node.rows.empty() ? titleHeight / 2 : corner;
}

// Two sheets, one behind the other: there is a page in it.
void paintPages(QPainter& painter, const QRectF& title, const QColor& colour)
{
    constexpr double side = 7, shift = 2.5;
    const QRectF front(title.right() - 8 - side, title.center().y() - side / 2 + shift / 2, side, side);
    painter.setPen(QPen(colour, 1.2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(front);
    const QRectF back = front.translated(shift, -shift);
    painter.drawPolyline(QPolygonF{{back.left(), front.top() - 1.2},
                                   back.topLeft(),
                                   back.topRight(),
                                   back.bottomRight(),
                                   {front.right() + 1.2, back.bottom()}});
}

} // namespace

void GraphPainter::paintFarNodes(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                                 double zoom) const
{
    std::array<std::vector<QRectF>, categoryCount> batches;
    const double pixel = 1 / zoom;
    for (const std::uint32_t n : nodes) {
        const SceneNode& node = m_scene.nodes[n];
        const QRectF& r = node.rect;
        batches[static_cast<std::size_t>(node.category)].emplace_back(
            r.x(), r.y(), std::max(r.width(), pixel), std::max(r.height(), pixel));
    }
    painter.setPen(Qt::NoPen);
    for (int c = 0; c < categoryCount; ++c) {
        const auto& batch = batches[static_cast<std::size_t>(c)];
        painter.setBrush(m_theme.category(static_cast<Category>(c)));
        painter.drawRects(batch.data(), static_cast<int>(batch.size()));
    }
}

void GraphPainter::paintNodes(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                              const Detail& detail) const
{
    std::array<std::vector<std::uint32_t>, categoryCount> batches;
    for (const std::uint32_t n : nodes)
        batches[static_cast<std::size_t>(m_scene.nodes[n].category)].push_back(n);
    // A pixel wide at least, and never stronger than the sketch's hairline.
    painter.setPen(QPen(blend(m_theme.line, m_theme.edge, 0.35), std::max(1.0, 0.8 / detail.zoom)));
    painter.setBrush(m_theme.panel);
    // A collapsed scope is a pile of nodes.
    for (const std::uint32_t n : batches[static_cast<std::size_t>(Category::Scope)])
        for (const double behind : {6.0, 3.0})
            painter.drawRoundedRect(m_scene.nodes[n].rect.translated(behind, behind), corner, corner);
    for (const std::uint32_t n : nodes)
        if (!m_scene.nodes[n].rows.empty())
            painter.drawRoundedRect(m_scene.nodes[n].rect, corner, corner);
    painter.setPen(Qt::NoPen);
    for (int c = 0; c < categoryCount; ++c) {
        painter.setBrush(m_theme.category(static_cast<Category>(c)));
        for (const std::uint32_t n : batches[static_cast<std::size_t>(c)]) {
            if (!step())
                break;
            const SceneNode& node = m_scene.nodes[n];
            QRectF r = node.rect;
            if (node.outside) {
                painter.save();
                painter.setBrush(m_theme.canvas);
                QPen dashes(m_theme.category(node.category), std::max(1.5, 1 / detail.zoom),
                            Qt::CustomDashLine);
                dashes.setDashPattern({3, 2});
                painter.setPen(dashes);
                painter.drawRoundedRect(r, radiusOf(node), radiusOf(node));
                painter.restore();
            } else if (node.rows.empty()) {
                painter.drawRoundedRect(r, radiusOf(node), radiusOf(node));
            } else {
                r.setHeight(titleHeight);
                painter.drawPath(topRounded(r.adjusted(-0.5, -0.5, 0.5, 0), corner));
            }
        }
    }
}

void GraphPainter::paintTitles(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                               const Detail& detail) const
{
    painter.save();
    painter.setOpacity(detail.titles);
    painter.setFont(m_fonts.title);
    for (const std::uint32_t n : nodes) {
        if (!step())
            break;
        const SceneNode& node = m_scene.nodes[n];
        QRectF room(node.rect.left() + 8, node.rect.top(), node.rect.width() - 16, titleHeight);
        const QColor words = node.outside ? m_theme.text : m_theme.onCategory(node.category);
        if (node.opens) {
            paintPages(painter, QRectF(node.rect.topLeft(), QSizeF(node.rect.width(), titleHeight)), words);
            room.adjust(8, 0, -8, 0);
        }
        painter.setPen(words);
        painter.drawText(room, Qt::AlignCenter, m_titles.elided(node.title, Qt::ElideMiddle, room.width()));
    }
    painter.restore();
}

void GraphPainter::paintRows(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                             const Detail& detail) const
{
    painter.save();
    painter.setOpacity(detail.words);
    for (const std::uint32_t n : nodes) {
        if (!step())
            break;
        const SceneNode& node = m_scene.nodes[n];
        QRectF room(node.rect.left() + 10, node.rect.top() + titleHeight + bodyPadding,
                    node.rect.width() - 20, rowHeight);
        for (const WeightRow& row : node.rows) {
            painter.setFont(m_fonts.rowName);
            painter.setPen(m_theme.text);
            const double most = row.shape.isEmpty() ? 1 : 0.6;
            const QString name = m_rowNames.elided(row.name, Qt::ElideMiddle, room.width() * most);
            QRectF words = room;
            if (row.look) {
                const QColor colour = m_theme.markText(row.look->colour);
                paintSymbol(painter, row.look->symbol, QRectF(room.left(), room.center().y() - 5, 10, 10),
                            colour);
                painter.setPen(colour);
                words.adjust(15, 0, 0, 0);
            }
            painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, name);
            painter.setFont(m_fonts.row);
            painter.setPen(m_theme.quiet);
            const double left = room.width() - m_rowNames.of(name) - 8;
            painter.drawText(room, Qt::AlignRight | Qt::AlignVCenter,
                             m_rows.elided(row.shape, Qt::ElideRight, left));
            room.translate(0, rowHeight);
        }
    }
    painter.restore();
}

// A veil over everything, and what is meant once more on top of it.
void GraphPainter::paintEmphasised(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                                   const QRectF& visible, const Detail& detail,
                                   const CanvasMarks& marks) const
{
    QColor veil = m_theme.canvas;
    veil.setAlphaF(0.72f);
    painter.fillRect(visible, veil);
    std::vector<std::uint32_t> lit;
    std::ranges::set_intersection(nodes, marks.emphasised, std::back_inserter(lit));
    if (detail.zoom < farZoom)
        return paintFarNodes(painter, lit, detail.zoom);
    paintNodes(painter, lit, detail);
    if (detail.titles > 0)
        paintTitles(painter, lit, detail);
    if (detail.words > 0)
        paintRows(painter, lit, detail);
}

void GraphPainter::paintRings(QPainter& painter, const Detail& detail, const CanvasMarks& marks,
                              const Overview& overview) const
{
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&](int n, double width, double distance) {
        if (n < 0)
            return;
        const SceneNode& node = m_scene.nodes[static_cast<std::size_t>(n)];
        painter.setPen(QPen(m_theme.accent, std::max(width, width / detail.zoom)));
        const double gap = std::max(distance, distance / detail.zoom * 0.6);
        // Round a block that bears its name, that.
        const int block = overview.blockOf(m_scene, static_cast<std::uint32_t>(n));
        const bool isBlock = block >= 0 && overview.blocks[static_cast<std::size_t>(block)].node == n;
        const QRectF& rect = isBlock ? overview.blocks[static_cast<std::size_t>(block)].rect : node.rect;
        painter.drawRoundedRect(rect.adjusted(-gap, -gap, gap, gap), radiusOf(node) + gap,
                                radiusOf(node) + gap);
    };
    for (const CanvasHit& hit : {marks.hovered, marks.selected}) {
        for (const std::uint32_t e : litEdges(hit)) {
            for (const quint32 n : {m_scene.edges[e].from, m_scene.edges[e].to})
                if (static_cast<int>(n) != marks.selected.node)
                    ring(static_cast<int>(n), 1.2, 2);
        }
    }
    for (const std::uint32_t n : marks.chosen)
        if (!m_scene.nodes[n].gone)
            ring(static_cast<int>(n), 2.2, 3);
    ring(marks.hovered.node, 1.5, 2);
    ring(marks.selected.node, 2.2, 3);
}

} // namespace pleat::ui
