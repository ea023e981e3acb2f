// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/ChannelOrder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pleat::ui {

namespace {

double width(const Range& range)
{
    return range.max - range.min;
}

// What the channels are sorted by, the largest first.
std::vector<double> keys(const WeightsComparison& comparison, ChannelOrder order)
{
    const std::vector<Range>& channels = comparison.after.statistics.channels;
    std::vector<double> result;
    result.reserve(channels.size());
    switch (order) {
    case ChannelOrder::Channel:
        break;
    case ChannelOrder::Width:
        for (const Range& range : channels)
            result.push_back(width(range));
        break;
    case ChannelOrder::Change:
        for (const double growth : growths(comparison))
            result.push_back(std::abs(std::log(growth)));
        break;
    case ChannelOrder::Scale:
        for (const double s : comparison.s)
            result.push_back(std::abs(s));
        break;
    }
    return result;
}

} // namespace

std::vector<double> growths(const WeightsComparison& comparison)
{
    const std::vector<Range>& after = comparison.after.statistics.channels;
    std::vector<double> result(after.size(), 1);
    if (!comparison.before || comparison.before->statistics.channels.size() != after.size())
        return result;
    for (std::size_t c = 0; c < after.size(); ++c) {
        const double was = width(comparison.before->statistics.channels[c]), is = width(after[c]);
        if (was != is)
            result[c] = was > 0 ? is / was : std::numeric_limits<double>::infinity();
    }
    return result;
}

bool hasOrder(const WeightsComparison& comparison, ChannelOrder order)
{
    const std::size_t channels = comparison.after.statistics.channels.size();
    switch (order) {
    case ChannelOrder::Change:
        return comparison.before && comparison.before->statistics.channels.size() == channels;
    case ChannelOrder::Scale:
        return comparison.perOutput && comparison.s.size() == channels;
    default:
        return true;
    }
}

std::vector<std::size_t> channelsInOrder(const WeightsComparison& comparison, ChannelOrder order)
{
    std::vector<std::size_t> channels(comparison.after.statistics.channels.size());
    std::iota(channels.begin(), channels.end(), std::size_t{0});
    if (order != ChannelOrder::Channel && hasOrder(comparison, order)) {
        const std::vector<double> by = keys(comparison, order);
        std::ranges::stable_sort(channels, std::greater{}, [&](std::size_t channel) { return by[channel]; });
    }
    return channels;
}

} // namespace pleat::ui
