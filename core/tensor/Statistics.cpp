// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Statistics.h"

#include "core/tensor/Blocks.h"
#include "core/tensor/Runs.h"

#include <cmath>
#include <limits>

namespace pleat {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Range nothing{infinity, -infinity};

void widen(Range& range, double value)
{
    range.min = std::min(range.min, value);
    range.max = std::max(range.max, value);
}

Range orZero(const Range& range)
{
    return range.min <= range.max ? range : Range{};
}

} // namespace

Result<Statistics> statistics(const TensorView& tensor, const WeightLayout& layout, Progress& progress,
                              std::stop_token stop)
{
    Statistics result;
    result.channels.assign(layout.outputs, nothing);
    Range all = nothing;
    double mean = 0, squares = 0; // Welford's running mean and sum of squared deviations
    std::uint64_t finite = 0;
    const auto block = [&](std::uint64_t first, std::span<const double> values) {
        forEachRun(layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
            for (std::uint64_t e = 0; e < run.length; ++e) {
                const double value = values[run.position + e];
                if (!std::isfinite(value)) {
                    ++result.nonFinite;
                    continue;
                }
                result.zeros += value == 0;
                widen(result.channels[run.output + e * run.outputStep], value);
                ++finite;
                const double from = value - mean;
                mean += from / static_cast<double>(finite);
                squares += from * (value - mean);
            }
        });
    };
    if (auto read = forEachBlock(tensor, progress, stop, block); !read)
        return tl::make_unexpected(read.error());
    for (Range& channel : result.channels) {
        if (channel.min <= channel.max) {
            widen(all, channel.min);
            widen(all, channel.max);
        }
        channel = orZero(channel);
    }
    result.count = tensor.elements();
    result.range = orZero(all);
    result.mean = mean;
    result.deviation = finite ? std::sqrt(squares / static_cast<double>(finite)) : 0;
    return result;
}

Result<Histogram> histogram(const TensorView& tensor, Range range, std::size_t bins, Progress& progress,
                            std::stop_token stop)
{
    Histogram result{range, std::vector<std::uint64_t>(std::max<std::size_t>(bins, 1))};
    const double width = range.max - range.min;
    const auto last = static_cast<double>(result.bins.size() - 1);
    const auto block = [&](std::uint64_t, std::span<const double> values) {
        for (const double value : values) {
            if (!(value >= range.min && value <= range.max))
                continue;
            const double position = width > 0 ? (value - range.min) / width * (last + 1) : 0;
            ++result.bins[static_cast<std::size_t>(std::min(position, last))];
        }
    };
    if (auto read = forEachBlock(tensor, progress, stop, block); !read)
        return tl::make_unexpected(read.error());
    return result;
}

} // namespace pleat
