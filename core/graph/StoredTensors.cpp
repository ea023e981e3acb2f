// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/StoredTensors.h"

#include "core/graph/Constants.h"

#include <algorithm>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

template<class Texts>
Strings stringsOf(const Texts& texts)
{
    return std::make_shared<const std::vector<std::string>>(texts.begin(), texts.end());
}

Elements elementsOf(const onnx::TensorProto& message, TensorView tensor)
{
    const bool strings = tensor.type() == DataType::String;
    return Elements(std::move(tensor), strings ? stringsOf(message.string_data()) : nullptr);
}

// What Constants.h leaves out: the strings of a Constant node.
std::optional<Elements> constantStrings(const GraphView& view, NodeIndex node)
{
    const std::string name(view.name(view.output(node, 0)));
    for (const onnx::AttributeProto& attribute : view.proto(node).attribute()) {
        if (attribute.name() == "value" && attribute.has_t())
            return elementsOf(attribute.t(), {name,
                                              DataType::String,
                                              {attribute.t().dims().begin(), attribute.t().dims().end()},
                                              Payload{}});
        if (attribute.name() == "value_string")
            return Elements({name, DataType::String, {}, Payload{}},
                            stringsOf(std::vector<std::string>{attribute.s()}));
        if (attribute.name() == "value_strings")
            return Elements({name, DataType::String, {attribute.strings_size()}, Payload{}},
                            stringsOf(attribute.strings()));
    }
    return std::nullopt;
}

// What a Constant node holds often has no name of its own, or another one than it is read by.
TensorView named(const GraphView& view, ValueIndex value, const TensorView& tensor)
{
    return {std::string(view.name(value)), tensor.type(), tensor.dims(), tensor.payload()};
}

// A sparse initializer, or what a Constant node holds as a sparse tensor.
std::optional<TensorView> sparseTensor(const GraphView& view, ValueIndex value)
{
    if (const onnx::SparseTensorProto* sparse = view.sparseInitializer(value))
        return tensorView(view.scopes()[index(view.scope(value))].graph->payloads, *sparse);
    const NodeIndex node = view.producer(value);
    if (node == NodeIndex::None || view.op(node) != "Constant")
        return std::nullopt;
    for (const onnx::AttributeProto& attribute : view.proto(node).attribute())
        if (attribute.name() == "sparse_value" && attribute.has_sparse_tensor())
            return named(view, value, tensorView(view.payloads(node), attribute.sparse_tensor()));
    return std::nullopt;
}

bool isConstantOfStrings(const GraphView& view, NodeIndex node)
{
    if (node == NodeIndex::None || view.op(node) != "Constant")
        return false;
    return std::ranges::any_of(view.proto(node).attribute(), [](const onnx::AttributeProto& attribute) {
        return attribute.name().starts_with("value_string") ||
               (attribute.name() == "value" && attribute.has_t() &&
                attribute.t().data_type() == onnx::TensorProto::STRING);
    });
}

} // namespace

std::vector<ValueIndex> storedValues(const GraphView& view)
{
    std::vector<ValueIndex> all;
    for (std::size_t s = 0; s < view.scopes().size(); ++s) {
        const Scope& scope = view.scopes()[s];
        all.insert(all.end(), scope.initializers.begin(), scope.initializers.end());
        for (const onnx::SparseTensorProto& sparse : scope.graph->header->sparse_initializer())
            all.push_back(view.find(static_cast<ScopeIndex>(s), sparse.values().name()));
        for (const NodeIndex node : scope.nodes) {
            if (view.op(node) == "Constant" && view.domain(node).empty())
                all.push_back(view.output(node, 0));
        }
    }
    return all;
}

std::optional<TensorView> storedTensor(const GraphView& view, ValueIndex value)
{
    if (value == ValueIndex::None)
        return std::nullopt;
    if (const Initializer* initializer = view.initializer(value))
        return tensorView(initializer->tensor);
    if (auto sparse = sparseTensor(view, value))
        return sparse;
    const auto constant = constantOf(view, value);
    return constant ? std::optional(named(view, value, constant->tensor)) : std::nullopt;
}

std::optional<Elements> storedElements(const GraphView& view, ValueIndex value)
{
    if (value == ValueIndex::None)
        return std::nullopt;
    if (const Initializer* initializer = view.initializer(value)) {
        TensorView tensor = tensorView(initializer->tensor);
        if (const onnx::TensorProto* message = initializer->tensor.kept())
            return elementsOf(*message, std::move(tensor));
        return Elements(std::move(tensor));
    }
    if (isConstantOfStrings(view, view.producer(value)))
        return constantStrings(view, view.producer(value));
    if (auto sparse = sparseTensor(view, value))
        return Elements(std::move(*sparse));
    const auto constant = constantOf(view, value);
    if (!constant || constant->computed)
        return std::nullopt;
    if (constant->storedAt != value && view.initializer(constant->storedAt))
        return storedElements(view, constant->storedAt);
    return Elements(named(view, value, constant->tensor));
}

std::vector<ValueIndex> storedInputs(const GraphView& view, NodeIndex node)
{
    std::vector<ValueIndex> result;
    for (const ValueIndex input : view.inputs(node))
        if (std::ranges::find(result, input) == result.end() && storedElements(view, input))
            result.push_back(input);
    return result;
}

} // namespace pleat
