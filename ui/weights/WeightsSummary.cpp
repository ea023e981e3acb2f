// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsSummary.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QCoreApplication>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString tr(const char* text, int n = -1)
{
    return QCoreApplication::translate("Weights", text, nullptr, n);
}

QString rangeText(const Range& range)
{
    return number(range.min) + u"\u00a0…\u00a0"_s + number(range.max); // stays in one line
}

QString strong(const QString& text)
{
    return u"<b>"_s + text + u"</b>"_s;
}

Range extent(const std::vector<double>& values)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return {*low, *high};
}

QString biasText(const std::vector<double>& bias)
{
    return bias.empty() ? tr("none") : rangeText(extent(bias));
}

Range unite(const std::vector<Range>& channels, std::size_t first, std::size_t last)
{
    Range range = channels[first];
    for (std::size_t i = first + 1; i <= std::min(last, channels.size() - 1); ++i)
        range = {std::min(range.min, channels[i].min), std::max(range.max, channels[i].max)};
    return range;
}

} // namespace

QString summaryHtml(const WeightsComparison& comparison, const Theme& theme)
{
    const MeasuredWeights& after = comparison.after;
    QStringList lines;
    const auto line = [&](const QString& name, const QString& value) {
        lines += u"<span style='color:%1'>%2</span>&nbsp; %3"_s.arg(theme.quiet.name(), name, value);
    };
    if (comparison.before) {
        const MeasuredWeights& before = *comparison.before;
        line(tr("range"),
             rangeText(before.statistics.range) + u" → "_s + strong(rangeText(after.statistics.range)));
        const QString now = after.bias.empty()    ? tr("none")
                            : before.bias.empty() ? tr("%n values", static_cast<int>(after.bias.size()))
                                                  : biasText(after.bias);
        line(tr("bias"), biasText(before.bias) + u" → "_s + strong(now));
        if (!comparison.s.empty()) {
            line(u"s"_s, strong(rangeText(extent(comparison.s))));
            line(u"t"_s, strong(rangeText(extent(comparison.t))));
        }
    } else {
        line(tr("range"), strong(rangeText(after.statistics.range)));
        line(tr("mean"),
             strong(number(after.statistics.mean)) + u" ± "_s + number(after.statistics.deviation));
        line(tr("bias"), strong(biasText(after.bias)));
    }
    line(tr("values"), compactCount(after.statistics.count) + u" · "_s + dimensions(after.dims, u"×"_s));
    if (after.statistics.zeros > 0)
        line(tr("zeros"), compactCount(after.statistics.zeros));
    const QString amber = u"<span style='color:%1; font-weight:600'>%2</span>"_s;
    const QString amberColour = theme.markText(MarkColour::Warning).name();
    if (after.statistics.nonFinite > 0)
        lines += amber.arg(amberColour,
                           tr("%n values are not finite.", static_cast<int>(after.statistics.nonFinite)));
    if (comparison.outlier)
        lines += amber.arg(amberColour, tr("Channel %1 is %2 × wider than the median channel:")
                                            .arg(comparison.outlier->channel)
                                            .arg(comparison.outlier->ratio, 0, 'f', 1)) +
                 u"<br/>"_s + tr("quantize per channel, or equalize first.");
    for (const std::string& warning : comparison.warnings)
        lines +=
            u"<span style='color:%1'>%2</span>"_s.arg(amberColour, oneLine(toQt(warning)).toHtmlEscaped());
    QString html = u"<div style='line-height:150%'>"_s + lines.join(u"<br/>"_s) + u"</div>"_s;
    return html;
}

QString channelTitle(const WeightsComparison& comparison, std::size_t first, std::size_t last)
{
    if (first != last)
        return tr("channels %1–%2").arg(first).arg(last);
    QString title = tr("channel %1").arg(first);
    if (comparison.perOutput && first < comparison.s.size())
        title += u" · s = "_s + number(comparison.s[first]);
    return title;
}

QString channelRanges(const WeightsComparison& comparison, std::size_t first, std::size_t last)
{
    const auto& after = comparison.after.statistics.channels;
    if (first >= after.size())
        return {};
    QString now = rangeText(unite(after, first, last));
    if (!comparison.before || first >= comparison.before->statistics.channels.size())
        return now;
    return tr("before %1 → after %2")
        .arg(rangeText(unite(comparison.before->statistics.channels, first, last)), now);
}

} // namespace pleat::ui
