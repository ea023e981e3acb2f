// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/QuantizationView.h"

#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr double noticed = 0.5; // dB that nobody needs to hear of
constexpr int margin = 14, between = 12;

double ratio(const std::vector<double>& ratios, const QuantizationScheme& scheme)
{
    const auto known = std::ranges::find(commonSchemes(), scheme);
    return ratios[static_cast<std::size_t>(known - commonSchemes().begin())];
}

QString decibels(double value)
{
    if (std::isnan(value))
        return u"–"_s;
    return std::isinf(value) ? QuantizationView::tr("exact")
                             : QuantizationView::tr("%1 dB").arg(QString::number(value, 'f', 1));
}

} // namespace

QuantizationView::QuantizationView(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Signal to quantization noise ratios"));
    setToolTip(tr("How much louder the weights are than the error that rounding them makes.\n"
                  "6 dB more are one bit more."));
}

void QuantizationView::setRatios(std::shared_ptr<const QuantizationRatios> ratios)
{
    m_ratios = std::move(ratios);
    tell();
    update();
}

void QuantizationView::setClipped(bool clipped)
{
    m_clipped = clipped;
    tell();
    update();
}

void QuantizationView::tell()
{
    setAccessibleDescription(words());
}

std::vector<QuantizationView::Row> QuantizationView::rows() const
{
    std::vector<Row> rows;
    for (std::size_t s = 0; m_ratios && s < m_ratios->after.size(); ++s) {
        const QuantizationScheme& scheme = commonSchemes()[s];
        if (scheme.clipped != m_clipped)
            continue;
        const QString range = scheme.perChannel ? tr("per channel") : tr("per tensor");
        Row row;
        row.name = tr("%1 bits %2, %3")
                       .arg(QString::number(scheme.bits), range,
                            scheme.symmetric ? tr("symmetric") : tr("asymmetric"));
        if (!m_ratios->before.empty())
            row.before = m_ratios->before[s];
        row.after = m_ratios->after[s];
        rows.push_back(row);
    }
    return rows;
}

QString QuantizationView::words() const
{
    QStringList lines;
    for (const Row& row : rows())
        lines += row.before ? tr("%1: %2 → %3").arg(row.name, decibels(*row.before), decibels(*row.after))
                            : tr("%1: %2").arg(row.name, decibels(*row.after));
    return lines.join(u'\n');
}

void QuantizationView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme theme = Theme::of(*this);
    const std::vector<Row> all = rows();
    const QRectF inside = QRectF(rect()).adjusted(margin, 10, -margin, -8);
    if (all.empty()) {
        painter.setPen(theme.quiet);
        painter.drawText(inside, Qt::AlignCenter,
                         m_ratios ? tr("Integers are rounded already.") : tr("Rounding to 8 and 4 bits…"));
        return;
    }
    const QFontMetricsF metrics(font());
    double names = 0, most = 1;
    for (const Row& row : all) {
        names = std::max(names, metrics.horizontalAdvance(row.name));
        for (const auto& value : {row.before, row.after})
            if (value && std::isfinite(*value))
                most = std::max(most, *value);
    }
    most = std::ceil(most / 10) * 10;
    const bool compares = !m_ratios->before.empty();
    const double changes = compares ? metrics.horizontalAdvance(u"−99.9"_s) + between : 0;
    const double numbers = metrics.horizontalAdvance(compares ? u"99.9 → 99.9 dB"_s : u"99.9 dB"_s) + changes;
    const QRectF bars(inside.left() + names + between, inside.top(),
                      std::max(20.0, inside.width() - names - numbers - 2 * between), inside.height());
    const double height = std::min(34.0, inside.height() / static_cast<double>(all.size()));
    painter.setPen(QPen(theme.line, 1, Qt::DotLine));
    for (double mark = 0; mark <= most; mark += 10) {
        const double x = bars.left() + mark / most * bars.width();
        painter.drawLine(QPointF(x, bars.top()), QPointF(x, bars.top() + height * double(all.size())));
    }
    for (std::size_t r = 0; r < all.size(); ++r) {
        const Row& row = all[r];
        const QRectF line(inside.left(), inside.top() + height * double(r), inside.width(), height);
        painter.setPen(theme.text);
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, row.name);
        const auto bar = [&](double value, double from, double to, const QColor& colour) {
            const double part = std::isinf(value) ? 1 : std::isnan(value) ? 0 : std::max(0.0, value / most);
            painter.setPen(Qt::NoPen);
            painter.setBrush(colour);
            painter.drawRoundedRect(
                QRectF(bars.left(), line.top() + from * height, part * bars.width(), (to - from) * height),
                1.5, 1.5);
        };
        if (row.before)
            bar(*row.before, 0.16, 0.46, theme.before);
        bar(*row.after, row.before ? 0.52 : 0.25, row.before ? 0.82 : 0.75, theme.accent);
        QString text = decibels(*row.after);
        QString changed;
        if (row.before) {
            text = decibels(*row.before) + u" → "_s + text;
            if (const double change = *row.after - *row.before;
                std::isfinite(change) && std::abs(change) >= noticed)
                changed = (change < 0 ? u"−"_s : u"+"_s) + QString::number(std::abs(change), 'f', 1);
        }
        const bool isWorse = row.before && *row.before - *row.after >= 3; // half a bit
        painter.setPen(isWorse ? theme.markText(MarkColour::Warning) : theme.quiet);
        painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, changed);
        painter.drawText(line.adjusted(0, 0, -changes, 0), Qt::AlignVCenter | Qt::AlignRight, text);
    }
}

QString quantizationVerdict(const QuantizationRatios& ratios)
{
    if (ratios.after.empty())
        return {};
    constexpr QuantizationScheme tensor{8, false, true, false}, channel{8, true, true, false};
    const double after = ratio(ratios.after, tensor), channels = ratio(ratios.after, channel);
    const QString perChannel = QuantizationView::tr("Per channel: %1.").arg(decibels(channels));
    if (ratios.before.empty())
        return QuantizationView::tr("With 8 bits per tensor: %1.").arg(decibels(after)) + u' ' + perChannel;
    const double before = ratio(ratios.before, tensor), change = after - before;
    QString verdict;
    if (!(std::abs(change) >= noticed))
        verdict = QuantizationView::tr("Folding leaves it as easy to quantize: %1 with 8 bits per tensor.")
                      .arg(decibels(after));
    else
        verdict =
            (change < 0
                 ? QuantizationView::tr("Folding makes it harder to quantize: 8 bits per tensor leave %1, "
                                        "%2 before.")
                 : QuantizationView::tr("Folding makes it easier to quantize: 8 bits per tensor leave %1, "
                                        "%2 before."))
                .arg(decibels(after), decibels(before));
    return verdict + u' ' + perChannel;
}

} // namespace pleat::ui
