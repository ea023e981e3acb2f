// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/WeightsSummary.h"

#include "core/tensor/SparseBytes.h"
#include "ui/document/Convert.h"
#include "ui/weights/ChannelOrder.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/Translate.h"

#include <QLocale>
#include <algorithm>
#include <cmath>
#include <limits>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

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

Range unite(const std::vector<Range>& ranges, std::span<const std::size_t> channels)
{
    Range range = ranges[channels.front()];
    for (const std::size_t channel : channels)
        range = {std::min(range.min, ranges[channel].min), std::max(range.max, ranges[channel].max)};
    return range;
}

bool has(const std::vector<Range>& ranges, std::span<const std::size_t> channels)
{
    return !channels.empty() && std::ranges::max(channels) < ranges.size();
}

QString times(double factor)
{
    return u"×\u00a0"_s + number(factor);
}

// What may hurt, and what to do about it.
QStringList hazards(const WeightsComparison& comparison)
{
    QStringList found;
    const Statistics& after = comparison.after.statistics;
    const auto several = [](std::uint64_t count) {
        return static_cast<int>(std::min<std::uint64_t>(count, std::numeric_limits<int>::max()));
    };
    if (after.nans > 0)
        found += tr("%n values are NaN: every output that they reach is NaN too.", several(after.nans));
    if (after.infinities > 0)
        found += tr("%n values are infinite: look at where they come from before anything is quantized.",
                    several(after.infinities));
    if (after.subnormals > 0)
        found +=
            tr("%n values are subnormal: slow on some processors, 0 on others.", several(after.subnormals));
    if (!comparison.outliers.empty()) {
        const Outlier& widest = comparison.outliers.front();
        QString sentence = tr("Channel %1 is %2 × wider than the median channel")
                               .arg(QString::number(widest.channel), QString::number(widest.ratio, 'f', 1));
        if (comparison.outliers.size() > 1)
            sentence +=
                tr(", and %n others are far wider too", static_cast<int>(comparison.outliers.size()) - 1);
        found += sentence + tr(": quantize per channel, or equalize first.");
    }
    if (after.count > 0 && after.zeros == after.count)
        found += tr("All values are 0: the layer gives its bias and nothing else.");
    for (const std::string& warning : comparison.warnings)
        found += oneLine(toQt(warning));
    return found;
}

} // namespace

QString summaryHtml(const WeightsComparison& comparison, const Distribution* distribution, const Theme& theme)
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
    if (comparison.before) {
        const Statistics& was = comparison.before->statistics;
        line(tr("mean"), number(was.mean) + u" → "_s + strong(number(after.statistics.mean)));
        line(tr("std"), number(was.deviation) + u" → "_s + strong(number(after.statistics.deviation)));
        const std::vector<double> growth = growths(comparison);
        if (const auto changed = channelsInOrder(comparison, ChannelOrder::Change);
            !changed.empty() && growth[changed.front()] != 1)
            line(tr("largest change"),
                 tr("channel %1, range %2")
                     .arg(QString::number(changed.front()), strong(times(growth[changed.front()]))));
    }
    line(tr("values"), compactCount(after.statistics.count) + u" · "_s + dimensions(after.dims, u"×"_s));
    QString stored =
        toQt(name(after.type)) + u", "_s + QLocale().formattedDataSize(static_cast<qint64>(after.bytes));
    if (const SparseBytes* sparse = sparseBytes(after.source.weight.payload()))
        stored += u", "_s + tr("sparse: %1 values").arg(compactCount(sparse->stored()));
    line(tr("stored"), stored);
    if (after.statistics.count > 0)
        line(tr("zeros"),
             tr("%1 %").arg(number(100 * double(after.statistics.zeros) / double(after.statistics.count))));
    const auto bins = static_cast<double>(distribution ? distribution->after.bins.size() : 0);
    line(tr("entropy"),
         bins > 0 ? tr("%1 bits of %2").arg(number(entropy(distribution->after)), number(std::log2(bins)))
                  : u"…"_s); // takes its line, so that nothing moves when it is there
    const QString amber = theme.markText(MarkColour::Warning).name();
    for (const QString& hazard : hazards(comparison))
        lines += u"<span style='color:%1; font-weight:600'>%2</span>"_s.arg(amber, hazard.toHtmlEscaped());
    return u"<div style='line-height:150%'>"_s + lines.join(u"<br/>"_s) + u"</div>"_s;
}

QString channelTitle(const WeightsComparison& comparison, std::span<const std::size_t> channels)
{
    const auto [least, most] = std::ranges::minmax(channels);
    if (channels.size() > 1 && most - least + 1 == channels.size())
        return tr("channels %1–%2").arg(least).arg(most);
    if (channels.size() > 1)
        return tr("%n channels, such as %1", static_cast<int>(channels.size())).arg(channels.front());
    QString title = tr("channel %1").arg(least);
    if (comparison.perOutput && least < comparison.s.size())
        title += u" · s = "_s + number(comparison.s[least]);
    return title;
}

QString channelRanges(const WeightsComparison& comparison, std::span<const std::size_t> channels)
{
    const Statistics& after = comparison.after.statistics;
    if (!has(after.channels, channels))
        return {};
    QString now = rangeText(unite(after.channels, channels));
    if (!comparison.before || !has(comparison.before->statistics.channels, channels))
        return channels.size() == 1 ? now + tr(", mean %1").arg(number(after.means[channels.front()])) : now;
    return tr("before %1 → after %2")
        .arg(rangeText(unite(comparison.before->statistics.channels, channels)), now);
}

} // namespace pleat::ui
