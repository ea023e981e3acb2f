// SPDX-License-Identifier: GPL-3.0-or-later
// What the inspector says about a node, a value or the whole model, as words: titles, sections and rows. Made
// from core's descriptions; pure functions, for any thread.
#pragma once

#include "core/graph/Describe.h"
#include "core/tensor/Statistics.h"

#include <QString>
#include <optional>
#include <vector>

namespace pleat::ui {

struct InspectorRow {
    QString name;
    QString value;  // strong
    QString detail; // quiet, on a line of its own; may be empty
    QString link;   // "node:17", "value:42" (indices of the view); empty when it leads nowhere
};

struct InspectorSection {
    QString caption;
    std::vector<InspectorRow> rows;
    bool wideNames = false; // long names and short values, as in a list of counts
};

struct InspectorContent {
    QString kind; // "node", "tensor", "model"
    QString title;
    QString subtitle; // the full name
    QString summary;
    std::vector<InspectorSection> sections;
};

// `parametersBefore`: of the same node in the model as opened, when that differs.
InspectorContent aboutNode(const GraphView& view, NodeIndex node, const ValueTypes& types,
                           std::optional<std::uint64_t> parametersBefore);
InspectorContent aboutValue(const GraphView& view, ValueIndex value, const ValueTypes& types);
InspectorContent aboutModel(const ModelInfo& info, const GraphView& view);

} // namespace pleat::ui
