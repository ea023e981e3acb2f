// SPDX-License-Identifier: GPL-3.0-or-later
// How a heat map is painted: the half of HeatMap that changes nothing.
#include "ui/document/Convert.h"
#include "ui/weights/HeatMap.h"
#include "ui/weights/PlotPainting.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace pleat::ui {

namespace {

constexpr double mapLeft = 48, mapRight = 14, mapTop = 28;

// The smallest of 1, 2, 5, 10, 20, … that is so many pixels apart.
double roundStep(double pixelsEach, double wanted)
{
    double step = 1;
    for (int i = 0; step * pixelsEach < wanted; ++i)
        step *= i % 3 == 1 ? 2.5 : 2;
    return step;
}

} // namespace

QRectF HeatMap::area() const
{
    const double bottom = QFontMetrics(plotFont(font())).height() + 10;
    return {mapLeft, mapTop, std::max(10.0, width() - mapLeft - mapRight),
            std::max(10.0, height() - mapTop - bottom)};
}

void HeatMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setFont(plotFont(font()));
    painter.setPen(theme.quiet);
    if (!m_problem.isEmpty()) {
        painter.drawText(rect().adjusted(14, 8, -14, -8), Qt::AlignCenter | Qt::TextWordWrap, m_problem);
        return;
    }
    painter.drawText(QRectF(14, 6, width() - 28, painter.fontMetrics().height()), Qt::AlignLeft,
                     painter.fontMetrics().elidedText(caption(), Qt::ElideRight, width() - 28));
    const CellsPointer& cells = shownCells();
    if (!cells)
        return;
    const HeatColours colours(m_scale, theme);
    if (m_image.isNull())
        m_image = heatImage(*cells, m_view, devicePixelRatioF(), colours, m_reach);
    const QRectF box(area().topLeft(), m_view.picture());
    painter.drawImage(box.topLeft(), m_image);
    painter.save();
    painter.setClipRect(box);
    drawTileGaps(painter, theme);
    if (cells->blockRows == 1 && cells->blockColumns == 1)
        drawNumbers(painter, colours);
    painter.restore();
    painter.setPen(QPen(blend(theme.line, theme.text, 0.15), 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5));
    drawAxes(painter, theme);
    drawReading(painter, theme);
}

void HeatMap::drawTileGaps(QPainter& painter, const Theme& theme) const
{
    constexpr double narrowest = 8; // px of a tile that is told from the next
    const QRectF box(area().topLeft(), m_view.picture());
    const auto lines = [&](std::uint64_t tile, double cell, double first, double length, auto&& draw) {
        const double step = double(tile) * cell;
        if (tile < 2 || step < narrowest)
            return;
        const double offset = std::floor(first / double(tile)) * double(tile);
        for (double at = (offset - first) * cell + step; at < length; at += step)
            draw(std::round(at));
    };
    // On dark the middle of the scale is as dark as the panel.
    painter.setPen(
        QPen(theme.dark ? theme.line : theme.panel, m_view.cellHeight > 8 && m_view.cellWidth > 8 ? 3 : 1));
    // A tile has both borders, also where it is a single row.
    const bool tiles = m_grid.tileRows > 1 || m_grid.tileColumns > 1;
    if (!tiles)
        return;
    lines(m_grid.tileColumns, m_view.cellWidth, m_view.left, box.width(), [&](double x) {
        painter.drawLine(QPointF(box.left() + x, box.top()), QPointF(box.left() + x, box.bottom()));
    });
    lines(m_grid.tileRows, m_view.cellHeight, m_view.top, box.height(), [&](double y) {
        painter.drawLine(QPointF(box.left(), box.top() + y), QPointF(box.right(), box.top() + y));
    });
}

