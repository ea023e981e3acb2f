// SPDX-License-Identifier: GPL-3.0-or-later
// Operators computed on small tensors as ONNX's operator pages define them, in all their versions: those of
// shape arithmetic, and arithmetic whose results are rounded once. Where an operand has open numbers, those
// of the result that hang on them are open. Pure functions; whoever asks gets the operands.
#pragma once

#include "core/graph/Numbers.h"

namespace pleat {

// A node with what it reads.
struct Operation {
    const onnx::NodeProto& proto;
    std::span<const Payload> payloads;    // of the tensors in its attributes
    std::vector<const Numbers*> operands; // by slot; null where the input is absent
    std::size_t outputs = 1;              // how many it has
    std::size_t slot = 0;                 // the one that is asked for
};

// Whether there is a rule for the operator at all; of ONNX's own domain.
bool canEvaluate(std::string_view op);

// The numbers of the output, rounded into their type. Nothing where the operands are none that ONNX allows
// (a division of integers by 0, an index out of range, shapes that do not fit), an integer does not fit its
// type, the version of the operator is one that is not computed (broadcast by attributes, before opset 7), or
// the result has more than `most` elements.
std::optional<Numbers> evaluate(const Operation& operation, std::size_t most = mostComputed);

// What Shape (with start and end) and Size make of a tensor of these dims; sizes below 0 are open. Nothing
// for other operators.
std::optional<Numbers> evaluateShape(const onnx::NodeProto& node, const std::vector<std::int64_t>& dims);

} // namespace pleat
