// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/ElementTypes.h"

#include "core/graph/Attributes.h"

#include <algorithm>
#include <array>
#include <onnx/defs/data_type_utils.h>
#include <onnx/defs/schema.h>

namespace pleat {

namespace {

using Types = onnx::Utils::DataTypeUtils;

DataType tensorType(const onnx::TypeProto& type)
{
    return type.has_tensor_type() ? static_cast<DataType>(type.tensor_type().elem_type())
                                  : DataType::Undefined;
}

// Operators that have the type of a result in an attribute, and the one that it has without it.
struct TypedByAttribute {
    std::string_view op;
    const char* attribute;
    DataType otherwise; // Undefined: that of the first input
};
constexpr std::array typedByAttribute{
    TypedByAttribute{"Cast", "to", DataType::Undefined},
    TypedByAttribute{"RandomNormal", "dtype", DataType::Float},
    TypedByAttribute{"RandomUniform", "dtype", DataType::Float},
    TypedByAttribute{"RandomNormalLike", "dtype", DataType::Undefined},
    TypedByAttribute{"RandomUniformLike", "dtype", DataType::Undefined},
    TypedByAttribute{"Bernoulli", "dtype", DataType::Undefined},
    TypedByAttribute{"EyeLike", "dtype", DataType::Undefined},
    TypedByAttribute{"Multinomial", "dtype", DataType::Int32},
    TypedByAttribute{"BlackmanWindow", "output_datatype", DataType::Float},
    TypedByAttribute{"HammingWindow", "output_datatype", DataType::Float},
    TypedByAttribute{"HannWindow", "output_datatype", DataType::Float},
    TypedByAttribute{"MelWeightMatrix", "output_datatype", DataType::Float},
};

// "tensor(float)" as schemas write it; Undefined for what is no tensor.
DataType parsed(const std::string& type)
{
    return type.starts_with("tensor(") ? tensorType(Types::ToTypeProto(Types::ToType(type)))
                                       : DataType::Undefined;
}

const onnx::OpSchema::FormalParameter* formalAt(const std::vector<onnx::OpSchema::FormalParameter>& formals,
                                                std::size_t slot)
{
    if (slot < formals.size())
        return &formals[slot];
    return !formals.empty() && formals.back().GetOption() == onnx::OpSchema::Variadic ? &formals.back()
                                                                                      : nullptr;
}

bool isHeterogeneous(const onnx::OpSchema::FormalParameter& formal)
{
    return formal.GetOption() == onnx::OpSchema::Variadic && !formal.GetIsHomogeneous();
}

} // namespace

ElementTypes::ElementTypes(const GraphView& view) : m_types(view.valueCount(), DataType::Undefined)
{
    const auto scopes = view.scopes();
    for (std::size_t s = 0; s < scopes.size(); ++s) {
        if (scopes[s].owner != NodeIndex::None)
            m_bodies[scopes[s].owner].push_back(static_cast<ScopeIndex>(s));
    }
    for (std::size_t s = 0; s < scopes.size(); ++s) {
        if (scopes[s].parent == ScopeIndex::None)
            deriveScope(view, static_cast<ScopeIndex>(s));
    }
    m_bodies.clear();
}

void ElementTypes::deriveScope(const GraphView& view, ScopeIndex scope)
{
    const Scope& here = view.scopes()[index(scope)];
    const auto set = [this](ValueIndex value, DataType type) {
        if (value != ValueIndex::None && m_types[index(value)] == DataType::Undefined)
            m_types[index(value)] = type;
    };
    for (const ValueIndex value : here.initializers)
        set(value, view.initializer(value)->tensor.type());
    std::unordered_map<std::string_view, DataType> declared;
    if (here.function < 0) {
        const onnx::GraphProto& header = *here.graph->header;
        for (const Description& description : here.graph->descriptions)
            declared.insert_or_assign(description.proto->name(), tensorType(description.proto->type()));
        for (const auto* list : {&header.output(), &header.input()}) {
            for (const onnx::ValueInfoProto& info : *list)
                declared.insert_or_assign(info.name(), tensorType(info.type()));
        }
    }
    const auto declaredOf = [&](ValueIndex value) {
        const auto found = value == ValueIndex::None ? declared.end() : declared.find(view.name(value));
        return found == declared.end() ? DataType::Undefined : found->second;
    };
    for (const ValueIndex input : here.inputs) {
        set(input, declaredOf(input));
        if (const auto passed = view.arguments(input); passed.size() == 1)
            set(input, of(passed.front()));
    }
    for (const NodeIndex node : view.topological(scope)) {
        if (const auto bodies = m_bodies.find(node); bodies != m_bodies.end()) {
            for (const ScopeIndex body : bodies->second)
                deriveScope(view, body);
        }
        const auto outputs = view.outputs(node);
        for (std::size_t slot = 0; slot < outputs.size(); ++slot) {
            set(outputs[slot], ofOutput(view, node, slot));
            set(outputs[slot], declaredOf(outputs[slot]));
        }
    }
}

DataType ElementTypes::ofOutput(const GraphView& view, NodeIndex node, std::size_t slot) const
{
    if (!view.domain(node).empty())
        return DataType::Undefined;
    const std::string_view op = view.op(node);
    const onnx::NodeProto& proto = view.proto(node);
    const auto byAttribute = std::ranges::find(typedByAttribute, op, &TypedByAttribute::op);
    if (byAttribute != typedByAttribute.end()) {
        const onnx::AttributeProto* given = attribute(proto, byAttribute->attribute);
        if (given && given->ref_attr_name().empty())
            return static_cast<DataType>(given->i());
        if (given)
            return DataType::Undefined; // a parameter of the function that the node is in
        return byAttribute->otherwise == DataType::Undefined ? of(view.input(node, 0))
                                                             : byAttribute->otherwise;
    }
    if (op == "Constant") {
        for (const onnx::AttributeProto& given : proto.attribute()) {
            if (!given.ref_attr_name().empty())
                return DataType::Undefined;
            if (given.name() == "value")
                return static_cast<DataType>(given.t().data_type());
            if (given.name() == "sparse_value")
                return static_cast<DataType>(given.sparse_tensor().values().data_type());
            if (given.name() == "value_float" || given.name() == "value_floats")
                return DataType::Float;
            if (given.name() == "value_int" || given.name() == "value_ints")
                return DataType::Int64;
            if (given.name() == "value_string" || given.name() == "value_strings")
                return DataType::String;
        }
        return DataType::Undefined;
    }
    if (op == "ConstantOfShape") {
        const onnx::AttributeProto* value = attribute(proto, "value");
        return value ? static_cast<DataType>(value->t().data_type()) : DataType::Float;
    }
    if (op == "QuantizeLinear") {
        if (const std::int64_t to = intAttribute(proto, "output_dtype", 0))
            return static_cast<DataType>(to);
        return view.input(node, 2) == ValueIndex::None ? DataType::UInt8 : of(view.input(node, 2));
    }
    return bySchema(view, node, slot);
}

DataType ElementTypes::bySchema(const GraphView& view, NodeIndex node, std::size_t slot) const
{
    const std::int64_t opset = view.model().opset();
    const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(
        std::string(view.op(node)), static_cast<int>(std::clamp<std::int64_t>(opset, 1, 1000)));
    const auto* const result = schema ? formalAt(schema->outputs(), slot) : nullptr;
    if (!result)
        return DataType::Undefined;
    if (isHeterogeneous(*result)) {
        // What the bodies of an If say; those of Loop and Scan have other things before their results.
        const auto bodies = m_bodies.find(node);
        if (view.op(node) != "If" || bodies == m_bodies.end())
            return DataType::Undefined;
        const auto& outputs = view.scopes()[index(bodies->second.front())].outputs;
        return slot < outputs.size() ? of(outputs[slot]) : DataType::Undefined;
    }
    const std::string& variable = result->GetTypeStr();
    if (const DataType fixed = parsed(variable); fixed != DataType::Undefined)
        return fixed;
    const auto inputs = view.inputs(node);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto* const formal = formalAt(schema->inputs(), i);
        if (formal && !isHeterogeneous(*formal) && formal->GetTypeStr() == variable &&
            of(inputs[i]) != DataType::Undefined)
            return of(inputs[i]);
    }
    for (const auto& constraint : schema->typeConstraintParams()) {
        if (constraint.type_param_str == variable && constraint.allowed_type_strs.size() == 1)
            return parsed(constraint.allowed_type_strs.front());
    }
    return DataType::Undefined;
}

} // namespace pleat
