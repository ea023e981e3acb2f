// SPDX-License-Identifier: GPL-3.0-or-later
// How many pairs there are, by what can be said about them.
#pragma once

#include "ui/document/Snapshot.h"

namespace pleat::ui {

struct FoldCounts {
    int canFold = 0; // the ones with a batch norm
    int blocked = 0;
    int folded = 0;
    int batchNorms = 0; // all of them, folded ones too
    bool operator==(const FoldCounts&) const = default;
};

FoldCounts countFolds(const Snapshot& snapshot);

} // namespace pleat::ui
