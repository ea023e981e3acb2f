// SPDX-License-Identifier: GPL-3.0-or-later
// What ONNX's version converter does not keep when an operator gets another definition, so that the pass
// opset does it itself. Values in the graphs here are called by their numbers. Pure functions.
#pragma once

#include "core/graph/Shapes.h"

#include <onnx/onnx_pb.h>
#include <string>

namespace pleat {

// "v12".
std::string numberedName(ValueIndex value);

// Pad before opset 11 with its default value, which the converter wants to see, and without one that its mode
// does not use; any other node as it is.
onnx::NodeProto withWrittenDefaults(const onnx::NodeProto& node);

// Resize and Upsample before opset 11 map coordinates as "asymmetric" does, and take the nearest element
// below (above, where they make smaller, as ONNX Runtime does): the converted graph gets that written.
// Returns why it cannot be; null: it is done.
const char* correctResize(const GraphView& view, NodeIndex node, onnx::GraphProto& converted);

// Softmax, LogSoftmax and Hardmax before opset 13, which look at all axes from their own on at once, as one
// over the last axis of a Flatten, whose result gets the shape of the input again.
onnx::GraphProto softmaxOverTheLastAxis(const GraphView& view, const Shapes& shapes, NodeIndex node);

} // namespace pleat
