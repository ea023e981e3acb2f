// SPDX-License-Identifier: GPL-3.0-or-later
// What there is to fill in at a node, and which operators there are, as ONNX's schemas and the functions of
// the model define them: for whoever lets a person edit. Texts are such as parsedAttribute() reads. Plain
// values and pure functions.
#pragma once

#include "core/edit/AttributeValue.h"

namespace pleat {

struct AttributeForm {
    std::string name{};
    std::string kind{}; // "int", "float", "string", "ints", …, "tensor", "graph"
    std::string text{}; // of the value; of one that is not set, the default, which may be empty
    bool isSet = false;
    bool isRequired = false;
    bool isText = true;     // false: a graph, a large tensor, a reference to an attribute of a function
    bool isNumbers = false; // a tensor, as SetAttributeNumbers has it
    int since = 0;          // the operator's version that brought it; 0: its first one, or unknown
    std::vector<std::string> choices{}; // the values of it that are known; empty: any
};

// Of a node: those that it has, then those that it could have.
std::vector<AttributeForm> attributeForms(const GraphView& view, NodeIndex node);

struct SlotForm {
    std::string name; // the operator's own
    bool isOptional = false;
    bool isVariadic = false; // the last one: any number of them
};

struct OperatorForm {
    std::string name, domain;
    int since = 0;       // version of the operator set; 0: a function of the model
    std::string summary; // a line of its documentation
    std::vector<SlotForm> inputs, outputs;
    std::vector<AttributeForm> required; // attributes that have no default
};

// Nothing: nobody knows it.
std::optional<OperatorForm> operatorForm(const GraphView& view, ScopeIndex scope, const std::string& domain,
                                         const std::string& op);

// All that a node of this scope can be of, by name. The forms have no slots and attributes.
std::vector<OperatorForm> operatorsFor(const GraphView& view, ScopeIndex scope);

// All that ONNX says of the operator, in Markdown: what it does, its attributes, inputs and outputs; empty
// for a function of the model, whose text is a stranger's (NodeText::summary).
std::string documentationOf(const GraphView& view, NodeIndex node);

} // namespace pleat
