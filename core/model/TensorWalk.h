// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors inside a message, and what makes one of them a left-out one. Every piece of code that has to
// visit the tensors of a node visits them here. A message is visited without the bodies in it, which are
// Graphs of their own; a Node, Graph or Model with them, and with the payloads.
#pragma once

#include "core/model/Model.h"

#include <cstddef>
#include <onnx/onnx_pb.h>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace pleat {

inline constexpr std::string_view payloadKey = "pleat.payload";

// The index into the payloads of its Node or Graph, for a tensor whose bytes were left out; nothing for one
// that holds its data.
std::optional<std::size_t> payloadIndex(const onnx::TensorProto& tensor);

// The payload itself; null for a tensor that holds its data, or when there is none of that index.
const Payload* payloadOf(std::span<const Payload> payloads, const onnx::TensorProto& tensor);

// The other way round: makes `tensor` a left-out one.
void setPayload(onnx::TensorProto& tensor, std::size_t index);

// Moves a tensor, or an attribute, into a Node or Graph whose payloads are `into`, from one whose payloads
// are `from`: what it refers to is appended, and it refers to that.
void movePayload(onnx::TensorProto& tensor, std::span<const Payload> from, std::vector<Payload>& into);
void movePayloads(onnx::AttributeProto& attribute, std::span<const Payload> from, std::vector<Payload>& into);

// visit(tensor), of a message; Attribute: const or not.
template<class Attribute, class Visit>
void forEachTensorOf(Attribute& attribute, Visit&& visit)
{
    const auto both = [&](auto& sparse) {
        if constexpr (std::is_const_v<Attribute>) {
            visit(sparse.values());
            visit(sparse.indices());
        } else {
            if (sparse.has_values())
                visit(*sparse.mutable_values());
            if (sparse.has_indices())
                visit(*sparse.mutable_indices());
        }
    };
    if constexpr (std::is_const_v<Attribute>) {
        if (attribute.has_t())
            visit(attribute.t());
        for (const auto& tensor : attribute.tensors())
            visit(tensor);
        if (attribute.has_sparse_tensor())
            both(attribute.sparse_tensor());
        for (const auto& sparse : attribute.sparse_tensors())
            both(sparse);
    } else {
        if (attribute.has_t())
            visit(*attribute.mutable_t());
        for (auto& tensor : *attribute.mutable_tensors())
            visit(tensor);
        if (attribute.has_sparse_tensor())
            both(*attribute.mutable_sparse_tensor());
        for (auto& sparse : *attribute.mutable_sparse_tensors())
            both(sparse);
    }
}

// visit(const onnx::TensorProto&, const Payload*) for those in a message, visit(const TensorMessage&, const
// Payload*) for initializers; the payload is null for a tensor that holds its data.
template<class Visit>
void forEachTensor(const onnx::NodeProto& node, std::span<const Payload> payloads, Visit&& visit)
{
    for (const onnx::AttributeProto& attribute : node.attribute())
        forEachTensorOf(attribute,
                        [&](const onnx::TensorProto& tensor) { visit(tensor, payloadOf(payloads, tensor)); });
}

// visit(sparse tensor) for those in the attributes of a node.
template<class Visit>
void forEachSparseTensor(const onnx::NodeProto& node, Visit&& visit)
{
    for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.has_sparse_tensor())
            visit(attribute.sparse_tensor());
        for (const auto& sparse : attribute.sparse_tensors())
            visit(sparse);
    }
}

// The sparse initializers of a graph's header.
template<class Visit>
void forEachTensor(const onnx::GraphProto& header, std::span<const Payload> payloads, Visit&& visit)
{
    for (const auto& sparse : header.sparse_initializer()) {
        visit(sparse.values(), payloadOf(payloads, sparse.values()));
        visit(sparse.indices(), payloadOf(payloads, sparse.indices()));
    }
}

template<class Visit>
void forEachTensor(const Graph& graph, Visit&& visit);

template<class Visit>
void forEachTensor(const Node& node, Visit&& visit)
{
    forEachTensor(*node.proto, node.payloads(), visit);
    for (const Body& body : node.bodies())
        forEachTensor(*body.graph, visit);
}

template<class Visit>
void forEachTensor(const Initializer& initializer, Visit&& visit)
{
    visit(initializer.tensor, initializer.tensor.payload());
}

template<class Visit>
void forEachTensor(const Graph& graph, Visit&& visit)
{
    forEachTensor(*graph.header, graph.payloads, visit);
    for (const Initializer& initializer : graph.initializers)
        forEachTensor(initializer, visit);
    for (const Node& node : graph.nodes)
        forEachTensor(node, visit);
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
