// SPDX-License-Identifier: GPL-3.0-or-later
// Carrying out plans: the weights get factors, the biases new numbers, the affine operators go.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

enum class Sums {
    Compute,
    LeaveOut
}; // left out: the biases of folds before a layer are not right, all else is

struct Applied {
    Model model;
    std::vector<FoldedPair> pairs; // those of the plans, in their order
};

// The plans come from planFolds() on this very view, are foldable and all of one direction. Reads weights
// where an affine with a shift comes before its layer (the sums over the weights). Errors: the payload's;
// Cancelled.
Result<Applied> applyPlans(const std::shared_ptr<const GraphView>& view,
                           const std::vector<const FoldPlan*>& plans, Sums sums, std::stop_token stop);

} // namespace pleat
