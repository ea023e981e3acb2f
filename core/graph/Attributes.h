// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a node's attributes, with the defaults that ONNX's operator pages give.
#pragma once

#include <cstdint>
#include <onnx/onnx_pb.h>
#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// Null when the node has no attribute of that name.
const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name);

// Whether an attribute takes its value from the call of the function that the node is in.
bool refersToCall(const onnx::NodeProto& node);

// Integers are cut to `largestBelieved` (Limits.h).
std::int64_t intAttribute(const onnx::NodeProto& node, std::string_view name, std::int64_t otherwise);
float floatAttribute(const onnx::NodeProto& node, std::string_view name, float otherwise);
std::string stringAttribute(const onnx::NodeProto& node, std::string_view name, std::string_view otherwise);
std::vector<std::int64_t> intsAttribute(const onnx::NodeProto& node, std::string_view name);
// One of a list of integers.
std::int64_t intOfAttribute(const onnx::NodeProto& node, std::string_view name, std::size_t position,
                            std::int64_t otherwise);

// What the attributes say, in an order that two nodes that say the same have in common: each serialised,
// without comments, names of tensors and graphs.
std::vector<std::string> whatAttributesSay(const onnx::NodeProto& node);

} // namespace pleat