void HeatMap::drawNumbers(QPainter& painter, const HeatColours& colours) const
{
    const QFontMetrics metrics = painter.fontMetrics();
    if (m_view.cellWidth < metrics.horizontalAdvance(QStringLiteral("−0.0000")) + 6 ||
        m_view.cellHeight < metrics.height() + 2)
        return;
    const LargestCells& cells = *shownCells();
    const CellRegion visible = m_view.visible();
    for (std::uint64_t row = visible.firstRow; row < visible.firstRow + visible.rows; ++row) {
        for (std::uint64_t column = visible.firstColumn; column < visible.firstColumn + visible.columns;
             ++column) {
            const double value =
                cells.at(row - cells.region.firstRow, column - cells.region.firstColumn).value;
            const QRectF cell(area().left() + (double(column) - m_view.left) * m_view.cellWidth,
                              area().top() + (double(row) - m_view.top) * m_view.cellHeight, m_view.cellWidth,
                              m_view.cellHeight);
            QColor ground = Qt::black;
            if (std::isfinite(value))
                ground = QColor::fromRgb(colours.at(m_reach > 0 ? value / m_reach : 0));
            else // on checks nothing can be read
                painter.fillRect(QRectF(cell.center().x() - 18, cell.center().y() - 8, 36, 16), ground);
            painter.setPen(contrast(Qt::white, ground) > contrast(Qt::black, ground) ? Qt::white : Qt::black);
            painter.drawText(cell, Qt::AlignCenter, number(value));
        }
    }
}

void HeatMap::drawAxes(QPainter& painter, const Theme& theme) const
{
    const QFontMetrics metrics = painter.fontMetrics();
    const QRectF box(area().topLeft(), m_view.picture());
    painter.setPen(theme.quiet);
    const auto numbers = [](std::uint64_t tile, double cell, double first, double length, double apart,
                            auto&& draw) {
        const double size = double(tile) * cell, from = first / double(tile);
        const double step = roundStep(size, apart);
        for (double at = std::ceil(from / step) * step; (at - from) * size < length; at += step)
            if (const double middle = (at - from + 0.5) * size; middle < length)
                draw(middle, QString::number(at, 'f', 0));
    };
    numbers(m_grid.tileColumns, m_view.cellWidth, m_view.left, box.width(), 56,
            [&](double x, const QString& words) {
                painter.drawText(QRectF(box.left() + x - 40, box.bottom() + 4, 80, metrics.height()),
                                 Qt::AlignHCenter, words);
            });
    numbers(m_grid.tileRows, m_view.cellHeight, m_view.top, box.height(), metrics.height() + 6,
            [&](double y, const QString& words) {
                painter.drawText(
                    QRectF(0, box.top() + y - metrics.height() / 2.0, mapLeft - 7, metrics.height()),
                    Qt::AlignRight | Qt::AlignVCenter, words);
            });
}

void HeatMap::drawReading(QPainter& painter, const Theme& theme) const
{
    if (!m_hovered || m_reading.isEmpty())
        return;
    const qsizetype end = m_reading.indexOf(u'\n');
    const QString title = m_reading.left(end), detail = m_reading.mid(end + 1);
    const QFontMetrics metrics = painter.fontMetrics();
    QFont bold = painter.font();
    bold.setWeight(QFont::DemiBold);
    const double wide =
        std::max(QFontMetrics(bold).horizontalAdvance(title), metrics.horizontalAdvance(detail)) + 18;
    QRectF box(m_hovered->x() + 14, m_hovered->y() + 14, wide, 2 * metrics.height() + 11);
    if (box.right() > width() - 2)
        box.moveRight(m_hovered->x() - 10);
    if (box.bottom() > height() - 2)
        box.moveBottom(m_hovered->y() - 8);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(blend(theme.line, theme.text, 0.2), 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    const QFont plain = painter.font();
    painter.setFont(bold);
    painter.setPen(theme.text);
    painter.drawText(QPointF(box.left() + 9, box.top() + 5 + metrics.ascent()), title);
    painter.setFont(plain);
    painter.setPen(theme.quiet);
    painter.drawText(QPointF(box.left() + 9, box.top() + 6 + metrics.height() + metrics.ascent()), detail);
}

} // namespace pleat::ui
