// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPainter that colours nodes by a number: all else steps back, and the number is written
// where the title can be read.
#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/PaintDetail.h"
#include "ui/widgets/HeatColours.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>

namespace pleat::ui {

using namespace measures;

const CanvasHeat::Node* CanvasHeat::at(std::uint32_t node) const
{
    const auto found = std::ranges::lower_bound(nodes, node, {}, &Node::node);
    return found != nodes.end() && found->node == node ? &*found : nullptr;
}

void GraphPainter::paintHeat(QPainter& painter, const std::vector<std::uint32_t>& nodes,
                             const QRectF& visible, const Detail& detail, const CanvasHeat& heat) const
{
    const HeatColours colours(HeatScale::BlueRed, m_theme);
    QColor veil = m_theme.canvas;
    veil.setAlphaF(0.66f);
    painter.fillRect(visible, veil);
    const QFontMetricsF titleMetrics(m_fonts.title), metrics(m_fonts.badge);
    for (const std::uint32_t n : nodes) {
        const CanvasHeat::Node* const hot = heat.at(n);
        if (!hot)
            continue;
        if (!step())
            break;
        const SceneNode& node = m_scene.nodes[n];
        const QColor fill = QColor::fromRgb(colours.at(hot->share));
        const double pixel = 1 / detail.zoom;
        QRectF box = node.rect;
        box.setSize({std::max(box.width(), pixel), std::max(box.height(), pixel)});
        painter.setPen(QPen(blend(fill, m_theme.text, 0.35), std::max(1.2, pixel)));
        painter.setBrush(fill);
        painter.drawRoundedRect(box, corner, corner);
        if (detail.titles <= 0)
            continue;
        painter.setOpacity(detail.titles);
        painter.setPen(contrast(Qt::white, fill) > contrast(Qt::black, fill) ? Qt::white : Qt::black);
        // One under the other where the node is high enough, else side by side.
        QRectF room = box.adjusted(8, 0, -8, 0);
        if (box.height() >= 2 * rowHeight + 4) {
            painter.setFont(m_fonts.badge);
            painter.drawText(QRectF(room.left(), room.center().y() + 1, room.width(), rowHeight),
                             Qt::AlignHCenter, hot->words);
            room.setBottom(room.center().y() + 1);
            room.setTop(room.bottom() - rowHeight);
            painter.setFont(m_fonts.title);
            painter.drawText(room, Qt::AlignCenter,
                             titleMetrics.elidedText(node.title, Qt::ElideMiddle, room.width()));
        } else {
            const double words = metrics.horizontalAdvance(hot->words) + 8;
            painter.setFont(m_fonts.badge);
            painter.drawText(room, Qt::AlignRight | Qt::AlignVCenter, hot->words);
            painter.setFont(m_fonts.title);
            painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                             titleMetrics.elidedText(node.title, Qt::ElideMiddle, room.width() - words));
        }
        painter.setOpacity(1);
    }
}

} // namespace pleat::ui
