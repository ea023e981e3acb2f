// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HistogramPlot.h"

#include "ui/document/Convert.h"
#include "ui/weights/PlotPainting.h"
#include "ui/widgets/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace pleat::ui {

namespace {

std::uint64_t total(const Histogram& histogram)
{
    return std::accumulate(histogram.bins.begin(), histogram.bins.end(), std::uint64_t{0});
}

} // namespace

HistogramPlot::HistogramPlot(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void HistogramPlot::setCaption(const QString& caption)
{
    m_caption = caption;
    setAccessibleName(caption);
    update();
}

void HistogramPlot::setData(Distribution data)
{
    m_data = std::move(data);
    m_hovered = -1;
    update();
}

void HistogramPlot::setLogarithmic(bool logarithmic)
{
    m_logarithmic = logarithmic;
    update();
}

void HistogramPlot::setCumulative(bool cumulative)
{
    m_cumulative = cumulative;
    update();
}

QRectF HistogramPlot::area() const
{
    const QFontMetrics metrics(plotFont(font()));
    const double top = metrics.height() + 20;
    return QRectF(14, top, std::max(10.0, width() - 28.0),
                  std::max(10.0, height() - top - metrics.height() - 16));
}

std::vector<double> HistogramPlot::heights(const Histogram& histogram) const
{
    const auto all = double(std::max<std::uint64_t>(1, total(histogram)));
    std::vector<double> result;
    result.reserve(histogram.bins.size());
    double sum = 0;
    for (const std::uint64_t count : histogram.bins) {
        sum += double(count);
        if (m_cumulative)
            result.push_back(sum / all);
        else if (m_logarithmic) // one value alone still stands up from the axis
            result.push_back(std::log10(1 + double(count)) / std::log10(1 + all));
        else
            result.push_back(double(count) / all);
    }
    return result;
}

void HistogramPlot::drawSteps(QPainter& painter, const std::vector<double>& heights, double highest,
                              const QColor& colour, double opacity) const
{
    const QPainterPath line = histogramSteps(area(), heights, highest);
    QColor fill = colour;
    fill.setAlphaF(float(opacity));
    painter.fillPath(line, fill);
    painter.strokePath(line, QPen(colour, 1.2));
}

void HistogramPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(plotFont(font()));
    painter.setPen(theme.quiet);
    const QFontMetrics metrics = painter.fontMetrics();
    painter.drawText(QRectF(14, 8, width() - 28, metrics.height()), Qt::AlignLeft, m_caption);
    if (m_data.after.bins.empty())
        return;
    const QRectF box = area();
    const std::vector<double> before = m_data.before ? heights(*m_data.before) : std::vector<double>();
    const std::vector<double> after = heights(m_data.after);
    double highest = 0;
    for (const auto* side : {&before, &after})
        for (const double height : *side)
            highest = std::max(highest, height);
    if (highest <= 0)
        return;
    if (!before.empty())
        drawSteps(painter, before, highest, theme.before, 0.32);
    drawSteps(painter, after, highest, theme.accent, theme.dark ? 0.30 : 0.24);
    painter.setPen(QPen(theme.line, 1));
    painter.drawLine(box.bottomLeft(), box.bottomRight());

    painter.setPen(theme.quiet);
    const Range range = m_data.after.range;
    const QRectF labels(box.left(), box.bottom() + 8, box.width(), metrics.height());
    painter.drawText(labels, Qt::AlignLeft, number(range.min));
    painter.drawText(labels, Qt::AlignRight, number(range.max));
    const double zero = box.left() - range.min / (range.max - range.min) * box.width();
    if (zero > box.left() + 50 && zero < box.right() - 50)
        painter.drawText(QRectF(zero - 30, labels.top(), 60, labels.height()), Qt::AlignHCenter,
                         QStringLiteral("0"));
    drawReading(painter, theme);
}

void HistogramPlot::drawReading(QPainter& painter, const Theme& theme) const
{
    if (m_hovered < 0 || static_cast<std::size_t>(m_hovered) >= m_data.after.bins.size())
        return;
    const QRectF box = area();
    const auto bin = static_cast<std::size_t>(m_hovered);
    const double step = (m_data.after.range.max - m_data.after.range.min) / double(m_data.after.bins.size());
    const double low = m_data.after.range.min + double(bin) * step;
    const double x = box.left() + (double(bin) + 0.5) * box.width() / double(m_data.after.bins.size());
    painter.setPen(QPen(theme.quiet, 1, Qt::DotLine));
    painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
    const auto upTo = [&](const Histogram& side) {
        return m_cumulative ? std::accumulate(side.bins.begin(),
                                              side.bins.begin() + static_cast<std::ptrdiff_t>(bin) + 1,
                                              std::uint64_t{0})
                            : side.bins[bin];
    };
    const QString title = m_cumulative ? tr("up to %1").arg(number(low + step))
                                       : number(low) + QStringLiteral(" … ") + number(low + step);
    const QString counts = m_data.before
                               ? tr("%1 → %2 values").arg(upTo(*m_data.before)).arg(upTo(m_data.after))
                               : tr("%1 values").arg(upTo(m_data.after));
    drawPlotReading(painter, {title, counts, x - 8, x + 8}, box.top() - 4, width(),
                    blend(theme.line, theme.text, 0.2), theme);
}

void HistogramPlot::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF box = area();
    int hovered = -1;
    if (!m_data.after.bins.empty() && event->position().x() >= box.left() &&
        event->position().x() < box.right())
        hovered = static_cast<int>((event->position().x() - box.left()) / box.width() *
                                   double(m_data.after.bins.size()));
    if (hovered != m_hovered) {
        m_hovered = hovered;
        update();
    }
}

void HistogramPlot::leaveEvent(QEvent*)
{
    m_hovered = -1;
    update();
}

} // namespace pleat::ui
