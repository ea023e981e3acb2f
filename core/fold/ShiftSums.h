// SPDX-License-Identifier: GPL-3.0-or-later
// What a shift before a layer becomes behind it: sums over the layer's weights.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// What a shift of the input adds to each output: α·Σ t[i]·w (resources/guide/folding.md, "Before the layer").
// Reads all weights, unless the shift is 0. Errors: the payload's; Cancelled.
Result<std::vector<double>> shiftOfOutputs(const FoldTarget& target, const std::stop_token& stop);

} // namespace pleat
