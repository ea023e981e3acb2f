// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/StateSymbol.h"

#include <QPainter>
#include <QPainterPath>
#include <QPixmap>
#include <array>

namespace pleat::ui {

void paintStateSymbol(QPainter& painter, FoldState state, const QRectF& box, const QColor& colour)
{
    const auto at = [&box](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, box.height() * 0.17, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    switch (state) {
    case FoldState::CanFold:
        painter.drawLine(at(0.5, 0.08), at(0.5, 0.66));
        painter.drawPolyline(std::array{at(0.22, 0.42), at(0.5, 0.68), at(0.78, 0.42)}.data(), 3);
        painter.drawLine(at(0.2, 0.94), at(0.8, 0.94));
        break;
    case FoldState::Blocked:
        painter.drawLine(at(0.5, 0.1), at(0.5, 0.6));
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawEllipse(at(0.5, 0.88), box.width() * 0.11, box.height() * 0.11);
        break;
    case FoldState::Folded:
        painter.drawPolyline(std::array{at(0.14, 0.54), at(0.4, 0.78), at(0.86, 0.24)}.data(), 3);
        break;
    }
    painter.restore();
}

QIcon stateIcon(FoldState state, const QColor& colour)
{
    QIcon icon;
    for (const int side : {16, 32, 48}) {
        QPixmap pixmap(side, side);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        const double margin = side * 0.15;
        paintStateSymbol(painter, state, QRectF(margin, margin, side - 2 * margin, side - 2 * margin),
                         colour);
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

} // namespace pleat::ui
