// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HistogramPlot.h"

#include "ui/document/Convert.h"
#include "ui/widgets/Theme.h"

#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace pleat::ui {

namespace {

QFont smallFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() - 1);
    return font;
}

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

void HistogramPlot::setData(std::optional<Histogram> before, std::optional<Histogram> after)
{
    m_before = std::move(before);
    m_after = std::move(after);
    m_hovered = -1;
    update();
}

void HistogramPlot::setLogarithmic(bool logarithmic)
{
    m_logarithmic = logarithmic;
    update();
}

QRectF HistogramPlot::area() const
{
    const QFontMetrics metrics(smallFont(font()));
    const double top = metrics.height() + 20;
    return QRectF(14, top, std::max(10.0, width() - 28.0),
                  std::max(10.0, height() - top - metrics.height() - 16));
}

double HistogramPlot::share(std::uint64_t count, std::uint64_t all) const
{
    if (count == 0 || all == 0)
        return 0;
    // Logarithmic: one value alone still stands up from the axis.
    return m_logarithmic ? std::log10(1 + double(count)) / std::log10(1 + double(all))
                         : double(count) / double(all);
}

void HistogramPlot::drawCurve(QPainter& painter, const Histogram& histogram, double highest,
                              const QColor& colour, double opacity) const
{
    const QRectF box = area();
    const std::uint64_t all = total(histogram);
    const double step = box.width() / double(histogram.bins.size());
    const auto point = [&](std::size_t bin) {
        return QPointF(box.left() + (double(bin) + 0.5) * step,
                       box.bottom() - share(histogram.bins[bin], all) / highest * box.height());
    };
    // A smooth line through the middles between bins, with the bins as its handles: never beyond the data.
    QPainterPath line(QPointF(box.left(), box.bottom()));
    for (std::size_t bin = 0; bin < histogram.bins.size(); ++bin) {
        const QPointF here = point(bin);
        const QPointF next = bin + 1 < histogram.bins.size() ? (here + point(bin + 1)) / 2
                                                             : QPointF(box.right(), box.bottom());
        line.quadTo(here, next);
    }
    QColor fill = colour;
    fill.setAlphaF(float(opacity));
    QPainterPath closed = line;
    closed.closeSubpath();
    painter.fillPath(closed, fill);
    painter.strokePath(line, QPen(colour, 1.4));
}

void HistogramPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(smallFont(font()));
    painter.setPen(theme.quiet);
    const QFontMetrics metrics = painter.fontMetrics();
    painter.drawText(QRectF(14, 8, width() - 28, metrics.height()), Qt::AlignLeft, m_caption);
    if (!m_after || m_after->bins.empty())
        return;
    const QRectF box = area();
    double highest = 0;
    for (const auto* side : {&m_before, &m_after})
        if (*side)
            for (const std::uint64_t count : (*side)->bins)
                highest = std::max(highest, share(count, total(**side)));
    if (highest <= 0)
        return;
    if (m_before)
        drawCurve(painter, *m_before, highest, theme.before, 0.32);
    drawCurve(painter, *m_after, highest, theme.accent, theme.dark ? 0.30 : 0.24);
    painter.setPen(QPen(theme.line, 1));
    painter.drawLine(box.bottomLeft(), box.bottomRight());

    painter.setPen(theme.quiet);
    const Range range = m_after->range;
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
    if (m_hovered < 0 || !m_after || static_cast<std::size_t>(m_hovered) >= m_after->bins.size())
        return;
    const QRectF box = area();
    const auto bin = static_cast<std::size_t>(m_hovered);
    const double step = (m_after->range.max - m_after->range.min) / double(m_after->bins.size());
    const double low = m_after->range.min + double(bin) * step;
    const double x = box.left() + (double(bin) + 0.5) * box.width() / double(m_after->bins.size());
    painter.setPen(QPen(theme.quiet, 1, Qt::DotLine));
    painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
    const QString title = number(low) + QStringLiteral(" … ") + number(low + step);
    const QString counts = m_before ? tr("%1 → %2 values").arg(m_before->bins[bin]).arg(m_after->bins[bin])
                                    : tr("%1 values").arg(m_after->bins[bin]);
    const QFontMetrics metrics = painter.fontMetrics();
    const double wide = std::max(metrics.horizontalAdvance(title), metrics.horizontalAdvance(counts)) + 18;
    QRectF shape(x + 8, box.top() - 4, wide, 2 * metrics.height() + 10);
    if (shape.right() > width() - 2)
        shape.moveRight(x - 8);
    painter.setPen(QPen(blend(theme.line, theme.text, 0.2), 1));
    painter.setBrush(theme.panel);
    painter.drawRoundedRect(shape.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    painter.setPen(theme.text);
    painter.drawText(QPointF(shape.left() + 9, shape.top() + 5 + metrics.ascent()), title);
    painter.setPen(theme.quiet);
    painter.drawText(QPointF(shape.left() + 9, shape.top() + 5 + metrics.height() + metrics.ascent()),
                     counts);
}

void HistogramPlot::mouseMoveEvent(QMouseEvent* event)
{
    const QRectF box = area();
    int hovered = -1;
    if (m_after && !m_after->bins.empty() && event->position().x() >= box.left() &&
        event->position().x() < box.right())
        hovered = static_cast<int>((event->position().x() - box.left()) / box.width() *
                                   double(m_after->bins.size()));
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
