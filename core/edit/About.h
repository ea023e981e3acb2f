// SPDX-License-Identifier: GPL-3.0-or-later
// What a model says about itself and no run depends on: metadata, doc strings, who made it; and the versions
// of the operator sets that it imports. Plain values and pure functions.
#pragma once

#include "core/edit/PlannedEdit.h"

namespace pleat {

// An entry of metadata_props; nothing: it goes.
struct SetMetadata {
    std::string key;
    std::optional<std::string> value;
    bool operator==(const SetMetadata&) const = default;
};

// A text of the model or its main graph.
enum class ModelText { ProducerName, ProducerVersion, Domain, Doc, GraphName, GraphDoc };
struct SetModelText {
    ModelText which = ModelText::Doc;
    std::string text;
    bool operator==(const SetModelText&) const = default;
};

// The doc string of a node.
struct SetNodeDoc {
    std::string node;
    std::string text;
    bool operator==(const SetNodeDoc&) const = default;
};

// The import of an operator set; nothing: it goes. The operators stay as they are: it is for models that
// import too much, or say the wrong version. The pass "opset" converts.
struct SetOpset {
    std::string domain; // "" is ONNX's own
    std::optional<std::int64_t> version;
    bool operator==(const SetOpset&) const = default;
};

// As it is.
const std::string& textOf(const GraphView& view, ModelText which);
const std::string& docOf(const GraphView& view, NodeIndex node);

Sentence describe(const SetMetadata& step);
Sentence describe(const SetModelText& step);
Sentence describe(const SetNodeDoc& step);
Sentence describe(const SetOpset& step);

Result<PlannedEdit> plan(const SetMetadata& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetModelText& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetNodeDoc& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetOpset& step, const ViewPointer& of);

} // namespace pleat
