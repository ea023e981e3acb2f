// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/MarkLook.h"

#include <QPainter>
#include <QPainterPath>
#include <array>

namespace pleat::ui {

void paintSymbol(QPainter& painter, Symbol symbol, const QRectF& box, const QColor& colour)
{
    const auto at = [&box](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, box.height() * 0.17, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    switch (symbol) {
    case Symbol::Fold:
        painter.drawLine(at(0.5, 0.08), at(0.5, 0.66));
        painter.drawPolyline(std::array{at(0.22, 0.42), at(0.5, 0.68), at(0.78, 0.42)}.data(), 3);
        painter.drawLine(at(0.2, 0.94), at(0.8, 0.94));
        break;
    case Symbol::Attention:
        painter.drawLine(at(0.5, 0.1), at(0.5, 0.6));
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawEllipse(at(0.5, 0.88), box.width() * 0.11, box.height() * 0.11);
        break;
    case Symbol::Check:
        painter.drawPolyline(std::array{at(0.14, 0.54), at(0.4, 0.78), at(0.86, 0.24)}.data(), 3);
        break;
    case Symbol::Note:
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawEllipse(box.center(), box.width() * 0.22, box.height() * 0.22);
        break;
    case Symbol::Plus:
        painter.drawLine(at(0.5, 0.1), at(0.5, 0.9));
        painter.drawLine(at(0.1, 0.5), at(0.9, 0.5));
        break;
    case Symbol::Minus:
        painter.drawLine(at(0.1, 0.5), at(0.9, 0.5));
        break;
    case Symbol::Unequal:
        painter.drawLine(at(0.1, 0.34), at(0.9, 0.34));
        painter.drawLine(at(0.1, 0.66), at(0.9, 0.66));
        painter.drawLine(at(0.3, 0.98), at(0.7, 0.02));
        break;
    }
    painter.restore();
}

} // namespace pleat::ui
