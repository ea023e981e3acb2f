// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Convert.h"
#include "ui/weights/ChannelPlotFrame.h"
#include "ui/weights/PlotPainting.h"
#include "ui/widgets/Theme.h"

#include <QPainter>
#include <QPolygonF>

namespace pleat::ui {

namespace {

constexpr double narrowestBar = 6; // with the gap beside it
constexpr double widestBar = 9;
constexpr double leftMargin = 56;
constexpr double rightMargin = 14;

QColor colour(const ChannelPlot::Series& series, const Theme& theme)
{
    return series.colour == ChannelPlot::Colour::Before ? theme.before : theme.accent;
}

// The range that each column of pixels shows, as heights in pixels.
struct Envelope {
    std::vector<double> top, bottom, mean;
};

// A line of steps, a column of pixels each. Rectangles: a polyline of as many steps takes ten times as long.
void drawSteps(QPainter& painter, double left, const std::vector<double>& heights, double thickness,
               const QColor& colour)
{
    for (std::size_t column = 0; column < heights.size(); ++column) {
        const double here = heights[column], before = heights[column > 0 ? column - 1 : 0];
        painter.fillRect(QRectF(left + double(column), std::min(here, before) - thickness / 2, 1,
                                std::abs(here - before) + thickness),
                         colour);
    }
}

} // namespace

ChannelPlot::Frame ChannelPlot::frame() const
{
    const QFontMetrics metrics(plotFont(font()));
    const double top = m_caption.isEmpty() ? 10 : metrics.height() + 20;
    Frame frame;
    frame.area = QRectF(leftMargin, top, std::max(10.0, width() - leftMargin - rightMargin),
                        std::max(10.0, height() - top - metrics.height() - 16));
    frame.first = m_first;
    frame.slot = frame.area.width() / std::max(1.0, m_count);
    const auto bars = double(std::max<std::size_t>(1, m_series.size()));
    if (frame.slot >= bars * narrowestBar)
        frame.bar = std::min(frame.slot * 0.8 / bars, widestBar);
    frame.low = m_low;
    frame.high = m_high;
    return frame;
}

void ChannelPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(plotFont(font()));
    painter.setPen(theme.quiet);
    painter.drawText(QRectF(14, 8, width() - 28, painter.fontMetrics().height()), Qt::AlignLeft, m_caption);
    if (channels() == 0)
        return;
    const Frame f = frame();
    drawSelected(painter, f, theme);
    drawAxes(painter, f, theme);
    painter.save();
    painter.setClipRect(f.area.adjusted(-1, -2, 1, 2));
    if (f.isBars())
        drawBars(painter, f, theme);
    else
        drawEnvelopes(painter, f, theme);
    drawWholes(painter, f, theme);
    painter.restore();
    drawReading(painter, f, theme);
}

