// SPDX-License-Identifier: GPL-3.0-or-later
// What can be changed of a node, a tensor and a model, as fields. Pure functions; the fields hold the view
// that they are about.
#pragma once

#include "core/edit/OperatorForms.h"
#include "core/graph/Describe.h"
#include "ui/edit/EditField.h"

namespace pleat::ui {

// The tensors that a node of this page can read, by name. O(values).
QStringList tensorsIn(const GraphView& view, ScopeIndex scope);

EditField nodeNameField(const ViewPointer& view, NodeIndex node);
EditField operatorField(const ViewPointer& view, NodeIndex node);
EditField nodeDocField(const ViewPointer& view, NodeIndex node);
EditField attributeField(const ViewPointer& view, NodeIndex node, const AttributeForm& form);
EditField newAttributeField(const ViewPointer& view, NodeIndex node); // "name=value"
// Which tensor it reads there; one that it has not yet, too.
EditField inputField(const ViewPointer& view, NodeIndex node, std::size_t slot, const QString& formal);

EditField tensorNameField(const ViewPointer& view, ValueIndex value);
// Of an input or output of the model: "1×3×224×224", with symbols and ?; "float16", for which an output gets
// a Cast.
EditField shapeField(const ViewPointer& view, ValueIndex port, const ValueType& type);
EditField typeField(const ViewPointer& view, ValueIndex port, const ValueType& type);
// The first size of all inputs; nothing where none has one.
std::optional<EditField> batchField(const ModelInfo& info);
EditField symbolField(const std::string& symbol);

EditField textField(const GraphView& view, ModelText which, const QString& what);
EditField opsetField(const std::string& domain, std::int64_t now);
EditField metadataField(const std::string& key, const std::string& now);
EditField newMetadataField(); // "key=value"

} // namespace pleat::ui
