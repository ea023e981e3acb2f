// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/ChannelPlot.h"

#include "ui/weights/ChannelPlotFrame.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace pleat::ui {

namespace {

constexpr std::size_t fewestInView = 4;
constexpr std::size_t mostSelected = 1000;

template<class Value>
std::vector<Value> inOrder(const std::vector<Value>& values, const std::vector<std::size_t>& order)
{
    std::vector<Value> ordered;
    if (values.empty())
        return ordered;
    ordered.reserve(order.size());
    for (const std::size_t channel : order)
        ordered.push_back(channel < values.size() ? values[channel] : Value{});
    return ordered;
}

} // namespace

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

void ChannelPlot::setData(std::vector<Series> series, Channels marked, Reader reader)
{
    const std::size_t shown = channels();
    m_series = std::move(series);
    m_marked = std::move(marked);
    m_reader = std::move(reader);
    m_low = 0;
    m_high = 0;
    for (const Series& each : m_series)
        for (const Range& range : each.ranges) {
            m_low = std::min(m_low, range.min);
            m_high = std::max(m_high, range.max);
        }
    if (m_high <= m_low)
        m_high = m_low + 1;
    if (channels() != shown) {
        m_hovered.reset();
        m_order.clear();
        select({});
        setView(0, double(channels()));
    }
    arrange();
}

void ChannelPlot::setOrder(Channels order)
{
    m_order = std::move(order);
    m_hovered.reset();
    m_anchor = 0;
    arrange();
}

void ChannelPlot::arrange()
{
    m_ordered.clear();
    m_places.clear();
    if (m_order.size() != channels())
        m_order.clear();
    if (!m_order.empty()) {
        m_places.resize(m_order.size());
        for (std::size_t position = 0; position < m_order.size(); ++position)
            m_places[m_order[position]] = position;
        m_ordered.reserve(m_series.size());
        for (const Series& each : m_series)
            m_ordered.push_back(
                {inOrder(each.ranges, m_order), each.colour, inOrder(each.means, m_order), each.whole});
    }
    update();
}

std::size_t ChannelPlot::channels() const
{
    std::size_t most = 0;
    for (const Series& each : m_series)
        most = std::max(most, each.ranges.size());
    return most;
}

std::size_t ChannelPlot::channelOf(std::size_t position) const
{
    return m_order.empty() ? position : m_order[position];
}

std::size_t ChannelPlot::positionOf(std::size_t channel) const
{
    return m_places.empty() ? channel : m_places[channel];
}

std::optional<ChannelPlot::Positions> ChannelPlot::positionsAt(double x) const
{
    const Frame f = frame();
    if (channels() == 0 || x < f.area.left() || x >= f.area.right())
        return std::nullopt;
    const Positions shown = f.isBars() ? Positions{f.at(x), f.at(x)} : f.under(std::floor(x - f.area.left()));
    if (shown.first >= channels())
        return std::nullopt;
    return Positions{shown.first, std::min(shown.last, channels() - 1)};
}

void ChannelPlot::setView(double first, double count)
{
    const auto all = double(channels());
    m_count = std::clamp(count, std::min(all, double(fewestInView)), std::max(1.0, all));
    m_first = std::clamp(first, 0.0, std::max(0.0, all - m_count));
    update();
}

void ChannelPlot::select(Channels channels)
{
    if (channels == m_selected)
        return;
    m_selected = std::move(channels);
    update();
    Q_EMIT selectionChanged();
}

void ChannelPlot::choose(std::size_t position, Qt::KeyboardModifiers modifiers)
{
    const std::size_t channel = channelOf(position);
    Channels chosen = modifiers & (Qt::ControlModifier | Qt::ShiftModifier) ? m_selected : Channels();
    const auto known = std::ranges::find(chosen, channel);
    if (modifiers & Qt::ShiftModifier) {
        for (std::size_t p = std::min(m_anchor, position);
             p <= std::max(m_anchor, position) && chosen.size() < mostSelected; ++p)
            if (std::ranges::find(chosen, channelOf(p)) == chosen.end())
                chosen.push_back(channelOf(p));
    } else if (known != chosen.end()) {
        chosen.erase(known);
    } else if (m_selected != Channels{channel}) {
        chosen.push_back(channel);
    }
    if (!(modifiers & Qt::ShiftModifier))
        m_anchor = position;
    select(std::move(chosen));
}

void ChannelPlot::wheelEvent(QWheelEvent* event)
{
    if (channels() == 0)
        return;
    const QPoint turn = event->angleDelta();
    if (std::abs(turn.x()) > std::abs(turn.y())) {
        setView(m_first - turn.x() / 120.0 * m_count * 0.1, m_count);
    } else {
        const Frame f = frame();
        const double at = m_first + (event->position().x() - f.area.left()) / f.slot;
        const auto all = double(channels());
        const double bounded =
            std::clamp(m_count * std::pow(1.2, -turn.y() / 120.0), std::min(double(fewestInView), all), all);
        setView(at - (at - m_first) * bounded / m_count, bounded);
    }
    event->accept();
}

void ChannelPlot::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_pressX = m_dragX = event->position().x();
    m_dragged = false;
}

void ChannelPlot::mouseMoveEvent(QMouseEvent* event)
{
    if (channels() == 0)
        return;
    const double x = event->position().x();
    if (event->buttons() & Qt::LeftButton) {
        m_dragged = m_dragged || std::abs(x - m_pressX) >= QApplication::startDragDistance();
        if (m_dragged)
            setView(m_first - (x - m_dragX) / frame().slot, m_count);
        m_dragX = x;
    }
    if (const auto hovered = positionsAt(x); hovered != m_hovered) {
        m_hovered = hovered;
        update();
    }
}

void ChannelPlot::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || m_dragged || !m_selectable)
        return;
    if (const auto under = positionsAt(event->position().x()))
        choose(under->first, event->modifiers());
}

void ChannelPlot::mouseDoubleClickEvent(QMouseEvent*)
{
    m_dragged = true; // its release is no click
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
    const bool isStep = event->key() == Qt::Key_Left || event->key() == Qt::Key_Right;
    if (event->key() == Qt::Key_Space && m_hovered && m_selectable) {
        choose(m_hovered->first, event->modifiers());
        return;
    }
    if (all == 0 || !isStep) {
        QWidget::keyPressEvent(event);
        return;
    }
    std::size_t position = m_hovered ? m_hovered->first : static_cast<std::size_t>(m_first);
    if (m_hovered && event->key() == Qt::Key_Right)
        position = std::min(all - 1, position + 1);
    else if (m_hovered && position > 0)
        --position;
    m_hovered = Positions{position, position};
    if (double(position) < m_first || double(position) >= m_first + m_count)
        setView(double(position) - m_count / 2, m_count);
    if (m_reader) {
        const std::size_t channel = channelOf(position);
        const Reading reading = m_reader({&channel, 1});
        setAccessibleDescription(reading.title + QStringLiteral(", ") + reading.detail);
    }
    update();
}

std::vector<Range> bars(const std::vector<double>& values)
{
    std::vector<Range> result;
    result.reserve(values.size());
    for (const double value : values)
        result.push_back({std::min(0.0, value), std::max(0.0, value)});
    return result;
}

} // namespace pleat::ui
