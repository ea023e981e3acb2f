// SPDX-License-Identifier: GPL-3.0-or-later
// The value of an attribute, as a step says it, and what an operator's definition (ONNX's schemas) says of
// its attributes and inputs. An operator that the ONNX library does not know, as it is newer or somebody's
// own, has the attributes that it has. Plain values and pure functions.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/tensor/DataType.h"

#include <variant>

namespace onnx {
class AttributeProto;
class OpSchema;
} // namespace onnx

namespace pleat {

using AttributeValue = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                                    std::vector<double>, std::vector<std::string>>;

struct NamedAttribute {
    std::string name;
    AttributeValue value;
    bool operator==(const NamedAttribute&) const = default;
};

struct Definition {
    const onnx::OpSchema* schema = nullptr; // null: the ONNX library does not know the operator
    bool isCurrent = true; // false: the model's version is beyond the library's, and may have more in it
};

// As the graph or function of the scope imports it.
Definition definitionOf(const GraphView& view, ScopeIndex scope, const std::string& domain,
                        const std::string& op);
Definition definitionOf(const GraphView& view, NodeIndex node);

// An attribute of operator `op` as a message; `now`: what it is so far, may be null. Errors: Usage for an
// attribute that the operator has not, which names those it has, and for another type.
Result<onnx::AttributeProto> attributeMessage(const NamedAttribute& attribute, const std::string& op,
                                              const Definition& definition, const onnx::AttributeProto* now);

// What a person writes for an attribute: "3", "0.5", "SAME_UPPER", "1,1"; in the type that the operator or
// the attribute as it is asks for, else as it looks. Types of elements by name: "float16". Errors: Usage.
Result<AttributeValue> parsedAttribute(const GraphView& view, NodeIndex node, const std::string& name,
                                       const std::string& text);

// The same for a node that is still to be, of operator `op`.
Result<AttributeValue> parsedAttribute(const Definition& definition, const std::string& op,
                                       const std::string& name, const std::string& text);

// What an attribute of a text may be; none: the operator's page does not list it.
std::vector<std::string_view> allowedTexts(const Definition& definition, std::string_view attribute);

// Whether the attribute is one that holds a tensor, as far as the operator or `now` tells.
bool holdsTensor(const Definition& definition, const std::string& name, const onnx::AttributeProto* now);

// Nothing: the operator takes a tensor of this type there, or nobody knows. Else the sentence why not.
std::optional<Sentence> whyNotInput(const onnx::OpSchema& schema, std::size_t slot, DataType type);

} // namespace pleat
