// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors as Constant nodes: what stands for initializers in a function.
#pragma once

#include "core/model/Model.h"

namespace pleat {

// Makes a Constant node one of this tensor, in place of all attributes; returns the payloads of such a node.
std::vector<Payload> setValue(onnx::NodeProto& constant, const TensorMessage& tensor);

// A Constant node that makes this tensor, under its name; without an id.
Node constantNode(const TensorMessage& tensor);

// The tensor that a Constant node has in its message; null for any other node, and for one that says its
// value otherwise.
const onnx::TensorProto* valueOf(const onnx::NodeProto& node);

} // namespace pleat
