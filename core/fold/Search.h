// SPDX-License-Identifier: GPL-3.0-or-later
// The way from a chain of affine operators to the layers that can take it: up to the layer before, through
// joins to several, or down to the layers after, all of which must be able to.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// What was found on the way.
struct Found {
    std::vector<FoldTarget> targets;
    std::vector<NodeIndex> between;
    std::vector<PadChange> pads;
    std::vector<ConstantChange> constants;
};

// The affine follows what makes `value`, which `reader` reads and nobody else.
Verdict<Found> searchBefore(const FoldContext& context, ValueIndex value, NodeIndex reader,
                            const Affine& affine);

// The affine precedes all that reads `value`.
Verdict<Found> searchAfter(const FoldContext& context, ValueIndex value, const Affine& affine);

} // namespace pleat
