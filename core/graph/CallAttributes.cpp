// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/CallAttributes.h"

#include "core/graph/Attributes.h"
#include "core/model/TensorWalk.h"

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

std::optional<GivenAttribute> givenBy(const NodeMessage& call, const onnx::FunctionProto& function,
                                      const std::string& name)
{
    if (const onnx::AttributeProto* given = attribute(call.proto, name))
        return GivenAttribute{*given, call.payloads};
    for (onnx::AttributeProto& own : defaultsOf(function)) {
        if (own.name() == name)
            return GivenAttribute{std::move(own), {}};
    }
    return std::nullopt;
}

bool sameValue(const std::optional<GivenAttribute>& a, const std::optional<GivenAttribute>& b)
{
    if (!a || !b)
        return !a && !b;
    // Each attribute refers to its own payloads: only where these are the same do equal references mean
    // anything.
    const auto plain = [](GivenAttribute given, std::vector<Payload>& payloads) {
        onnx::AttributeProto& attribute = given.attribute;
        movePayloads(attribute, given.payloads, payloads);
        attribute.clear_name();
        attribute.clear_doc_string();
        if (attribute.has_t())
            attribute.mutable_t()->clear_name();
        return attribute.SerializeAsString();
    };
    std::vector<Payload> ofA, ofB;
    return plain(*a, ofA) == plain(*b, ofB) && ofA == ofB;
}

std::optional<ResolvedNode> asCalled(const NodeMessage& node, const onnx::FunctionProto& function,
                                     std::span<const NodeMessage> calls)
{
    if (calls.empty() || !refersToCall(node.proto))
        return std::nullopt;
    ResolvedNode made{node.proto, {node.payloads.begin(), node.payloads.end()}};
    onnx::NodeProto& resolved = made.proto;
    resolved.clear_attribute();
    for (const onnx::AttributeProto& own : node.proto.attribute()) {
        const std::string& name = own.ref_attr_name();
        if (name.empty()) {
            *resolved.add_attribute() = own;
            continue;
        }
        const auto given = givenBy(calls.front(), function, name);
        const bool agreed = std::ranges::all_of(
            calls, [&](const NodeMessage& call) { return sameValue(given, givenBy(call, function, name)); });
        if (!agreed || (given && !isPlain(given->attribute))) {
            *resolved.add_attribute() = own;
        } else if (given) {
            onnx::AttributeProto& taken = *resolved.add_attribute();
            taken = given->attribute;
            movePayloads(taken, given->payloads, made.payloads);
            taken.set_name(own.name());
        }
    }
    return made;
}

} // namespace pleat
