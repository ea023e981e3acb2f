// SPDX-License-Identifier: GPL-3.0-or-later
// Small tensors of attributes as a person writes them: "float[2x3]: 1, 2, 3, 4, 5, 6". Plain values and pure
// functions.
#pragma once

#include "core/edit/PlannedEdit.h"

#include <optional>
#include <string>

namespace pleat {

class TensorView;

// An attribute that holds a tensor gets these numbers.
struct SetAttributeNumbers {
    std::string node;
    std::string name;
    // Numbers as text() of Elements.h writes them, or one for all. What stands before a colon is their type
    // and shape
    // ("int64[]" is a scalar's); without it both stay as they are.
    std::string numbers;
    bool operator==(const SetAttributeNumbers&) const = default;
};

// What `numbers` would be of this tensor; nothing of a large one, of strings, and of one that cannot be read.
std::optional<std::string> numbersText(const TensorView& tensor);

Sentence describe(const SetAttributeNumbers& step);

// Errors: Usage.
Result<PlannedEdit> plan(const SetAttributeNumbers& step, const ViewPointer& of);

} // namespace pleat
