// SPDX-License-Identifier: GPL-3.0-or-later
// Inputs and outputs of a model, and a part of it as a model of its own. Plain values and pure functions.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/model/ValueTypes.h"
#include "core/tensor/DataType.h"

namespace pleat {

// A tensor of the main graph becomes an output, the last one.
struct AddOutput {
    std::string tensor;
    bool operator==(const AddOutput&) const = default;
};

// It stays in the model.
struct RemoveOutput {
    std::string tensor;
    bool operator==(const RemoveOutput&) const = default;
};

// What lies between: tensors `from` become inputs, `to` the outputs (none: those that there are), and what
// does not lie on the way goes, with its constants.
struct CutOut {
    std::vector<std::string> from, to;
    bool operator==(const CutOut&) const = default;
};

// What an input is declared as. Nothing: as it is.
struct SetInput {
    std::string input;
    std::optional<std::vector<Dimension>> shape;
    DataType type = DataType::Undefined;
    bool operator==(const SetInput&) const = default;
};

// What an output is declared as; its type is that of what makes it.
struct SetOutput {
    std::string output;
    std::vector<Dimension> shape;
    bool operator==(const SetOutput&) const = default;
};

// The first size of all inputs: a number, or a symbol that leaves it open.
struct SetBatch {
    Dimension size;
    bool operator==(const SetBatch&) const = default;
};

// The cut that leaves these nodes of the main graph, and what else lies on a way between them: what they read
// and do not make becomes inputs, what others read of them, or nobody, outputs. O(values).
CutOut cutAround(const GraphView& view, const std::vector<NodeIndex>& nodes);

// Fills in what is known of `untyped` ports. Error Usage: of one not even the type of its elements is.
Result<void> typePorts(PlannedEdit& planned, const ValueTypes& types);

Sentence describe(const AddOutput& step);
Sentence describe(const RemoveOutput& step);
Sentence describe(const CutOut& step);
Sentence describe(const SetInput& step);
Sentence describe(const SetOutput& step);
Sentence describe(const SetBatch& step);

Result<PlannedEdit> plan(const AddOutput& step, const ViewPointer& of);
Result<PlannedEdit> plan(const RemoveOutput& step, const ViewPointer& of);
Result<PlannedEdit> plan(const CutOut& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetInput& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetOutput& step, const ViewPointer& of);
Result<PlannedEdit> plan(const SetBatch& step, const ViewPointer& of);

} // namespace pleat
