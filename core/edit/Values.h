// SPDX-License-Identifier: GPL-3.0-or-later
// Single values of a stored tensor, or slices of it, set by hand. Plain values and pure functions; what is
// not set stays where it lies.
#pragma once

#include "core/edit/PlannedEdit.h"

namespace pleat {

struct SetValues {
    std::string tensor;
    // Which, as numpy writes it: "0,3", "-1", ":,3", "2:4,::2"; axes behind the last one as a whole. "": all.
    std::string at;
    std::string value; // as text() of Elements.h writes it, in the tensor's type
    bool operator==(const SetValues&) const = default;
};

Sentence describe(const SetValues& step);

// Errors, beside Usage: those of reading.
Result<PlannedEdit> plan(const SetValues& step, const ViewPointer& of);

} // namespace pleat
