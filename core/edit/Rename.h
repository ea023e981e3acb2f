// SPDX-License-Identifier: GPL-3.0-or-later
// Other names for what a model has. All that knows a thing by its name follows: readers, in bodies too,
// outputs of graphs and functions, value_info, annotations of quantized tensors. Plain values and pure
// functions.
#pragma once

#include "core/edit/PlannedEdit.h"

namespace pleat {

// Also an input or output of a graph or function, which is a tensor.
struct RenameTensor {
    std::string tensor; // lasting id, as of all tensors and nodes in steps
    std::string to;     // a name, without a path
    bool operator==(const RenameTensor&) const = default;
};

struct RenameNode {
    std::string node;
    std::string to; // empty: it has none any more
    bool operator==(const RenameNode&) const = default;
};

// A size that is a symbol, wherever a shape is declared.
struct RenameSymbol {
    std::string symbol;
    std::string to;
    bool operator==(const RenameSymbol&) const = default;
};

Sentence describe(const RenameTensor& step);
Sentence describe(const RenameNode& step);
Sentence describe(const RenameSymbol& step);

// Errors, here and in all of this folder: Usage with the sentence why it cannot be: what is not there, a name
// that is taken.
Result<PlannedEdit> plan(const RenameTensor& step, const ViewPointer& of);
Result<PlannedEdit> plan(const RenameNode& step, const ViewPointer& of);
Result<PlannedEdit> plan(const RenameSymbol& step, const ViewPointer& of);

} // namespace pleat
