// SPDX-License-Identifier: GPL-3.0-or-later
// One operator's shapes (ONNX's operator pages), as far as they follow from what is known; private to Shapes.
#pragma once

#include "core/graph/Shapes.h"

namespace pleat {

// The shape of output `slot` of `node`; nothing when it does not follow. `inputs` are the shapes of its
// inputs.
MaybeShape outputShape(const GraphView& view, NodeIndex node, std::size_t slot, const InputShapes& inputs);

// Operators whose output has the shape of their first input; whose operands are broadcast to each other.
bool keepsShape(std::string_view op);
bool broadcasts(std::string_view op);

// A shape that anybody may have written down: sizes that cannot be real are unknown, and so is a shape of too
// many axes (`highestRank`), which operators in a row could double again and again.
MaybeShape believable(MaybeShape shape);

// NumPy's rule for operands of different shape.
MaybeShape broadcast(const KnownShape& a, const KnownShape& b);

// Integers of a constant input: shapes, axes, pads. Nothing when it is absent or no constant of integers.
std::optional<std::vector<std::int64_t>> constantInts(const GraphView& view, ValueIndex value);

// The attribute `name`, or since some opset the input `slot`.
std::optional<std::vector<std::int64_t>> intsOrInput(const GraphView& view, NodeIndex node,
                                                     std::string_view name, std::size_t slot);

// What a Pad adds before and behind an axis of its data.
struct PaddedAxis {
    std::size_t axis = 0;
    std::int64_t before = 0, behind = 0;
};

// The axes that a Pad names (input `axes`, opset 18) or all of them; nothing when they do not follow. The
// rank is needed only where an axis is counted from the back.
std::optional<std::vector<PaddedAxis>> padsOf(const GraphView& view, NodeIndex node,
                                              std::optional<std::size_t> rank);

} // namespace pleat
