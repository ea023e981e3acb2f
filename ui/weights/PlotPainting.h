// SPDX-License-Identifier: GPL-3.0-or-later
// What the plots of the weights have in common: their font and the box that reads out what is under the
// mouse.
#pragma once

#include <QFont>
#include <QRectF>
#include <QString>

class QColor;
class QPainter;

namespace pleat::ui {

struct Theme;

QFont plotFont(QFont font); // one point smaller than words are

// What is under the mouse, and where: between `left` and `right`.
struct PlotReading {
    QString title, detail;
    double left = 0, right = 0;
};
// A box beside it at height `top`: right of it, or left where `width` leaves no room.
void drawPlotReading(QPainter& painter, const PlotReading& reading, double top, double width,
                     const QColor& border, const Theme& theme);

} // namespace pleat::ui
