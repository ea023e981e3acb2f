// SPDX-License-Identifier: GPL-3.0-or-later
// ONNX's messages from plain values: attributes, types, tensors. Pure functions.
#pragma once

#include "core/tensor/DataType.h"

#include <cstdint>
#include <onnx/onnx_pb.h>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace pleat::test {

using Dims = std::vector<std::int64_t>;
using AttributeValue =
    std::variant<int, double, std::string, Dims, std::vector<double>, onnx::GraphProto, onnx::TensorProto>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

std::int64_t elementCount(const Dims& dims);

void setAttribute(onnx::NodeProto& node, const std::string& name, const AttributeValue& value);

// The name and the element type; no shape.
void setType(onnx::ValueInfoProto& value, const std::string& name, DataType type);

// A TensorProto of these numbers, each rounded to nearest-even into `type` (float, double, float16, bfloat16,
// integers, bool).
onnx::TensorProto tensorProto(const std::string& name, const Dims& dims, const std::vector<double>& values,
                              DataType type, bool typedData = false);

} // namespace pleat::test
