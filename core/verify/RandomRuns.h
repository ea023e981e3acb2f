// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of verify() by themselves, on the random inputs that it would take: for who asks one thing alone.
#pragma once

#include "core/verify/Verify.h"

#include <memory>

namespace pleat {

// Errors: those of randomInputs(), commonValues() and traceDivergence().
Result<Divergence> traceOnRandomInputs(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                                       const VerifyOptions& options, const WorkerPlace& place,
                                       Progress& progress, const std::stop_token& stop);

// Errors: those of randomInputs() and measureSpeed().
Result<Speed> speedOnRandomInputs(const GraphView& before, const GraphView& after,
                                  const VerifyOptions& options, const WorkerPlace& place, Progress& progress,
                                  const std::stop_token& stop);

} // namespace pleat
