// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/ChannelHistograms.h"

#include "core/tensor/BinCounter.h"
#include "core/tensor/Blocks.h"
#include "core/tensor/Runs.h"

namespace pleat {

Result<std::vector<Histogram>> channelHistograms(const TensorView& tensor, const WeightLayout& layout,
                                                 std::span<const std::size_t> channels, Range range,
                                                 std::size_t bins, Progress& progress,
                                                 const std::stop_token& stop)
{
    constexpr auto nobody = static_cast<std::size_t>(-1);
    const BinCounter counter(range, bins);
    std::vector<Histogram> found(channels.size(), counter.empty());
    std::vector<std::size_t> place(layout.outputs, nobody); // of a channel in `found`
    for (std::size_t c = 0; c < channels.size(); ++c)
        if (channels[c] < place.size())
            place[channels[c]] = c;
    const auto count = [&](std::uint64_t first, std::span<const double> values) {
        forEachRun(layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
            for (std::uint64_t e = 0; e < run.length; ++e) {
                const std::size_t at = place[run.output + e * run.outputStep];
                if (at != nobody)
                    counter.count(values[run.position + e], found[at]);
                else if (run.outputStep == 0)
                    return;
            }
        });
    };
    if (auto read = forEachBlock(tensor, progress, stop, count); !read)
        return tl::make_unexpected(std::move(read.error()));
    return found;
}

} // namespace pleat
