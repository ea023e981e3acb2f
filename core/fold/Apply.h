// SPDX-License-Identifier: GPL-3.0-or-later
// Carrying out plans: the weights get factors, the biases new numbers, the batch norms go.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// The plans come from planFolds() on this very view; those marked are foldable. Reads no weights, except
// where a weight was scaled before in another layout (its errors).
Result<FoldOutcome> applyPlans(const std::shared_ptr<const GraphView>& view, std::vector<FoldPlan> plans,
                               const std::vector<bool>& marked);

} // namespace pleat
