// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes that a node in a local function takes from the call of the function: what the calls give, or the
// function's default. Pure functions.
#pragma once

#include <onnx/onnx_pb.h>
#include <optional>
#include <span>
#include <string>

namespace pleat {

// What `call` gives for the attribute `name` of its function, or the function's default; nothing where
// neither says anything, which leaves the operator's own default.
std::optional<onnx::AttributeProto> givenBy(const onnx::NodeProto& call, const onnx::FunctionProto& function,
                                            const std::string& name);

// Whether two answers of givenBy() mean the same.
bool sameValue(const std::optional<onnx::AttributeProto>& a, const std::optional<onnx::AttributeProto>& b);

// The node with what all calls agree on in place of its references; a reference that they do not agree on, or
// to a graph, stays. Nothing where nothing changes.
std::optional<onnx::NodeProto> asCalled(const onnx::NodeProto& node, const onnx::FunctionProto& function,
                                        std::span<const onnx::NodeProto* const> calls);

} // namespace pleat
