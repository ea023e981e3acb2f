// SPDX-License-Identifier: GPL-3.0-or-later
// The symbols that stand for sizes in the shapes of a model's inputs, to which the pass "dims" gives numbers.
#pragma once

#include "core/graph/GraphView.h"

#include <map>
#include <string>
#include <vector>

namespace pleat {

// Each once, in the order of the inputs; those of inputs that have an initializer, and so a size, do not
// count.
std::vector<std::string> symbolsOf(const GraphView& view);

// Errors: Usage where a name is none of the symbols, which the message names.
Result<void> requireSymbols(const GraphView& view, const std::map<std::string, std::int64_t>& sizes);

} // namespace pleat
