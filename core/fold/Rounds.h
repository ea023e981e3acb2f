// SPDX-License-Identifier: GPL-3.0-or-later
// The two ways to findFolds(): for it, and for the test that compares them.
#pragma once

#include "core/fold/Fold.h"

namespace pleat {

// Looks once, and folds nothing. Nothing where one fold may clear the way for another.
Result<std::optional<std::vector<FoldCandidate>>>
foldsOfOneRound(const GraphView& view, const FoldOptions& options, Progress& progress, std::stop_token stop);

// Folds in memory, round by round, and says what became of each.
Result<std::vector<FoldCandidate>> foldsOfAllRounds(const std::shared_ptr<const GraphView>& view,
                                                    const FoldOptions& options, Progress& progress,
                                                    std::stop_token stop);

} // namespace pleat
