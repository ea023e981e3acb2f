// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/RidgePlot.h"

#include "ui/document/Convert.h"
#include "ui/weights/PlotPainting.h"
#include "ui/widgets/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double left = 56, right = 14;
constexpr double overlap = 1.7; // how many rows a ridge may be tall

QPainterPath steps(const Histogram& histogram, const QRectF& row)
{
    const std::vector<double> counts(histogram.bins.begin(), histogram.bins.end());
    return histogramSteps(row, counts, std::max(1.0, *std::ranges::max_element(counts)));
}

} // namespace

RidgePlot::RidgePlot(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void RidgePlot::setCaption(const QString& caption)
{
    m_caption = caption;
    setAccessibleName(caption);
    update();
}

void RidgePlot::setData(std::vector<ChannelDistribution> channels)
{
    m_channels = std::move(channels);
    m_hovered.reset();
    update();
}

QRectF RidgePlot::area() const
{
    const QFontMetrics metrics(plotFont(font()));
    const double top = metrics.height() + 16;
    return QRectF(left, top, std::max(10.0, width() - left - right),
                  std::max(10.0, height() - top - metrics.height() - 16));
}

double RidgePlot::base(std::size_t row) const
{
    const QRectF box = area();
    const double slot = box.height() / (double(m_channels.size()) + overlap - 1);
    return box.top() + slot * (overlap + double(row));
}

void RidgePlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(plotFont(font()));
    painter.setPen(theme.quiet);
    const QFontMetrics metrics = painter.fontMetrics();
    painter.drawText(QRectF(14, 8, width() - 28, metrics.height()), Qt::AlignLeft, m_caption);
    if (m_channels.empty())
        return;
    const QRectF box = area();
    const double tall = (base(1) - base(0)) * overlap * 0.94;
    double labelled = box.top() - metrics.height(); // where the last label ended
    for (std::size_t row = 0; row < m_channels.size(); ++row) {
        const ChannelDistribution& channel = m_channels[row];
        const QRectF place(box.left(), base(row) - tall, box.width(), tall);
        const QPainterPath after = steps(channel.after, place);
        // What stands behind shows through a little, but never as if it belonged to this one.
        painter.fillPath(after, blend(theme.panel, theme.accent, theme.dark ? 0.42 : 0.3));
        painter.strokePath(after, QPen(theme.accent, 1.1));
        if (channel.before)
            painter.strokePath(steps(*channel.before, place),
                               QPen(blend(theme.before, theme.text, 0.4), 1.1));
        if (base(row) - labelled < metrics.height())
            continue;
        labelled = base(row);
        painter.setPen(theme.quiet);
        painter.drawText(QRectF(0, base(row) - metrics.height(), left - 8, metrics.height()),
                         Qt::AlignRight | Qt::AlignBottom, QString::number(channel.channel));
    }
    painter.setPen(theme.quiet);
    const Range range = m_channels.front().after.range;
    const QRectF labels(box.left(), box.bottom() + 8, box.width(), metrics.height());
    painter.drawText(labels, Qt::AlignLeft, number(range.min));
    painter.drawText(labels, Qt::AlignRight, number(range.max));
    const double zero = box.left() - range.min / (range.max - range.min) * box.width();
    if (zero > box.left() + 50 && zero < box.right() - 50) {
        painter.drawText(QRectF(zero - 30, labels.top(), 60, labels.height()), Qt::AlignHCenter, u"0"_s);
        painter.setPen(QPen(theme.line, 1, Qt::DashLine));
        painter.drawLine(QPointF(zero, box.top()), QPointF(zero, box.bottom()));
    }
    drawReading(painter, theme);
}

void RidgePlot::drawReading(QPainter& painter, const Theme& theme) const
{
    if (!m_hovered)
        return;
    const ChannelDistribution& channel = m_channels[m_hovered->row];
    const std::size_t bin = m_hovered->bin;
    const QRectF box = area();
    const double x = box.left() + (double(bin) + 0.5) * box.width() / double(channel.after.bins.size());
    const QString title = tr("channel %1: %2 … %3")
                              .arg(QString::number(channel.channel), number(binStart(channel.after, bin)),
                                   number(binStart(channel.after, bin + 1)));
    const QString counts =
        channel.before ? tr("%1 → %2 values").arg(channel.before->bins[bin]).arg(channel.after.bins[bin])
                       : tr("%1 values").arg(channel.after.bins[bin]);
    drawPlotReading(painter, {title, counts, x - 8, x + 8}, std::max(box.top(), base(m_hovered->row) - 44),
                    width(), blend(theme.line, theme.text, 0.2), theme);
}

void RidgePlot::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF box = area();
    const QPointF at = event->position();
    std::optional<Place> hovered;
    if (!m_channels.empty() && box.contains(at)) {
        std::size_t row = 0;
        while (row + 1 < m_channels.size() && base(row) < at.y())
            ++row;
        const auto bins = double(m_channels[row].after.bins.size());
        hovered = Place{row, static_cast<std::size_t>((at.x() - box.left()) / box.width() * bins)};
    }
    if (hovered != m_hovered) {
        m_hovered = hovered;
        update();
    }
}

void RidgePlot::leaveEvent(QEvent*)
{
    m_hovered.reset();
    update();
}

} // namespace pleat::ui
