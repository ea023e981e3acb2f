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
    std::uint64_t count = 0;                // elements
    std::uint64_t nans = 0, infinities = 0; // left out of everything below
    std::uint64_t zeros = 0;
    std::uint64_t subnormals = 0; // nearer to 0 than the least normal number of the stored type
    Range range;                  // of all finite values; {0, 0} when there is none
    double mean = 0;
    double deviation = 0;        // standard deviation, of the population
    std::vector<Range> channels; // per output channel of the layout, as `range`
    std::vector<double> means;   // as many; 0 where there is no finite value

    std::uint64_t nonFinite() const { return nans + infinities; }
};

// Reads each element once. Error Unsupported for types that cannot be read as numbers; the payload's errors;
// Cancelled.
Result<Statistics> statistics(const TensorView& tensor, const WeightLayout& layout, Progress& progress,
                              std::stop_token stop);

// Bin b of n counts the values from min + b·(max − min)/n on, up to where the next one begins; the last one
// counts max, too.
struct Histogram {
    Range range;
    std::vector<std::uint64_t> bins; // values outside the range are not counted
};

// Where bin `bin` begins.
double binStart(const Histogram& histogram, std::size_t bin);
// Shannon's entropy of the bins in bits: −Σ p·log₂ p; 0 when there are no values. (C. E. Shannon, "A
// mathematical theory of communication", 1948, section 6.)
double entropy(const Histogram& histogram);

Result<Histogram> histogram(const TensorView& tensor, Range range, std::size_t bins, Progress& progress,
                            std::stop_token stop);

} // namespace pleat
