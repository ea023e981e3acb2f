// SPDX-License-Identifier: GPL-3.0-or-later
// Attributes that a node in a local function takes from the call of the function: what the calls give, or the
// function's default. Pure functions.
#pragma once

#include "core/tensor/Payload.h"

#include <onnx/onnx_pb.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pleat {

// A node's message, and the payloads of the tensors in its attributes.
struct NodeMessage {
    const onnx::NodeProto& proto;
    std::span<const Payload> payloads;
};

struct GivenAttribute {
    onnx::AttributeProto attribute;
    std::span<const Payload> payloads; // of the tensors in it
};

// What `call` gives for the attribute `name` of its function, or the function's default; nothing where
// neither says anything, which leaves the operator's own default.
std::optional<GivenAttribute> givenBy(const NodeMessage& call, const onnx::FunctionProto& function,
                                      const std::string& name);

// Whether two answers of givenBy() mean the same.
bool sameValue(const std::optional<GivenAttribute>& a, const std::optional<GivenAttribute>& b);

struct ResolvedNode {
    onnx::NodeProto proto;
    std::vector<Payload> payloads; // its own, then those that it takes from a call
};

// The node with what all calls agree on in place of its references; a reference that they do not agree on, or
// to a graph, stays. Nothing where nothing changes.
std::optional<ResolvedNode> asCalled(const NodeMessage& node, const onnx::FunctionProto& function,
                                     std::span<const NodeMessage> calls);

} // namespace pleat
