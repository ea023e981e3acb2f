// SPDX-License-Identifier: GPL-3.0-or-later
// The values between inputs and outputs at which two models can be compared: what both compute from the data
// and call the same. Not among them is what a fold gives other numbers under the same name: what lies between
// a layer and an affine that can be folded into it.
#pragma once

#include "core/base/Progress.h"
#include "core/fold/FoldCandidate.h"
#include "core/graph/ElementTypes.h"
#include "core/graph/GraphView.h"

#include <memory>
#include <stop_token>

namespace pleat {

struct CommonValue {
    ValueIndex before = ValueIndex::None, after = ValueIndex::None;
};

struct CommonValues {
    // Floats of all graphs, the main one first, producers first, as the model before has them.
    std::vector<CommonValue> values;
    std::vector<FoldCandidate> folds; // of the model before: those that can be folded
    // For each graph of the model before the same one after: the body of what makes a value of the same name,
    // the function of the same name; None where there is none.
    std::vector<ScopeIndex> scopes;

    // The value after that has the name and the graph of `value` before; None: there is none.
    ValueIndex counterpart(const GraphView& before, const GraphView& after, ValueIndex value) const;
};

// The element type of a value; of what an operator makes that nobody here knows, the one that its readers
// want: that of the constants that it is computed with, or else is made of.
DataType typeOrWhatReadersWant(const GraphView& view, const ElementTypes& types, ValueIndex value);

// The graphs in the bodies of a node, in the order of its attributes.
std::vector<ScopeIndex> bodiesOf(const GraphView& view, NodeIndex node);

// Errors: those of reading what finding folds must read; Cancelled.
Result<CommonValues> commonValues(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                                  Progress& progress, const std::stop_token& stop);

} // namespace pleat
