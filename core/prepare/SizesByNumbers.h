// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes that hang on numbers which are computed and not stored: Shapes (core/graph) goes by constants alone.
// Private to KnownNumbers.
#pragma once

#include "core/graph/Numbers.h"
#include "core/graph/Shapes.h"

namespace pleat {

// Whether the operator makes a shape of the numbers that it reads: Reshape, Expand, Slice, …
bool isShapedByNumbers(std::string_view op);

// The shape of the node's only output by these numbers, of which some may be open, as are the sizes that hang
// on them then; null where an input is absent or nothing is known of it. Nothing where no rank follows.
// REQUIRES: isShapedByNumbers(); numbers and shapes of all inputs.
MaybeShape shapeByNumbers(const onnx::NodeProto& node, const std::vector<const KnownShape*>& shapes,
                          const std::vector<const Numbers*>& numbers);

} // namespace pleat
