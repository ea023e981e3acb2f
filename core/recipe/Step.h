// SPDX-License-Identifier: GPL-3.0-or-later
// One change of a model as a value. It says what is wanted and not which bytes change, and names what it is
// about as fold ids do (scope path and tensor), so that it means the same in another session and on a similar
// model. What undo, the history, recipes and the command line speak. A new kind is a struct here, a line in
// `Step`, an apply() and a pair of functions in RecipeJson.cpp; one of edits by hand is in EditStep.h. Plain
// values, free to cross threads.
#pragma once

#include "core/edit/EditStep.h"
#include "core/fold/FoldTable.h"
#include "core/prepare/Prepare.h"

#include <variant>

namespace pleat {

// Folds the chosen pairs, or all that hold a batch norm (and all others too with `constantsToo`).
struct FoldStep {
    std::optional<std::vector<FoldId>> ids;
    FoldOptions options;
    bool operator==(const FoldStep&) const = default;
};

// Writes the batch norms that are there in another form.
struct CanonicalizeStep {
    Rest form = Rest::Normalise;
    FoldOptions options; // which pairs are said to be left, and whether inputs are frozen
    bool operator==(const CanonicalizeStep&) const = default;
};

// Takes away the inputs that have an initializer: nobody replaces it any more, so it is a constant.
struct FreezeInputsStep {
    bool operator==(const FreezeInputsStep&) const = default;
};

// One pass of preparation.
struct PrepareStep {
    std::string pass; // Pass::id
    PrepareOptions options;
    bool operator==(const PrepareStep&) const = default;
};

// An EditStep is one of many kinds of its own.
using Step = std::variant<FoldStep, CanonicalizeStep, FreezeInputsStep, PrepareStep, EditStep>;

struct StepOutcome {
    FoldOutcome outcome;
    std::size_t changed = 0; // pairs, batch norms, inputs or places; 0: the model is as it was
    Sentence what;           // what was done: "folded bn1 into conv1"
    std::vector<Finding> findings;
};

// What it asks for, for a list of steps: "Fold all batch norms".
Sentence describe(const Step& step);

// Whether inputs that have an initializer are taken away by it.
bool freezesInputs(const Step& step);

// The model after the step. `engine`: for a PrepareStep, as prepare() has it. Errors: Usage where the step
// does not fit the model, with the sentence that says why; those of fold() and canonicalizeRest(); Cancelled.
Result<StepOutcome> apply(const Step& step, const std::shared_ptr<const GraphView>& view, Progress& progress,
                          const std::stop_token& stop, Engine* engine = nullptr);

// The same for whoever keeps the model and its verdicts: at the cost of what the step touches where it folds
// with the options of the table.
struct TableOutcome {
    FoldTablePointer table; // the old one where there was nothing to change
    std::vector<FoldedPair> pairs;
    std::size_t changed = 0;
    Sentence what;
    std::vector<Finding> findings;
};
Result<TableOutcome> apply(const Step& step, const FoldTablePointer& table, Progress& progress,
                           const std::stop_token& stop, Engine* engine = nullptr);

} // namespace pleat
