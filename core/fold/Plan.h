// SPDX-License-Identifier: GPL-3.0-or-later
// A candidate with all that is needed to carry it out. Planning checks everything, so that applying cannot
// fail.
#pragma once

#include "core/fold/Layer.h"

namespace pleat {

struct FoldPlan {
    FoldCandidate candidate;
    std::vector<NodeIndex> chain; // the affine operators, in the order of the data
    Affine affine;
    std::optional<FoldedPair::Parameters> parameters;
    Layer layer;  // when foldable
    NewBias bias; // when foldable
};

// One plan a candidate, in the order of the graph. Error: Cancelled.
Result<std::vector<FoldPlan>> planFolds(const GraphView& view, const FoldOptions& options, Progress& progress,
                                        std::stop_token stop);

} // namespace pleat
