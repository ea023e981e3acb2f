// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors inside a message, and what makes one of them a left-out one. Every piece of code that has to
// visit the tensors of a node visits them here. A message is visited without the bodies in it, which are
// Graphs of their own; a Node, Graph or Model with them.
#pragma once

#include "core/model/Model.h"

#include <cstddef>
#include <onnx/onnx_pb.h>
#include <optional>
#include <string>
#include <string_view>

namespace pleat {

inline constexpr std::string_view payloadKey = "pleat.payload";

// The index into Model::payloads of a tensor whose bytes were left out; nothing for one that holds its data.
std::optional<std::size_t> payloadIndex(const onnx::TensorProto& tensor);
std::optional<std::size_t> payloadIndex(const TensorMessage& tensor);

// The other way round: makes `tensor` a left-out one.
void setPayload(onnx::TensorProto& tensor, std::size_t index);

// visit(const onnx::TensorProto&) for those in a message, visit(const TensorMessage&) for initializers.
template<class Visit>
void forEachTensor(const onnx::NodeProto& node, Visit&& visit)
{
    for (const auto& attribute : node.attribute()) {
        if (attribute.has_t())
            visit(attribute.t());
        for (const auto& tensor : attribute.tensors())
            visit(tensor);
        if (attribute.has_sparse_tensor()) {
            visit(attribute.sparse_tensor().values());
            visit(attribute.sparse_tensor().indices());
        }
        for (const auto& sparse : attribute.sparse_tensors()) {
            visit(sparse.values());
            visit(sparse.indices());
        }
    }
}

// The sparse initializers of a graph's header.
template<class Visit>
void forEachTensor(const onnx::GraphProto& header, Visit&& visit)
{
    for (const auto& sparse : header.sparse_initializer()) {
        visit(sparse.values());
        visit(sparse.indices());
    }
}

template<class Visit>
void forEachTensor(const Graph& graph, Visit&& visit);

template<class Visit>
void forEachTensor(const Node& node, Visit&& visit)
{
    forEachTensor(*node.proto, visit);
    for (const Body& body : node.bodies)
        forEachTensor(*body.graph, visit);
}

template<class Visit>
void forEachTensor(const Graph& graph, Visit&& visit)
{
    forEachTensor(*graph.header, visit);
    for (const Initializer& initializer : graph.initializers)
        visit(initializer.tensor);
    for (const Node& node : graph.nodes)
        forEachTensor(node, visit);
}

template<class Visit>
void forEachTensor(const Initializer& initializer, Visit&& visit)
{
    visit(initializer.tensor);
}

template<class Visit>
void forEachTensor(const Function& function, Visit&& visit)
{
    forEachTensor(*function.body, visit);
}

template<class Visit>
void forEachTensor(const Model& model, Visit&& visit)
{
    forEachTensor(*model.graph, visit);
    for (const Function& function : model.functions)
        forEachTensor(function, visit);
}

} // namespace pleat
