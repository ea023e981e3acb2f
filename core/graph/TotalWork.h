// SPDX-License-Identifier: GPL-3.0-or-later
// What one run of a model multiplies and accumulates: bodies as often as they run, functions as often as they
// are called. What cannot be told leaves a lower bound and the reason. A pure function.
#pragma once

#include "core/graph/Cost.h"

#include <set>

namespace pleat {

struct TotalWork {
    std::uint64_t macs = 0; // at least, where there are gaps
    bool isExact = true;
    bool batchIsOne = false;    // a batch that is not a number counts as 1 here
    std::set<std::string> gaps; // why it is not exact: clauses, as "shapes are missing"
    bool operator==(const TotalWork&) const = default;
};

// A Loop counts where its trip count is constant and its condition stays true, a Scan where the length of
// what it scans is known, an If with the branch that multiplies less.
TotalWork totalWork(const GraphView& view, const ValueTypes& types, const Shapes& shapes);

} // namespace pleat
