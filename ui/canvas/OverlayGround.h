// SPDX-License-Identifier: GPL-3.0-or-later
// What lies under everything that floats over the canvas.
#pragma once

#include <QPainter>

namespace pleat::ui {

inline void paintOverlayGround(QPainter& painter, const QRect& rect, const QColor& line, const QColor& ground)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(line);
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

} // namespace pleat::ui
