// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/FoldCounts.h"

namespace pleat::ui {

void FoldCounts::countCandidate(const FoldCandidate& candidate, int by)
{
    batchNorms += candidate.batchNorm ? by : 0;
    canFold += candidate.foldable && candidate.batchNorm ? by : 0;
    others += candidate.foldable && !candidate.batchNorm ? by : 0;
    blocked += candidate.foldable ? 0 : by;
    overridable += candidate.reason == Reason::OverridableInput ? by : 0;
}

void FoldCounts::countFolded(const FoldCandidate& candidate, int by)
{
    batchNorms += candidate.batchNorm ? by : 0;
    foldedBatchNorms += candidate.batchNorm ? by : 0;
    folded += by;
}

} // namespace pleat::ui
