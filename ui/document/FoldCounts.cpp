// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/FoldCounts.h"

namespace pleat::ui {

FoldCounts countFolds(const Snapshot& snapshot)
{
    FoldCounts counts;
    for (const FoldCandidate* candidate : snapshot.candidates()) {
        counts.batchNorms += candidate->batchNorm;
        counts.canFold += candidate->foldable && candidate->batchNorm;
        counts.blocked += !candidate->foldable;
    }
    for (const auto& record : snapshot.folded) {
        counts.batchNorms += record->candidate.batchNorm;
        ++counts.folded;
    }
    return counts;
}

} // namespace pleat::ui
