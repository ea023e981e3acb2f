// SPDX-License-Identifier: GPL-3.0-or-later
// What an edit step would do to a model, before anything is done: each subject of this folder plans, and
// EditStep.cpp checks, applies and looks after what follows from it. A plain value.
#pragma once

#include "core/edit/Find.h"
#include "core/rewrite/Edit.h"
#include "core/rewrite/Finding.h"

namespace pleat {

using ViewPointer = std::shared_ptr<const GraphView>; // never null

struct PlannedEdit {
    Edit edit;                           // with nothing in it: the model is so already
    Sentence what;                       // what is done: "renamed x to y"
    ScopeIndex scope = ScopeIndex::Main; // where: in a function it concerns all calls
    std::vector<Finding> findings = {};
    // Values, as they are called afterwards in `scope`, whose type or shape may be another: what the file
    // declares of them, and of all that is computed from them, is to follow.
    std::vector<std::string> reshaped = {};
    // Ports of the main graph, new ones, of which type or shape is not known: somebody else may infer it.
    std::vector<std::string> untyped = {};
};

} // namespace pleat
