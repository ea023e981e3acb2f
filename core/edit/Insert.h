// SPDX-License-Identifier: GPL-3.0-or-later
// New nodes: on the way from a tensor to those that read it, or anywhere. Plain values and pure functions.
#pragma once

#include "core/edit/AttributeValue.h"

namespace pleat {

// Any operator that makes one tensor of one, with these attributes; and three that bring constants:
// "Clip" (min, max), "QuantizeDequantize" (scale, zero_point; int8, or uint8 where `unsigned` is 1) and
// "BatchNormalization", which leaves the numbers as they are.
struct InsertNode {
    std::string tensor;
    std::string reader; // the node on the way to which it stands; "": all that read it, and the output
    std::string op;
    std::vector<NamedAttribute> attributes;
    bool operator==(const InsertNode&) const = default;
};

// Behind what it reads, in the main graph.
struct AddNode {
    std::string op;
    std::string domain;               // "" is ONNX's own
    std::vector<std::string> inputs;  // names of tensors; "": left out
    std::vector<std::string> outputs; // new names
    std::string name;
    std::vector<NamedAttribute> attributes;
    bool operator==(const AddNode&) const = default;
};

Sentence describe(const InsertNode& step);
Sentence describe(const AddNode& step);

Result<PlannedEdit> plan(const InsertNode& step, const ViewPointer& of);
Result<PlannedEdit> plan(const AddNode& step, const ViewPointer& of);

} // namespace pleat
