// SPDX-License-Identifier: GPL-3.0-or-later
// What is to be seen of a tensor's values: ranges, per channel and in all, and histograms. Computed in one
// streamed pass each, in double.
#pragma once

#include "core/base/Progress.h"
#include "core/tensor/TensorView.h"

#include <stop_token>

namespace pleat {

struct Range {
    double min = 0;
    double max = 0;
    bool operator==(const Range&) const = default;
};

struct Statistics {
    std::uint64_t count = 0;     // elements
    std::uint64_t nonFinite = 0; // NaN and infinities; they are left out of everything below
    std::uint64_t zeros = 0;
    Range range; // of all finite values; {0, 0} when there is none
    double mean = 0;
    double deviation = 0;        // standard deviation, of the population
    std::vector<Range> channels; // per output channel of the layout
};

// Error Unsupported for types that cannot be read as numbers; the payload's errors; Cancelled.
Result<Statistics> statistics(const TensorView& tensor, const WeightLayout& layout, Progress& progress,
                              std::stop_token stop);

struct Histogram {
    Range range;                     // the first bin starts at min, the last ends at max
    std::vector<std::uint64_t> bins; // counts; values outside the range are not counted
};

Result<Histogram> histogram(const TensorView& tensor, Range range, std::size_t bins, Progress& progress,
                            std::stop_token stop);

} // namespace pleat
