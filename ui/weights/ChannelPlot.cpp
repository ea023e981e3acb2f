// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/ChannelPlot.h"

#include "ui/document/Convert.h"
#include "ui/widgets/Theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace pleat::ui {

namespace {

constexpr double narrowestBar = 2;
constexpr double widestBar = 9;
constexpr double leftMargin = 56;
constexpr double rightMargin = 14;

QFont smallFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() - 1);
    return font;
}

} // namespace

struct ChannelPlot::Frame {
    QRectF area;           // of the bars
    double slot = 1;       // px a channel
    std::size_t group = 1; // channels that share a bar
    double bar = 1;        // px a bar
    double x(double channel, double first) const { return area.left() + (channel - first) * slot; }
};

ChannelPlot::ChannelPlot(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ChannelPlot::setCaption(const QString& caption)
{
    m_caption = caption;
    setAccessibleName(caption);
    update();
}

void ChannelPlot::setData(std::vector<Series> series, std::optional<std::size_t> highlighted, Reader reader)
{
    const std::size_t shown = channels();
    m_series = std::move(series);
    m_highlighted = highlighted;
    m_reader = std::move(reader);
    m_low = 0;
    m_high = 0;
    for (const Series& each : m_series)
        for (const Range& bar : each.bars) {
            m_low = std::min(m_low, bar.min);
            m_high = std::max(m_high, bar.max);
        }
    if (m_high <= m_low)
        m_high = m_low + 1;
    if (channels() != shown) {
        m_hovered.reset();
        setView(0, double(channels()));
    }
    update();
}

std::size_t ChannelPlot::channels() const
{
    std::size_t most = 0;
    for (const Series& each : m_series)
        most = std::max(most, each.bars.size());
    return most;
}

ChannelPlot::Frame ChannelPlot::frame() const
{
    const QFontMetrics metrics(smallFont(font()));
    const double top = m_caption.isEmpty() ? 10 : metrics.height() + 20;
    Frame frame;
    frame.area = QRectF(leftMargin, top, std::max(10.0, width() - leftMargin - rightMargin),
                        std::max(10.0, height() - top - metrics.height() - 16));
    frame.slot = frame.area.width() / std::max(1.0, m_count);
    const auto bars = double(std::max<std::size_t>(1, m_series.size()));
    const double least = bars * narrowestBar + 1;
    frame.group = static_cast<std::size_t>(std::max(1.0, std::ceil(least / frame.slot)));
    const double share = frame.slot * double(frame.group);
    frame.bar = std::clamp(share * 0.76 / bars, narrowestBar * 0.75, widestBar);
    return frame;
}

double ChannelPlot::channelAt(double x) const
{
    const Frame f = frame();
    return m_first + (x - f.area.left()) / f.slot;
}

void ChannelPlot::setView(double first, double count)
{
    const auto all = double(channels());
    m_count = std::clamp(count, std::min(all, 4.0), std::max(1.0, all));
    m_first = std::clamp(first, 0.0, std::max(0.0, all - m_count));
    update();
}

QColor ChannelPlot::colour(const Series& series, const Theme& theme) const
{
    return series.colour == Colour::Before ? theme.before : theme.accent;
}

void ChannelPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(smallFont(font()));
    painter.setPen(theme.quiet);
    painter.drawText(QRectF(14, 8, width() - 28, painter.fontMetrics().height()), Qt::AlignLeft, m_caption);
    if (channels() == 0)
        return;
    const Frame f = frame();
    drawAxes(painter, f, theme);
    drawBars(painter, f, theme);
    drawReading(painter, f, theme);
}

