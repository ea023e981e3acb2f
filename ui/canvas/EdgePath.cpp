// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/EdgePath.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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

// Where x(t) or y(t) of a curve reaches a value; both are monotone. `of(t)`: that coordinate.
template<class Of>
double timeAt(double value, Of of)
{
    constexpr int steps = 24;
    double low = 0, high = 1;
    const bool rises = of(1.0) >= of(0.0);
    for (int step = 0; step < steps; ++step) {
        const double middle = (low + high) / 2;
        ((of(middle) < value) == rises ? low : high) = middle;
    }
    return (low + high) / 2;
}

struct Curve {
    QPointF a, b, c, d;

    // The polar form (blossom): the curve where all three are the same, its control points elsewhere.
    QPointF polar(double r, double s, double t) const
    {
        const auto mix = [](QPointF from, QPointF to, double at) { return from + (to - from) * at; };
        const QPointF ab = mix(a, b, r), bc = mix(b, c, r), cd = mix(c, d, r);
        return mix(mix(ab, bc, s), mix(bc, cd, s), t);
    }
    Curve part(double from, double to) const
    {
        return {polar(from, from, from), polar(from, from, to), polar(from, to, to), polar(to, to, to)};
    }
    // The times between which it is in the area; the first is the greater one where it never is.
    std::pair<double, double> timesIn(const QRectF& area) const
    {
        std::pair<double, double> times{0, 1};
        const auto cut = [&](double least, double most, const auto& of) {
            const double first = timeAt(of(0.0) <= of(1.0) ? least : most, of),
                         last = timeAt(of(0.0) <= of(1.0) ? most : least, of);
            times = {std::max(times.first, first), std::min(times.second, last)};
        };
        cut(area.left(), area.right(), [this](double t) { return polar(t, t, t).x(); });
        cut(area.top(), area.bottom(), [this](double t) { return polar(t, t, t).y(); });
        return times;
    }
};

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

QPainterPath linePathIn(const QRectF& visible, const std::vector<PointF>& points, Direction direction)
{
    constexpr double reach = 16;
    QPainterPath path;
    const QRectF area = visible.adjusted(-reach, -reach, reach, reach);
    for (std::size_t i = 0; i + 1 < points.size(); ++i) {
        const QPointF a = toQt(points[i]), b = toQt(points[i + 1]);
        const QRectF around = QRectF(a, b).normalized().adjusted(-1, -1, 1, 1);
        if (!around.intersects(area))
            continue;
        if (path.isEmpty() || path.currentPosition() != a)
            path.moveTo(a);
        if (inLine(a, b, direction)) {
            path.lineTo(b);
            continue;
        }
        const Handles h = handles(a, b, direction);
        Curve curve{a, h.first, h.second, b};
        if (!area.contains(around)) {
            const auto [from, to] = curve.timesIn(area);
            if (from >= to)
                continue;
            curve = curve.part(from, to);
            path.moveTo(curve.a);
        }
        path.cubicTo(curve.b, curve.c, curve.d);
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
