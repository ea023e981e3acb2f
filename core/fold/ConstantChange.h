// SPDX-License-Identifier: GPL-3.0-or-later
// A constant that is added or joined to what layers make, and has to be scaled as they are.
#pragma once

#include "core/fold/Affine.h"

namespace pleat {

struct ConstantChange {
    NodeIndex reader = NodeIndex::None; // an Add, Sub, Sum or Concat
    std::size_t slot = 0;
    std::size_t rank = 0; // of what the reader makes
    Affine affine;        // along an axis of that, counted from the front
};

// s·c + t, widened along the channels where the constant is the same for all of them.
struct ChangedConstant {
    std::vector<double> values, old; // element by element; `old` is c
    std::vector<std::int64_t> dims;
};

// Errors: those of reading the constant.
Result<ChangedConstant> changed(const GraphView& view, const ConstantChange& change);

} // namespace pleat
