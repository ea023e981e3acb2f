// SPDX-License-Identifier: GPL-3.0-or-later
// Who reads a value between a layer and what is to be folded: whoever else does would get other numbers.
#pragma once

#include "core/fold/Refusal.h"

namespace pleat {

// Refuses a value that is an output of its graph (graph-output).
Verdict<void> requireNotOutput(const GraphView& view, ValueIndex value);

// Refuses a value that is read inside the body of an If, Loop or Scan (captured).
Verdict<void> requireNotReadInBody(const GraphView& view, ValueIndex value);

// Both of the above, and nobody but `reader` reads it, and once (several-consumers).
Verdict<void> requireOnlyReader(const GraphView& view, ValueIndex value, NodeIndex reader);

// The only reader of `value`, in the same scope; nothing when there are more, or it is an output.
std::optional<Use> onlyUse(const GraphView& view, ValueIndex value);

} // namespace pleat
