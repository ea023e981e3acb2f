// SPDX-License-Identifier: GPL-3.0-or-later
// Another model put into this one: behind it, its inputs fed by tensors of this one, or beside it. Nothing of
// either is loaded: tensors stay where they lie, in both models' files. Plain values and pure functions; the
// file is opened when the step is planned.
#pragma once

#include "core/edit/PlannedEdit.h"
#include "core/graph/Shapes.h"

namespace pleat {

// An input of the other model becomes this tensor of the main graph. An output that is joined is none any
// more.
struct Join {
    std::string tensor, input;
    bool operator==(const Join&) const = default;
};

struct MergeModel {
    std::string file;
    // Of the file that was meant, as a recipe keeps them; another one is used, and said. "": not known.
    std::uint64_t bytes = 0;
    std::string sha256;
    std::vector<Join> joins; // none: those of obviousJoins()
    std::string prefix;      // before the names of all that comes; names that are taken become others anyway
    bool beside = false;     // nothing is joined
    bool operator==(const MergeModel&) const = default;
};

// What is joined, at one end: an output of the one model or an input of the other.
struct Port {
    std::string name;
    DataType type = DataType::Undefined; // not known
    MaybeShape shape;
};
std::vector<Port> outputsToJoin(const GraphView& view);
std::vector<Port> inputsToJoin(const GraphView& view); // those first that have no initializer
std::string text(const Port& port);                    // "float 1×3×?×?"

// Nothing: the tensor may become the input, as far as is known. Else the sentence why not.
std::optional<Sentence> whyNotJoined(const Port& output, const Port& input);

// Outputs and inputs of the same name; where there are none, the only output and the only input.
std::vector<Join> obviousJoins(const std::vector<Port>& outputs, const std::vector<Port>& inputs);

Sentence describe(const MergeModel& step);

// Errors, beside Usage: those of openModel(), of reading.
Result<PlannedEdit> plan(const MergeModel& step, const ViewPointer& of);

} // namespace pleat
