// SPDX-License-Identifier: GPL-3.0-or-later
// What a fold would do to the numbers: overflow, which blocks it, and findings that only warn.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// Adds warnings to the plan's candidate. Refuses (overflow) when a weight, or a constant that the fold makes
// (bias, padding, scale of a DequantizeLinear), was finite and would be infinite in its type, and the options
// do not allow it; missing-data when the weights cannot be read. Weights of 16 bits are always read, others
// where the factors are so large, or the weights so few, that it is worth it.
Verdict<void> checkRanges(const GraphView& view, const FoldOptions& options, FoldPlan& plan,
                          std::stop_token stop);

} // namespace pleat
