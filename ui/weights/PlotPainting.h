// SPDX-License-Identifier: GPL-3.0-or-later
// What the plots of the weights have in common: their font, the steps of a histogram, and the box that reads
// out what is under the mouse.
#pragma once

#include <QFont>
#include <QPainterPath>
#include <QRectF>
#include <QString>
#include <vector>

class QColor;
class QPainter;

namespace pleat::ui {

struct Theme;

QFont plotFont(QFont font); // one point smaller than words are

// Bins side by side that fill `box`, as steps: what was counted and nothing else. `highest` is as high as it.
QPainterPath histogramSteps(const QRectF& box, const std::vector<double>& heights, double highest);

// What is under the mouse, and where: between `left` and `right`.
struct PlotReading {
    QString title, detail;
    double left = 0, right = 0;
};
// A box beside it at height `top`: right of it, or left where `width` leaves no room.
void drawPlotReading(QPainter& painter, const PlotReading& reading, double top, double width,
                     const QColor& border, const Theme& theme);

} // namespace pleat::ui
