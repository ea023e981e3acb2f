// SPDX-License-Identifier: GPL-3.0-or-later
// What does not fit together in a model, as edits may leave it: types that an operator does not take, and
// declared shapes against those that follow. It is said and not refused: on the way to another model it may
// have to be so.
#pragma once

#include "core/graph/GraphView.h"
#include "core/rewrite/Finding.h"

namespace pleat {

// In the order of the model. Operators that the ONNX library does not know have none. O(nodes).
std::vector<Finding> problemsOf(const GraphView& view);

// Those of `after`, which edits made of `before`, that the same nodes had not there; of those that lie behind
// another, which need not be any more when that is mended, only how many they are.
std::vector<Finding> newProblems(const GraphView& before, const GraphView& after);

} // namespace pleat
