// SPDX-License-Identifier: GPL-3.0-or-later
// Along which axis the numbers of a constant vary, found block by block: the memory is that of one number for
// each position of an axis, however large the constant is. Pure functions, for any thread.
#pragma once

#include "core/graph/Constants.h"

namespace pleat {

struct AlongAxis {
    int axis = -1;               // of the dims as read; -1: all numbers are the same
    std::vector<double> numbers; // one for each position of the axis; a single one without an axis
};

// Nothing when the numbers vary along several axes; then reading ends as soon as that is seen. NaN equals
// nothing. Errors: those of TensorView::readDoubles().
// REQUIRES: the constant has at least one element.
Result<std::optional<AlongAxis>> alongOneAxis(const Constant& constant);

} // namespace pleat
