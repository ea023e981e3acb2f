// SPDX-License-Identifier: GPL-3.0-or-later
// How many pairs there are, by what can be said about them.
#pragma once

#include "core/fold/FoldCandidate.h"

namespace pleat::ui {

struct FoldCounts {
    int canFold = 0; // the ones with a batch norm
    int others = 0;  // that can fold too: scales and shifts
    int blocked = 0;
    int folded = 0;
    int batchNorms = 0;       // all of them, folded ones too
    int foldedBatchNorms = 0; // of them
    int overridable = 0;      // blocked because an initializer is listed as an input
    bool operator==(const FoldCounts&) const = default;

    // One more, or with `by` = -1 one less.
    void countCandidate(const FoldCandidate& candidate, int by = 1);
    void countFolded(const FoldCandidate& candidate, int by = 1);
};

} // namespace pleat::ui
