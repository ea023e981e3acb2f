// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/HtmlPlots.h"

#include "core/base/Text.h"
#include "core/report/HtmlText.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <span>

namespace pleat {

namespace {

constexpr std::size_t mostBars = 128; // channels, before they share columns
constexpr std::size_t columns = 280;
constexpr double left = 64, top = 6, width = 560, height = 150; // of what is within the axes

// From values to places: `from` at `start`, `to` at `start + length`.
class Scale final {
public:
    Scale(double from, double to, double start, double length)
        : m_from(from),
          m_factor(to != from ? length / (to - from) : 0),
          m_start(start)
    {
    }
    double operator()(double value) const { return m_start + (value - m_from) * m_factor; }

private:
    double m_from, m_factor, m_start;
};

Range widened(Range all, std::span<const Range> ranges)
{
    for (const Range& range : ranges)
        all = {std::min(all.min, range.min), std::max(all.max, range.max)};
    return all;
}

std::string frame(std::string_view name, std::string_view content)
{
    return fmt::format("<svg class=\"plot\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">{}</svg>\n",
                       left + width + 8, top + height + 22, name, content);
}

std::string word(double x, double y, std::string_view anchor, std::string_view text)
{
    return fmt::format("<text x=\"{:g}\" y=\"{:g}\" text-anchor=\"{}\">{}</text>", x, y, anchor, text);
}

std::string line(std::string_view kind, double x1, double y1, double x2, double y2)
{
    return fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>", kind, x1, y1, x2, y2);
}

// One stroke a channel, `share` of its slot wide.
std::string bars(std::string_view kind, const std::vector<Range>& channels, double offset, double share,
                 const Scale& y)
{
    const double slot = width / static_cast<double>(channels.size());
    std::string path;
    for (std::size_t c = 0; c < channels.size(); ++c) {
        const double x = left + slot * (static_cast<double>(c) + offset);
        const double low = y(channels[c].min), high = y(channels[c].max);
        path += fmt::format("M{:.1f} {:.1f}V{:.1f}", x, high, std::max(low, high + 1));
    }
    return fmt::format("<path class=\"{}\" stroke-width=\"{:.1f}\" d=\"{}\"/>", kind, slot * share, path);
}

std::vector<Range> envelope(const std::vector<Range>& channels)
{
    std::vector<Range> result;
    result.reserve(columns);
    for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t first = c * channels.size() / columns;
        const std::size_t end = std::max((c + 1) * channels.size() / columns, first + 1);
        result.push_back(widened(channels[first], std::span(channels).subspan(first, end - first)));
    }
    return result;
}

std::string outline(std::string_view kind, const std::vector<Range>& channels, const Scale& y, bool closed)
{
    if (channels.empty())
        return {};
    const std::vector<Range> all = envelope(channels);
    const double step = width / static_cast<double>(all.size());
    // Places as whole numbers, the upper line and back along the lower one.
    std::string path = "M";
    const auto add = [&](std::size_t column, double value) {
        path += fmt::format("{:.0f} {:.0f} ", left + step * (static_cast<double>(column) + 0.5), y(value));
    };
    for (std::size_t c = 0; c < all.size(); ++c)
        add(c, all[c].max);
    if (!closed)
        path += "M";
    for (std::size_t c = all.size(); c-- > 0;)
        add(c, all[c].min);
    return fmt::format("<path class=\"{}\" d=\"{}{}\"/>", kind, path, closed ? "z" : "");
}

std::string steps(std::string_view kind, const Histogram& histogram, const Scale& y, bool closed)
{
    if (histogram.bins.empty())
        return {};
    const double step = width / static_cast<double>(histogram.bins.size());
    std::string path = fmt::format("M{:.1f} {:.1f}", left, y(0));
    for (std::size_t b = 0; b < histogram.bins.size(); ++b)
        path += fmt::format("V{:.1f}H{:.1f}", y(std::sqrt(static_cast<double>(histogram.bins[b]))),
                            left + step * static_cast<double>(b + 1));
    return fmt::format("<path class=\"{}\" d=\"{}V{:.1f}{}\"/>", kind, path, y(0), closed ? "z" : "");
}

} // namespace

std::string rangeBars(const std::optional<Range>& before, const Range& after)
{
    constexpr double wide = 110;
    const Range all = widened(widened({}, std::span(&after, 1)),
                              before ? std::span(&*before, 1) : std::span<const Range>());
    const Scale x(all.min, all.max, 1, wide - 2);
    const auto bar = [&x](std::string_view kind, const Range& range, double y) {
        return fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:g}\" width=\"{:.1f}\" height=\"6\"/>", kind,
                           x(range.min), y, std::max(x(range.max) - x(range.min), 1.0));
    };
    return fmt::format(
        "<div class=\"range\"><svg viewBox=\"0 0 {0:g} 34\" width=\"{0:g}\" height=\"34\" "
        "aria-hidden=\"true\">{1}{2}{3}</svg><span><span class=\"q\">{4}</span><br>{5}</span></div>",
        wide, before ? bar("before", *before, 6) : "", bar("after", after, 22),
        line("zero", x(0), 1, x(0), 33), before ? rangeText(*before) : "", rangeText(after));
}

std::string channelRanges(const std::vector<Range>& before, const std::vector<Range>& after)
{
    const Range all = widened(widened({}, before), after);
    const Scale y(all.max, all.min, top, height);
    const std::size_t count = std::max(before.size(), after.size());
    std::string content;
    if (count <= mostBars) {
        const bool both = !before.empty() && !after.empty();
        if (!before.empty())
            content += bars("before bar", before, both ? 0.3 : 0.5, both ? 0.36 : 0.7, y);
        if (!after.empty())
            content += bars("after bar", after, both ? 0.68 : 0.5, both ? 0.36 : 0.7, y);
    } else {
        content += outline("after area", after, y, true) + outline("before edge", before, y, false);
    }
    content += line("zero", left, y(0), left + width, y(0));
    content += word(left - 6, top + 8, "end", shortNumber(all.max));
    content += word(left - 6, top + height, "end", shortNumber(all.min));
    content += word(left, top + height + 16, "start", "0");
    if (count > 1)
        content += word(left + width, top + height + 16, "end", grouped(count - 1));
    return frame("Range of each output channel before and after", content);
}

std::string histogramSteps(const Histogram& before, const Histogram& after)
{
    std::uint64_t most = 1;
    for (const Histogram* side : {&before, &after}) {
        for (const std::uint64_t count : side->bins)
            most = std::max(most, count);
    }
    const Range range = before.bins.empty() ? after.range : before.range;
    const Scale y(std::sqrt(static_cast<double>(most)), 0, top, height);
    std::string content = steps("after area", after, y, true) + steps("before edge", before, y, false);
    content += line("zero", left, y(0), left + width, y(0));
    content += word(left - 6, top + 8, "end", grouped(most));
    content += word(left, top + height + 16, "start", shortNumber(range.min));
    content += word(left + width, top + height + 16, "end", shortNumber(range.max));
    return frame("How many weights have which value, before and after", content);
}

} // namespace pleat
