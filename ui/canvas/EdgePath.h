// SPDX-License-Identifier: GPL-3.0-or-later
// The lines of the layout as paths: straight where two points are in line with the direction, otherwise a
// cubic that begins and ends along it. Pure; any thread.
#pragma once

#include "core/layout/GraphLayout.h"

#include <QPainterPath>
#include <QPointF>
#include <QRectF>
#include <vector>

namespace pleat::ui {

using layout::Direction;
using layout::PointF;

inline QPointF toQt(PointF p)
{
    return {p.x, p.y};
}

QPainterPath linePath(const std::vector<PointF>& points, Direction direction);
// What of it may be seen in `visible`: no segments beside it, and of a curve that leads out of it only the
// part inside. Stroking what nobody sees takes most of the time where a hundred branches fan out.
QPainterPath linePathIn(const QRectF& visible, const std::vector<PointF>& points, Direction direction);

// A filled triangle whose tip is the last point.
QPolygonF arrowHead(const std::vector<PointF>& points, Direction direction, double size);

double distanceTo(const std::vector<PointF>& points, Direction direction, QPointF point);

} // namespace pleat::ui
