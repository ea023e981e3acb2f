// SPDX-License-Identifier: GPL-3.0-or-later
// What can be said of two models without running them: whether what the second one takes and gives is what
// the first one does.
#pragma once

#include "core/base/Progress.h"
#include "core/graph/GraphView.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

// A sentence for each input and output that is missing, new, at another place, or of another type or shape.
// Inputs that have an initializer, which callers need not give, may go and come. A size that one of them
// leaves open (a symbol, unknown) fits any. The models have passed validate(), so nothing dangles in either.
std::vector<std::string> interfaceDifferences(const GraphView& before, const GraphView& after);

// Tensors whose data lies beyond the end of its file, or in a file that is not there: a sentence each.
std::vector<std::string> missingData(const GraphView& view);

// What ONNX's checker has against the model after and not against the one before: a sentence; empty where
// there is nothing, or nobody knows. `program` is the worker. Errors: Cancelled.
Result<std::string> checkerDifference(const GraphView& before, const GraphView& after,
                                      const std::filesystem::path& program, Progress& progress,
                                      const std::stop_token& stop);

} // namespace pleat
