// SPDX-License-Identifier: GPL-3.0-or-later
// What a fold would do to the numbers: overflow in the 16-bit types, which blocks it, and findings that only
// warn.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// Adds warnings to the plan's candidate. Refuses (overflow) when float16 or bfloat16 weights or biases would
// become infinite and the options do not allow it; missing-data when the weights cannot be read. Only the
// 16-bit types are read.
Verdict<void> checkRanges(const GraphView& view, const FoldOptions& options, FoldPlan& plan,
                          std::stop_token stop);

} // namespace pleat
