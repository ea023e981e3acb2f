// SPDX-License-Identifier: GPL-3.0-or-later
// One edit of a model by hand as a value: what is wanted, by names that last (Find.h), so that it can be done
// again in another session and to the next export of the same network. A new kind is a struct with describe()
// and plan() in the file of its subject, a line here, and its words in core/recipe/EditJson.cpp.
#pragma once

#include "core/edit/About.h"
#include "core/edit/AttributeNumbers.h"
#include "core/edit/Attributes.h"
#include "core/edit/ComputeAs.h"
#include "core/edit/Insert.h"
#include "core/edit/Merge.h"
#include "core/edit/Nodes.h"
#include "core/edit/Ports.h"
#include "core/edit/Rename.h"
#include "core/edit/Tensors.h"
#include "core/edit/Values.h"

#include <stop_token>
#include <variant>

namespace pleat {

class Engine;

using EditStep =
    std::variant<RenameTensor, RenameNode, RenameSymbol, SetMetadata, SetModelText, SetNodeDoc, SetOpset,
                 RemoveNode, BypassNode, DuplicateNode, ConnectInput, InsertNode, AddNode, SetAttribute,
                 RemoveAttribute, ReplaceOperator, AddOutput, RemoveOutput, CutOut, SetInput, SetOutput,
                 SetBatch, FillTensor, ScaleTensor, PruneTensor, StoreTensorAs, ReplaceTensor, SetValues,
                 SetAttributeTensor, SetAttributeNumbers, MergeModel, ComputeAs>;

// What it asks for, for a list of steps: "Rename tensor a to b".
Sentence describe(const EditStep& step);

struct EditOutcome {
    Model after;
    bool changed = false; // false: it was so already
    Sentence what;        // what was done
    std::vector<Finding> findings;
};

// The model after it. What an edit leaves behind is looked after: nodes stand behind what they read, what the
// file declares of shapes follows. Findings say what did not stay consistent, and how many calls an edit
// inside a function concerns. Errors: Usage with the sentence why it cannot be done, before anything is;
// those of reading where it is about the numbers of tensors; Cancelled. `engine` infers the types of new
// inputs and outputs that nothing here tells; null: nobody does.
Result<EditOutcome> applyEdit(const EditStep& step, const std::shared_ptr<const GraphView>& view,
                              const std::stop_token& stop, Engine* engine = nullptr);

} // namespace pleat
