// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes of nodes: set, added, taken away; and another operator for a node. Plain values and pure
// functions.
#pragma once

#include "core/edit/AttributeValue.h"

namespace pleat {

struct SetAttribute {
    std::string node;
    std::string name;
    AttributeValue value;
    bool operator==(const SetAttribute&) const = default;
};

// An attribute that holds a tensor gets an array of a file, of whatever type and shape.
struct SetAttributeTensor {
    std::string node;
    std::string name;
    std::string file;  // .npy, .npz or .safetensors
    std::string array; // its name in the file; "": the only one
    bool operator==(const SetAttributeTensor&) const = default;
};

// It is at its default from then on.
struct RemoveAttribute {
    std::string node;
    std::string name;
    bool operator==(const RemoveAttribute&) const = default;
};

// The same inputs and outputs. Attributes that the new operator has not go.
struct ReplaceOperator {
    std::string node;
    std::string op;
    std::string domain; // "" is ONNX's own
    bool operator==(const ReplaceOperator&) const = default;
};

// The node with this tensor in the attribute; refused where it holds none.
Result<PlannedEdit> settingTensor(const GraphView& view, NodeIndex node, const std::string& name,
                                  const TensorView& array, Sentence what);

Sentence describe(const SetAttribute& step);
Sentence describe(const SetAttributeTensor& step);
Sentence describe(const RemoveAttribute& step);
Sentence describe(const ReplaceOperator& step);

Result<PlannedEdit> plan(const SetAttribute& step, const ViewPointer& of);
// Errors, beside Usage: those of reading.
Result<PlannedEdit> plan(const SetAttributeTensor& step, const ViewPointer& of);
Result<PlannedEdit> plan(const RemoveAttribute& step, const ViewPointer& of);
Result<PlannedEdit> plan(const ReplaceOperator& step, const ViewPointer& of);

} // namespace pleat
