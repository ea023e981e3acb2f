// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Attributes.h"

#include "core/model/Limits.h"

#include <algorithm>
#include <iterator>

namespace pleat {

namespace {

std::int64_t believed(std::int64_t value)
{
    return std::clamp(value, -largestBelieved, largestBelieved);
}

} // namespace

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name)
{
    for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (attribute.name() == name)
            return &attribute;
    }
    return nullptr;
}

bool refersToCall(const onnx::NodeProto& node)
{
    return std::ranges::any_of(node.attribute(), [](const onnx::AttributeProto& attribute) {
        return !attribute.ref_attr_name().empty();
    });
}

std::int64_t intAttribute(const onnx::NodeProto& node, std::string_view name, std::int64_t otherwise)
{
    const onnx::AttributeProto* found = attribute(node, name);
    return found ? believed(found->i()) : otherwise;
}

float floatAttribute(const onnx::NodeProto& node, std::string_view name, float otherwise)
{
    const onnx::AttributeProto* found = attribute(node, name);
    return found ? found->f() : otherwise;
}

std::string stringAttribute(const onnx::NodeProto& node, std::string_view name, std::string_view otherwise)
{
    const onnx::AttributeProto* found = attribute(node, name);
    return found ? found->s() : std::string(otherwise);
}

std::vector<std::int64_t> intsAttribute(const onnx::NodeProto& node, std::string_view name)
{
    std::vector<std::int64_t> values;
    if (const onnx::AttributeProto* found = attribute(node, name))
        std::ranges::transform(found->ints(), std::back_inserter(values), believed);
    return values;
}

std::int64_t intOfAttribute(const onnx::NodeProto& node, std::string_view name, std::size_t position,
                            std::int64_t otherwise)
{
    const onnx::AttributeProto* found = attribute(node, name);
    return found && position < static_cast<std::size_t>(found->ints_size())
               ? believed(found->ints(static_cast<int>(position)))
               : otherwise;
}

std::vector<std::string> whatAttributesSay(const onnx::NodeProto& node)
{
    std::vector<std::string> all;
    for (onnx::AttributeProto attribute : node.attribute()) {
        attribute.clear_g();
        attribute.clear_graphs();
        attribute.clear_doc_string();
        if (attribute.has_t()) {
            attribute.mutable_t()->clear_name();
            attribute.mutable_t()->clear_doc_string();
        }
        all.push_back(attribute.SerializeAsString());
    }
    std::ranges::sort(all);
    return all;
}

} // namespace pleat
