// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/PlotPainting.h"

#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>

namespace pleat::ui {

QFont plotFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() - 1);
    return font;
}

QPainterPath histogramSteps(const QRectF& box, const std::vector<double>& heights, double highest)
{
    const double step = box.width() / double(heights.size());
    QPainterPath path(box.bottomLeft());
    for (std::size_t bin = 0; bin < heights.size(); ++bin) {
        const double y = box.bottom() - heights[bin] / highest * box.height();
        path.lineTo(box.left() + double(bin) * step, y);
        path.lineTo(box.left() + double(bin + 1) * step, y);
    }
    path.lineTo(box.bottomRight());
    return path;
}

void drawPlotReading(QPainter& painter, const PlotReading& reading, double top, double width,
                     const QColor& border, const Theme& theme)
{
    painter.save();
    QFont bold = painter.font();
    bold.setWeight(QFont::DemiBold);
    const QFontMetrics boldMetrics(bold);
    const QFontMetrics metrics(painter.font());
    const double wide =
        std::max(boldMetrics.horizontalAdvance(reading.title), metrics.horizontalAdvance(reading.detail)) +
        18;
    QRectF box(0, top, wide, boldMetrics.height() + metrics.height() + 11);
    box.moveLeft(reading.right + wide < width - 2 ? reading.right : reading.left - wide);
    box.moveLeft(std::max(2.0, box.left()));
    painter.setPen(QPen(border, 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setPen(theme.quiet);
    painter.drawText(QPointF(box.left() + 9, box.top() + 6 + boldMetrics.height() + metrics.ascent()),
                     reading.detail);
    painter.setFont(bold);
    painter.setPen(theme.text);
    painter.drawText(QPointF(box.left() + 9, box.top() + 5 + boldMetrics.ascent()), reading.title);
    painter.restore();
}

} // namespace pleat::ui
