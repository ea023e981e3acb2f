// SPDX-License-Identifier: GPL-3.0-or-later
// The plots of a weight before and after as HTML: the range of each channel, and the histogram. Bounded, some
// 15 kB at most.
#pragma once

#include "core/tensor/TensorView.h"

#include <optional>
#include <stop_token>
#include <string>

namespace pleat {

struct PlottedWeight {
    TensorView tensor;
    WeightLayout layout; // which elements make a channel
};

// With a channel a position along the first axis, where those are not too many.
PlottedWeight alongFirstAxis(const TensorView& tensor);

// Either side may be missing. `channel` is what the plot calls one: "output channel". Reads each weight
// twice. Errors: those of statistics(), Cancelled among them.
Result<std::string> weightPlots(const std::optional<PlottedWeight>& before,
                                const std::optional<PlottedWeight>& after, std::string_view channel,
                                const std::stop_token& stop);

} // namespace pleat
