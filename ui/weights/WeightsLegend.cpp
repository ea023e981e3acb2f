// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsLegend.h"

#include "ui/widgets/Theme.h"

#include <QPainter>

namespace pleat::ui {

namespace {
constexpr int square = 9;
constexpr int gap = 6;
constexpr int entryGap = 16;
} // namespace

WeightsLegend::WeightsLegend(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void WeightsLegend::setKind(Kind kind, bool outlier)
{
    m_entries.clear();
    if (kind == Kind::Plain)
        m_entries.push_back({1, tr("weights")});
    if (kind == Kind::Preview || kind == Kind::Folded || kind == Kind::Beside) {
        m_entries.push_back({0, tr("before")});
        m_entries.push_back({1, kind == Kind::Preview  ? tr("after folding")
                                : kind == Kind::Folded ? tr("after folding ✓")
                                                       : tr("after")});
    }
    if (outlier)
        m_entries.push_back({2, tr("outlier")});
    QStringList words;
    for (const Entry& entry : m_entries)
        words += entry.text;
    setAccessibleName(words.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

QSize WeightsLegend::sizeHint() const
{
    int width = 0;
    for (const Entry& entry : m_entries)
        width += square + gap + fontMetrics().horizontalAdvance(entry.text) + entryGap;
    return {width, fontMetrics().height() + 4};
}

void WeightsLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme theme = Theme::of(*this);
    int x = 0;
    for (const Entry& entry : m_entries) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(entry.colour == 0 ? theme.before : entry.colour == 1 ? theme.accent : theme.blocked);
        painter.drawRoundedRect(QRectF(x, (height() - square) / 2.0, square, square), 2, 2);
        x += square + gap;
        painter.setPen(theme.quiet);
        const int width = fontMetrics().horizontalAdvance(entry.text);
        painter.drawText(QRect(x, 0, width + 2, height()), Qt::AlignVCenter, entry.text);
        x += width + entryGap;
    }
}

} // namespace pleat::ui
