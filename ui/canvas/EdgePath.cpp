// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/EdgePath.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pleat::ui {

namespace {

struct Handles {
    QPointF first, second;
};

Handles handles(QPointF a, QPointF b, Direction direction)
{
    if (direction == Direction::TopDown) {
        const double middle = (a.y() + b.y()) / 2;
        return {{a.x(), middle}, {b.x(), middle}};
    }
    const double middle = (a.x() + b.x()) / 2;
    return {{middle, a.y()}, {middle, b.y()}};
}

bool inLine(QPointF a, QPointF b, Direction direction)
{
    return direction == Direction::TopDown ? std::abs(a.x() - b.x()) < 0.5 : std::abs(a.y() - b.y()) < 0.5;
}

double distanceToChord(QPointF a, QPointF b, QPointF p)
{
    const QPointF along = b - a, to = p - a;
    const double length = QPointF::dotProduct(along, along);
    const double t = length > 0 ? std::clamp(QPointF::dotProduct(to, along) / length, 0.0, 1.0) : 0.0;
    const QPointF off = to - along * t;
    return std::hypot(off.x(), off.y());
}

} // namespace

QPainterPath linePath(const std::vector<PointF>& points, Direction direction)
{
    QPainterPath path;
    if (points.empty())
        return path;
    path.moveTo(toQt(points.front()));
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const QPointF a = toQt(points[i]), b = toQt(points[i + 1]);
        if (inLine(a, b, direction)) {
            path.lineTo(b);
        } else {
            const Handles h = handles(a, b, direction);
            path.cubicTo(h.first, h.second, b);
        }
    }
    return path;
}

QPolygonF arrowHead(const std::vector<PointF>& points, Direction direction, double size)
{
    if (points.size() < 2)
        return {};
    const QPointF tip = toQt(points.back()), before = toQt(points[points.size() - 2]);
    if (direction == Direction::TopDown) {
        const double back = tip.y() >= before.y() ? -size : size;
        return QPolygonF({tip, tip + QPointF(-size * 0.5, back), tip + QPointF(size * 0.5, back)});
    }
    const double back = tip.x() >= before.x() ? -size : size;
    return QPolygonF({tip, tip + QPointF(back, -size * 0.5), tip + QPointF(back, size * 0.5)});
}

double distanceTo(const std::vector<PointF>& points, Direction direction, QPointF point)
{
    constexpr int chords = 16;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const QPointF a = toQt(points[i]), b = toQt(points[i + 1]);
        if (inLine(a, b, direction)) {
            nearest = std::min(nearest, distanceToChord(a, b, point));
            continue;
        }
        const Handles h = handles(a, b, direction);
        QPainterPath curve(a);
        curve.cubicTo(h.first, h.second, b);
        QPointF last = a;
        for (int step = 1; step <= chords; ++step) {
            const QPointF next = curve.pointAtPercent(static_cast<double>(step) / chords);
            nearest = std::min(nearest, distanceToChord(last, next, point));
            last = next;
        }
    }
    return nearest;
}

} // namespace pleat::ui
