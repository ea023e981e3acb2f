// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/HeatLegend.h"

#include <QPainter>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
constexpr int barWidth = 128, barHeight = 10, gap = 7, between = 14;
} // namespace

void paintHeatBar(QPainter& painter, const QRect& bar, double from, const HeatColours& colours,
                  const Theme& theme)
{
    for (int i = 0; i < bar.width(); ++i) {
        const double share = from + (1 - from) * (i + 0.5) / bar.width();
        painter.fillRect(bar.left() + i, bar.top(), 1, bar.height(), QColor::fromRgb(colours.at(share)));
    }
    painter.setPen(blend(theme.line, theme.text, 0.2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
}

HeatLegend::HeatLegend(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void HeatLegend::setContent(const Content& content)
{
    if (content == m_content)
        return;
    m_content = content;
    setAccessibleName(content.high.isEmpty() ? QString()
                                             : tr("Colours from %1 to %2").arg(content.low, content.high));
    updateGeometry();
    update();
}

void HeatLegend::setScale(HeatScale scale)
{
    m_scale = scale;
    update();
}

QSize HeatLegend::sizeHint() const
{
    const QFontMetrics metrics = fontMetrics();
    if (m_content.high.isEmpty())
        return {0, metrics.height() + 4};
    int width = metrics.horizontalAdvance(m_content.low) + gap + barWidth + gap +
                metrics.horizontalAdvance(m_content.high) + 2;
    if (!m_content.others.isEmpty())
        width += between + barHeight + gap + metrics.horizontalAdvance(m_content.others);
    return {width, metrics.height() + 4};
}

void HeatLegend::paintEvent(QPaintEvent*)
{
    if (m_content.high.isEmpty())
        return;
    QPainter painter(this);
    const Theme theme = Theme::of(*this);
    const HeatColours colours(m_scale, theme);
    const QFontMetrics metrics = fontMetrics();
    const int top = (height() - barHeight) / 2;
    int x = 0;
    const auto write = [&](const QString& words) {
        const int wide = metrics.horizontalAdvance(words);
        painter.setPen(theme.quiet);
        painter.drawText(QRect(x, 0, wide + 2, height()), Qt::AlignVCenter, words);
        x += wide + gap;
    };
    write(m_content.low);
    paintHeatBar(painter, {x, top, barWidth, barHeight}, m_content.from, colours, theme);
    x += barWidth + gap;
    write(m_content.high);
    if (m_content.others.isEmpty())
        return;
    x += between - gap;
    for (int row = 0; row < barHeight; ++row)
        for (int column = 0; column < barHeight; ++column)
            painter.fillRect(x + column, top + row, 1, 1, QColor::fromRgb(HeatColours::other(column, row)));
    x += barHeight + gap;
    write(m_content.others);
}

} // namespace pleat::ui
