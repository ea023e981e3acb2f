// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/DecadesPlot.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double sideMargin = 14, mostBarWidth = 72;

QString superscript(int number)
{
    static const QString digits = u"⁰¹²³⁴⁵⁶⁷⁸⁹"_s;
    QString text;
    for (const QChar digit : QString::number(number))
        text += digit == u'-' ? QChar(u'⁻') : digits[digit.digitValue()];
    return text;
}

// The decade of the number; `first` where it is none that a plot from there on can show.
int decadeOf(double number, int first)
{
    constexpr int mostDecades = 12;
    const double decade = std::floor(std::log10(number));
    return decade >= first && decade < first + mostDecades ? static_cast<int>(decade) : first;
}

} // namespace

DecadesPlot::DecadesPlot(QWidget* parent) : QWidget(parent)
{
    setObjectName(u"verifyDecades"_s);
    setAccessibleName(tr("Errors by decade"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setOutput(nullptr);
}

void DecadesPlot::setOutput(const OutputDifference* output)
{
    m_bars.clear();
    const bool hasBars = output && output->problem.empty() && !output->decades.empty();
    if (hasBars) {
        m_name = oneLine(toQt(output->name));
        m_tolerated = output->tolerated;
        m_bars.push_back({std::nullopt, output->numbers.count - output->numbers.differing});
        const int first = output->decades.front().exponent;
        const int last = std::max(output->decades.back().exponent, decadeOf(m_tolerated, first));
        for (int exponent = first; exponent <= last; ++exponent) {
            const auto found = std::ranges::find(output->decades, exponent, &ErrorDecade::exponent);
            m_bars.push_back({exponent, found == output->decades.end() ? 0 : found->count});
        }
    }
    setVisible(hasBars);
    setAccessibleDescription(words());
    update();
}

QString DecadesPlot::labelOf(const Bar& bar)
{
    return bar.exponent ? tr("from 10%1").arg(superscript(*bar.exponent)) : tr("the same");
}

QString DecadesPlot::words() const
{
    QStringList lines;
    for (const Bar& bar : m_bars)
        lines += tr("%1: %2").arg(labelOf(bar)).arg(bar.count);
    return lines.join(u'\n');
}

void DecadesPlot::paintEvent(QPaintEvent*)
{
    if (m_bars.empty())
        return;
    const Theme theme = Theme::of(*this);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(tabularFont(font()));
    const double line = painter.fontMetrics().height();
    painter.setPen(theme.quiet);
    painter.drawText(QRectF(sideMargin, 6, width() - 2 * sideMargin, line), Qt::AlignLeft,
                     tr("Errors of %1 by decade; the line is what is tolerated").arg(m_name));
    const QRectF box(sideMargin, 6 + 2 * line + 4, width() - 2 * sideMargin, height() - 6 - 3 * line - 12);
    const double step = std::min(mostBarWidth, box.width() / double(m_bars.size()));
    std::uint64_t most = 1;
    for (const Bar& bar : m_bars)
        most = std::max(most, bar.count);
    for (std::size_t b = 0; b < m_bars.size(); ++b) {
        const Bar& bar = m_bars[b];
        const QRectF place(box.left() + double(b) * step, box.top(), step, box.height());
        const double share = std::log10(1 + double(bar.count)) / std::log10(1 + double(most));
        const bool isBeyond = bar.exponent && std::pow(10, *bar.exponent) > m_tolerated;
        painter.setPen(Qt::NoPen);
        painter.setBrush(!bar.exponent ? theme.before : isBeyond ? theme.blocked : theme.accent);
        if (bar.count > 0)
            painter.drawRect(QRectF(place.left() + 3, place.bottom() - share * place.height(),
                                    place.width() - 6, share * place.height()));
        painter.setPen(theme.text);
        if (bar.count > 0)
            painter.drawText(
                QRectF(place.left(), place.bottom() - share * place.height() - line, place.width(), line),
                Qt::AlignHCenter, compactCount(bar.count));
        painter.setPen(theme.quiet);
        painter.drawText(QRectF(place.left(), place.bottom() + 3, place.width(), line), Qt::AlignHCenter,
                         bar.exponent ? u"10"_s + superscript(*bar.exponent) : tr("same"));
    }
    painter.setPen(QPen(theme.line, 1));
    painter.drawLine(box.bottomLeft(), QPointF(box.left() + step * double(m_bars.size()), box.bottom()));
    const double decade = std::log10(m_tolerated) - *m_bars[1].exponent;
    if (const double x = box.left() + (1 + decade) * step;
        std::isfinite(x) && x > box.left() + step && x <= box.right()) {
        painter.setPen(QPen(theme.text, 1.2, Qt::DashLine));
        painter.drawLine(QPointF(x, box.top() - line), QPointF(x, box.bottom()));
    }
}

} // namespace pleat::ui
