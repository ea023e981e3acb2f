// SPDX-License-Identifier: GPL-3.0-or-later
// How the values of single output channels are distributed.
#pragma once

#include "core/tensor/Statistics.h"

#include <span>

namespace pleat {

// A histogram for each of `channels`, output channels of the layout, all of the same range and bins. Reads
// the tensor once. Errors: those of histogram().
Result<std::vector<Histogram>> channelHistograms(const TensorView& tensor, const WeightLayout& layout,
                                                 std::span<const std::size_t> channels, Range range,
                                                 std::size_t bins, Progress& progress,
                                                 const std::stop_token& stop);

} // namespace pleat