void ChannelPlot::drawAxes(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const QFontMetrics metrics = painter.fontMetrics();
    const auto level = [&](double value, Qt::PenStyle style) {
        const double at = std::round(f.y(value)) + 0.5;
        painter.setPen(QPen(theme.line, 1, style));
        painter.drawLine(QPointF(f.area.left(), at), QPointF(f.area.right(), at));
        painter.setPen(theme.quiet);
        painter.drawText(QRectF(0, at - metrics.height() / 2.0, leftMargin - 8, metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, number(value));
    };
    level(0, Qt::SolidLine);
    const double room = metrics.height() * 1.2 / f.area.height() * (m_high - m_low);
    if (m_high > room)
        level(m_high, Qt::DashLine);
    if (-m_low > room)
        level(m_low, Qt::DashLine);

    std::size_t step = 1;
    while (double(step) * f.slot < 52)
        step *= 2;
    painter.setPen(theme.quiet);
    const auto first = static_cast<std::size_t>(std::ceil(m_first / double(step))) * step;
    for (std::size_t position = first; double(position) < m_first + m_count && position < channels();
         position += step) {
        const double x = f.x(double(position) + 0.5);
        painter.drawText(QRectF(x - 40, f.area.bottom() + 8, 80, metrics.height()), Qt::AlignHCenter,
                         QString::number(channelOf(position)));
    }
}

// The ends of all channels together: what a quantizer per tensor has to span.
void ChannelPlot::drawWholes(QPainter& painter, const Frame& f, const Theme& theme) const
{
    for (const Series& each : m_series) {
        if (!each.whole || channels() < 2)
            continue;
        painter.setPen(QPen(blend(theme.panel, colour(each, theme), 0.8), 1, Qt::DashLine));
        for (const double value : {each.whole->min, each.whole->max}) {
            const double at = std::round(f.y(value)) + 0.5;
            painter.drawLine(QPointF(f.area.left(), at), QPointF(f.area.right(), at));
        }
    }
}

void ChannelPlot::drawSelected(QPainter& painter, const Frame& f, const Theme& theme) const
{
    painter.setPen(Qt::NoPen);
    for (const std::size_t channel : m_selected) {
        if (channel >= channels())
            continue;
        const double left = f.x(double(positionOf(channel)));
        if (left + f.slot < f.area.left() || left > f.area.right())
            continue;
        const double wide = std::max(f.slot, 1.5);
        painter.fillRect(QRectF(left, f.area.top() - 4, wide, f.area.height() + 8), theme.accentSoft);
        painter.fillRect(QRectF(left, f.area.bottom() + 4, wide, 2), theme.accent);
    }
}

void ChannelPlot::drawBars(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const std::vector<Series>& shown = m_ordered.empty() ? m_series : m_ordered;
    const auto begin = static_cast<std::size_t>(m_first);
    const auto end = std::min(channels(), static_cast<std::size_t>(std::ceil(m_first + m_count)) + 1);
    const double total = f.bar * double(shown.size());
    for (std::size_t s = 0; s < shown.size(); ++s) {
        const Series& series = shown[s];
        for (std::size_t position = begin; position < std::min(end, series.ranges.size()); ++position) {
            const Range& range = series.ranges[position];
            const bool amber = series.colour == Colour::After &&
                               std::ranges::find(m_marked, channelOf(position)) != m_marked.end();
            QColor fill = amber ? theme.blocked : colour(series, theme);
            if (m_hovered && m_hovered->holds(position))
                fill = blend(fill, theme.text, 0.22);
            const double left = f.x(double(position)) + (f.slot - total) / 2 + double(s) * f.bar;
            const double top = f.y(range.max);
            const QRectF shape(left, top, f.bar - 0.5, std::max(1.0, f.y(range.min) - top));
            painter.setPen(Qt::NoPen);
            painter.setBrush(fill);
            painter.drawRoundedRect(shape, 2, 2);
            if (position < series.means.size()) {
                const double mean = f.y(series.means[position]);
                painter.setPen(QPen(theme.panel, 1.4));
                painter.drawLine(QPointF(shape.left() + 0.5, mean), QPointF(shape.right() - 0.5, mean));
            }
        }
    }
}

void ChannelPlot::drawEnvelopes(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const auto envelope = [&](const Series& series) {
        Envelope found;
        const auto columns = static_cast<std::size_t>(f.area.width()) + 1;
        found.top.reserve(columns);
        found.bottom.reserve(columns);
        found.mean.reserve(columns);
        for (double column = 0; column < f.area.width(); ++column) {
            const Positions under = f.under(column);
            if (under.first >= series.ranges.size())
                break;
            Range range = series.ranges[under.first];
            double sum = 0;
            const std::size_t last = std::min(under.last, series.ranges.size() - 1);
            for (std::size_t position = under.first; position <= last; ++position) {
                range.min = std::min(range.min, series.ranges[position].min);
                range.max = std::max(range.max, series.ranges[position].max);
                sum += position < series.means.size() ? series.means[position] : 0;
            }
            found.top.push_back(f.y(range.max));
            found.bottom.push_back(f.y(range.min));
            if (!series.means.empty())
                found.mean.push_back(f.y(sum / double(last - under.first + 1)));
        }
        return found;
    };
    const std::vector<Series>& shown = m_ordered.empty() ? m_series : m_ordered;
    const double left = std::floor(f.area.left());
    painter.setRenderHint(QPainter::Antialiasing, false);
    // The area first: the line of before stays to be seen on it.
    for (const Series& series : shown) {
        if (series.colour != Colour::After)
            continue;
        const Envelope after = envelope(series);
        const QColor area = blend(theme.panel, theme.accent, theme.dark ? 0.55 : 0.5);
        for (std::size_t column = 0; column < after.top.size(); ++column)
            painter.fillRect(QRectF(left + double(column), after.top[column], 1,
                                    std::max(1.0, after.bottom[column] - after.top[column])),
                             area);
        drawSteps(painter, left, after.top, 1, theme.accent);
        drawSteps(painter, left, after.bottom, 1, theme.accent);
        drawSteps(painter, left, after.mean, 1.2, theme.panel);
    }
    for (const Series& series : shown) {
        if (series.colour != Colour::Before)
            continue;
        const Envelope before = envelope(series);
        const QColor line = blend(theme.before, theme.text, 0.55);
        drawSteps(painter, left, before.top, 1.2, line);
        drawSteps(painter, left, before.bottom, 1.2, line);
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.blocked);
    std::vector<bool> pointedAt(static_cast<std::size_t>(f.area.width()) + 1);
    for (const std::size_t channel : m_marked) {
        const double x = f.x(double(positionOf(channel)) + 0.5);
        const auto column = static_cast<std::size_t>(std::max(0.0, x - f.area.left()));
        if (column >= pointedAt.size() || pointedAt[column])
            continue;
        pointedAt[column] = true;
        painter.drawPolygon(QPolygonF({QPointF(x - 4, f.area.top() - 2), QPointF(x + 4, f.area.top() - 2),
                                       QPointF(x, f.area.top() + 5)}));
    }
    if (m_hovered) {
        painter.setPen(QPen(theme.quiet, 1, Qt::DotLine));
        const double x = f.x(double(m_hovered->first + m_hovered->last + 1) / 2);
        painter.drawLine(QPointF(x, f.area.top()), QPointF(x, f.area.bottom()));
    }
}

void ChannelPlot::drawReading(QPainter& painter, const Frame& f, const Theme& theme) const
{
    if (!m_reader || (!m_hovered && m_marked.empty()))
        return;
    const std::size_t first = m_marked.empty() ? 0 : positionOf(m_marked.front());
    const Positions at = m_hovered.value_or(Positions{first, first});
    if (at.last >= channels() || double(at.last) + 1 < m_first || double(at.first) > m_first + m_count)
        return;
    Channels read;
    read.reserve(at.last - at.first + 1);
    for (std::size_t position = at.first; position <= at.last; ++position)
        read.push_back(channelOf(position));
    const Reading reading = m_reader(read);
    const double x = f.x(double(at.first + at.last + 1) / 2);
    const double reach = f.slot * double(at.last - at.first + 1) / 2 + 6;
    const bool amber =
        std::ranges::any_of(m_marked, [&](std::size_t channel) { return at.holds(positionOf(channel)); });
    drawPlotReading(painter, {reading.title, reading.detail, x - reach, x + reach}, f.area.top() - 6, width(),
                    amber ? theme.blocked : blend(theme.line, theme.text, 0.2), theme);
}

} // namespace pleat::ui
