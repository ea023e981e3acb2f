// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/CallAttributes.h"

#include "core/graph/Attributes.h"

#include <algorithm>
#include <google/protobuf/unknown_field_set.h>
#include <vector>

namespace pleat {

namespace {

// Numbers, strings and tensors: what may be copied. Graphs are known by where they stand.
bool isPlain(const onnx::AttributeProto& attribute)
{
    using Proto = onnx::AttributeProto;
    static constexpr Proto::AttributeType types[] = {
        Proto::FLOAT, Proto::INT, Proto::STRING, Proto::FLOATS, Proto::INTS, Proto::STRINGS, Proto::TENSOR};
    return attribute.ref_attr_name().empty() && std::ranges::find(types, attribute.type()) != std::end(types);
}

// FunctionProto.attribute_proto, which older libraries do not know: they keep it as an unknown field.
std::vector<onnx::AttributeProto> defaultsOf(const onnx::FunctionProto& function)
{
    constexpr int attributeProto = 11;
    std::vector<onnx::AttributeProto> defaults;
    if (const auto* field = function.GetDescriptor()->FindFieldByNumber(attributeProto)) {
        const google::protobuf::Reflection& reflection = *function.GetReflection();
        for (int i = 0; i < reflection.FieldSize(function, field); ++i)
            defaults.emplace_back().CopyFrom(reflection.GetRepeatedMessage(function, field, i));
        return defaults;
    }
    const google::protobuf::UnknownFieldSet& unknown = function.GetReflection()->GetUnknownFields(function);
    for (int i = 0; i < unknown.field_count(); ++i) {
        const google::protobuf::UnknownField& field = unknown.field(i);
        onnx::AttributeProto attribute;
        if (field.number() == attributeProto &&
            field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
            attribute.ParseFromString(std::string(field.length_delimited())))
            defaults.push_back(std::move(attribute));
    }
    return defaults;
}

} // namespace

std::optional<onnx::AttributeProto> givenBy(const onnx::NodeProto& call, const onnx::FunctionProto& function,
                                            const std::string& name)
{
    if (const onnx::AttributeProto* given = attribute(call, name))
        return *given;
    for (onnx::AttributeProto& own : defaultsOf(function)) {
        if (own.name() == name)
            return std::move(own);
    }
    return std::nullopt;
}

bool sameValue(const std::optional<onnx::AttributeProto>& a, const std::optional<onnx::AttributeProto>& b)
{
    if (!a || !b)
        return !a && !b;
    const auto plain = [](onnx::AttributeProto attribute) {
        attribute.clear_name();
        attribute.clear_doc_string();
        if (attribute.has_t())
            attribute.mutable_t()->clear_name();
        return attribute.SerializeAsString();
    };
    return plain(*a) == plain(*b);
}

std::optional<onnx::NodeProto> asCalled(const onnx::NodeProto& node, const onnx::FunctionProto& function,
                                        std::span<const onnx::NodeProto* const> calls)
{
    if (calls.empty() || !refersToCall(node))
        return std::nullopt;
    onnx::NodeProto resolved = node;
    resolved.clear_attribute();
    for (const onnx::AttributeProto& own : node.attribute()) {
        const std::string& name = own.ref_attr_name();
        if (name.empty()) {
            *resolved.add_attribute() = own;
            continue;
        }
        const auto given = givenBy(*calls.front(), function, name);
        const bool agreed = std::ranges::all_of(calls, [&](const onnx::NodeProto* call) {
            return sameValue(given, givenBy(*call, function, name));
        });
        if (!agreed || (given && !isPlain(*given))) {
            *resolved.add_attribute() = own;
        } else if (given) {
            onnx::AttributeProto& taken = *resolved.add_attribute();
            taken = *given;
            taken.set_name(own.name());
        }
    }
    return resolved;
}

} // namespace pleat