void ChannelPlot::drawAxes(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const auto y = [&](double value) {
        return f.area.bottom() - (value - m_low) / (m_high - m_low) * f.area.height();
    };
    const QFontMetrics metrics = painter.fontMetrics();
    const auto level = [&](double value, Qt::PenStyle style) {
        const double at = std::round(y(value)) + 0.5;
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
    for (std::size_t channel = first; double(channel) < m_first + m_count && channel < channels();
         channel += step) {
        const double x = f.x(double(channel) + 0.5, m_first);
        painter.drawText(QRectF(x - 40, f.area.bottom() + 8, 80, metrics.height()), Qt::AlignHCenter,
                         QString::number(channel));
    }
}

void ChannelPlot::drawBars(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const auto y = [&](double value) {
        return f.area.bottom() - (value - m_low) / (m_high - m_low) * f.area.height();
    };
    painter.save();
    painter.setClipRect(f.area.adjusted(-1, -2, 1, 2));
    painter.setPen(Qt::NoPen);
    const auto group = f.group;
    const auto begin = static_cast<std::size_t>(m_first) / group * group;
    const auto end = std::min(channels(), static_cast<std::size_t>(std::ceil(m_first + m_count)) + group);
    const double share = f.slot * double(group);
    const double total = f.bar * double(m_series.size());
    const double radius = f.bar >= 4 ? 2 : 0;
    for (std::size_t s = 0; s < m_series.size(); ++s) {
        const Series& series = m_series[s];
        const QColor normal = colour(series, theme);
        for (std::size_t channel = begin; channel < std::min(end, series.bars.size()); channel += group) {
            Range bar = series.bars[channel];
            const std::size_t last = std::min(channel + group, series.bars.size());
            for (std::size_t other = channel + 1; other < last; ++other) {
                bar.min = std::min(bar.min, series.bars[other].min);
                bar.max = std::max(bar.max, series.bars[other].max);
            }
            const bool amber = series.colour == Colour::After && m_highlighted && *m_highlighted >= channel &&
                               *m_highlighted < last;
            const bool hovered = m_hovered && *m_hovered >= channel && *m_hovered < last;
            QColor fill = amber ? theme.blocked : normal;
            if (hovered)
                fill = blend(fill, theme.text, 0.22);
            const double left = f.x(double(channel), m_first) + (share - total) / 2 + double(s) * f.bar;
            const double top = y(bar.max);
            const QRectF shape(left, top, f.bar - (f.bar > 3 ? 0.5 : 0), std::max(1.0, y(bar.min) - top));
            painter.setBrush(fill);
            if (radius > 0)
                painter.drawRoundedRect(shape, radius, radius);
            else
                painter.drawRect(shape);
        }
    }
    painter.restore();
}

void ChannelPlot::drawReading(QPainter& painter, const Frame& f, const Theme& theme) const
{
    const auto channel = m_hovered ? m_hovered : m_highlighted;
    if (!channel || !m_reader || *channel >= channels())
        return;
    const std::size_t first = *channel / f.group * f.group;
    const std::size_t last = std::min(first + f.group, channels()) - 1;
    if (double(last) + 1 < m_first || double(first) > m_first + m_count)
        return;
    const Reading reading = m_hovered ? m_reader(first, last) : m_reader(*channel, *channel);
    QFont bold = painter.font();
    bold.setWeight(QFont::DemiBold);
    const QFontMetrics boldMetrics(bold);
    const QFontMetrics metrics(painter.font());
    const double wide =
        std::max(boldMetrics.horizontalAdvance(reading.title), metrics.horizontalAdvance(reading.detail)) +
        18;
    QRectF box(0, f.area.top() - 6, wide, boldMetrics.height() + metrics.height() + 11);
    const double x = f.x(double(first + last + 1) / 2, m_first);
    const double reach = f.slot * double(f.group) / 2 + 6;
    box.moveLeft(x + reach + wide < width() - 2 ? x + reach : x - reach - wide);
    const bool amber = m_highlighted && *m_highlighted >= first && *m_highlighted <= last;
    painter.setPen(QPen(amber ? theme.blocked : blend(theme.line, theme.text, 0.2), 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setFont(bold);
    painter.setPen(theme.text);
    painter.drawText(QPointF(box.left() + 9, box.top() + 5 + boldMetrics.ascent()), reading.title);
    painter.setFont(smallFont(font()));
    painter.setPen(theme.quiet);
    painter.drawText(QPointF(box.left() + 9, box.top() + 6 + boldMetrics.height() + metrics.ascent()),
                     reading.detail);
}

void ChannelPlot::wheelEvent(QWheelEvent* event)
{
    if (channels() == 0)
        return;
    const QPoint turn = event->angleDelta();
    if (std::abs(turn.x()) > std::abs(turn.y())) {
        setView(m_first - turn.x() / 120.0 * m_count * 0.1, m_count);
    } else {
        const double at = channelAt(event->position().x());
        const double count = m_count * std::pow(1.2, -turn.y() / 120.0);
        const double bounded = std::clamp(count, std::min(4.0, double(channels())), double(channels()));
        setView(at - (at - m_first) * bounded / m_count, bounded);
    }
    event->accept();
}

void ChannelPlot::mousePressEvent(QMouseEvent* event)
{
    m_dragX = event->position().x();
}

void ChannelPlot::mouseMoveEvent(QMouseEvent* event)
{
    if (channels() == 0)
        return;
    const double x = event->position().x();
    if (event->buttons() & Qt::LeftButton) {
        setView(m_first - (x - m_dragX) / frame().slot, m_count);
        m_dragX = x;
    }
    const double channel = channelAt(x);
    const bool inside = x >= frame().area.left() && channel >= 0 && channel < double(channels());
    const auto hovered = inside ? std::optional(static_cast<std::size_t>(channel)) : std::nullopt;
    if (hovered != m_hovered) {
        m_hovered = hovered;
        update();
    }
}

void ChannelPlot::mouseDoubleClickEvent(QMouseEvent*)
{
    setView(0, double(channels()));
}

void ChannelPlot::leaveEvent(QEvent*)
{
    m_hovered.reset();
    update();
}

void ChannelPlot::focusOutEvent(QFocusEvent* event)
{
    m_hovered.reset();
    QWidget::focusOutEvent(event);
}

void ChannelPlot::keyPressEvent(QKeyEvent* event)
{
    const std::size_t all = channels();
    if (all == 0 || (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right)) {
        QWidget::keyPressEvent(event);
        return;
    }
    const std::size_t group = frame().group;
    std::size_t channel = m_hovered.value_or(static_cast<std::size_t>(m_first));
    if (m_hovered && event->key() == Qt::Key_Right)
        channel = std::min(all - 1, channel + group);
    else if (m_hovered)
        channel = channel >= group ? channel - group : 0;
    m_hovered = channel;
    if (double(channel) < m_first || double(channel) >= m_first + m_count)
        setView(double(channel) - m_count / 2, m_count);
    if (m_reader) {
        const Reading reading = m_reader(channel, channel);
        setAccessibleDescription(reading.title + QStringLiteral(", ") + reading.detail);
    }
    update();
}

} // namespace pleat::ui
