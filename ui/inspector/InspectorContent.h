// SPDX-License-Identifier: GPL-3.0-or-later
// What the inspector says about a node, a value or the whole model, as words: titles, sections and rows, and
// what of it can be changed. Made from core's descriptions; pure functions, for any thread.
#pragma once

#include "core/graph/Describe.h"
#include "core/tensor/Statistics.h"
#include "ui/edit/EditField.h"

#include <QString>
#include <functional>
#include <optional>
#include <vector>

namespace pleat::ui {

// A place where something can be changed; the field is made when somebody wants to. Without a key: it cannot.
struct Editable {
    QString key{}; // the same after an edit of something else
    std::function<EditField()> field{};
};

struct InspectorLink {
    QString words, link; // as of InspectorRow
};

struct InspectorRow {
    QString name{};
    QString value{};  // strong
    QString detail{}; // quiet, on a line of its own; may be empty
    QString link{};   // "node:17", "value:42" (indices of the view); empty when it leads nowhere
    std::vector<InspectorLink> ways{}; // where it comes from or goes to, a line each
    bool isQuiet = false;              // the value is nothing that the file says
    Editable edit{};
};

struct InspectorSection {
    QString caption;
    std::vector<InspectorRow> rows;
    bool wideNames = false; // long names and short values, as in a list of counts
    QString adds{};         // what a link at its end says, which adds a row
    Editable addition{};
};

struct InspectorContent {
    QString kind; // "node", "tensor", "model"
    QString title;
    QString subtitle; // the full name
    QString summary;
    std::vector<InspectorSection> sections;
    QString documentation{}; // Markdown, ONNX's own
    Editable titleEdit{}, subtitleEdit{};
};

// `parametersBefore`: of the same node in the model as opened, when that differs. `editable`: with what can
// be changed.
InspectorContent aboutNode(const ViewPointer& view, NodeIndex node, const ValueTypes& types,
                           std::optional<std::uint64_t> parametersBefore, bool editable);
InspectorContent aboutValue(const ViewPointer& view, ValueIndex value, const ValueTypes& types,
                            bool editable);
InspectorContent aboutModel(const ModelInfo& info, const ViewPointer& view, bool editable);

} // namespace pleat::ui
