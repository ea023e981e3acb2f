// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/WeightPlots.h"

#include "core/report/HtmlPlots.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace pleat {

namespace {

constexpr std::size_t bins = 80;
constexpr std::int64_t mostChannels = 1 << 20; // along the first axis of any tensor

// The range that both histograms count over.
Range common(const std::optional<Statistics>& before, const std::optional<Statistics>& after)
{
    if (!before || !after)
        return before ? before->range : after ? after->range : Range{};
    return {std::min(before->range.min, after->range.min), std::max(before->range.max, after->range.max)};
}

} // namespace

PlottedWeight alongFirstAxis(const TensorView& tensor)
{
    const std::uint64_t elements = tensor.elements();
    if (elements == 0 || tensor.dims().empty() || tensor.dims().front() > mostChannels)
        return {tensor, WeightLayout::plain(elements)};
    const auto channels = static_cast<std::uint64_t>(tensor.dims().front());
    return {tensor, WeightLayout::matrix(elements / channels, channels, true)};
}

Result<std::string> weightPlots(const std::optional<PlottedWeight>& before,
                                const std::optional<PlottedWeight>& after, std::string_view channel,
                                const std::stop_token& stop)
{
    NoProgress quiet;
    const std::array weights{&before, &after};
    std::array<std::optional<Statistics>, 2> measured;
    for (std::size_t side = 0; side < weights.size(); ++side) {
        if (!*weights[side])
            continue;
        auto found = statistics((*weights[side])->tensor, (*weights[side])->layout, quiet, stop);
        if (!found)
            return tl::make_unexpected(std::move(found.error()));
        measured[side] = std::move(*found);
    }
    const Range range = common(measured[0], measured[1]);
    std::array<Histogram, 2> histograms;
    for (std::size_t side = 0; side < weights.size(); ++side) {
        if (!*weights[side])
            continue;
        auto found = histogram((*weights[side])->tensor, range, bins, quiet, stop);
        if (!found)
            return tl::make_unexpected(std::move(found.error()));
        histograms[side] = std::move(*found);
    }
    const std::vector<Range> none;
    return fmt::format(
        "<div class=\"plots\"><figure><figcaption>Range of each {}</figcaption>{}</figure>"
        "<figure><figcaption>How many values, in {} bins, on a square-root scale</figcaption>{}"
        "</figure></div>",
        channel,
        channelRanges(measured[0] ? measured[0]->channels : none, measured[1] ? measured[1]->channels : none),
        bins, histogramSteps(histograms[0], histograms[1]));
}

} // namespace pleat
