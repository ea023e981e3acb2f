// SPDX-License-Identifier: GPL-3.0-or-later
// What can be said of two models without running them: whether what the second one takes and gives is what
// the first one does.
#pragma once

#include "core/graph/GraphView.h"

namespace pleat {

// A sentence for each input and output that is missing, new, at another place, or of another type or shape.
// Inputs that have an initializer, which callers need not give, may go and come. A size that one of them
// leaves open (a symbol, unknown) fits any. The models have passed validate(), so nothing dangles in either.
std::vector<std::string> interfaceDifferences(const GraphView& before, const GraphView& after);

// Tensors whose data lies beyond the end of its file, or in a file that is not there: a sentence each.
std::vector<std::string> missingData(const GraphView& view);

} // namespace pleat
