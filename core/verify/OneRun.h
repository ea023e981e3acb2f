// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of verify() by themselves, on the inputs that it would take: for who asks one thing alone.
#pragma once

#include "core/verify/Verify.h"

#include <memory>

namespace pleat {

// Errors: those of the inputs, of commonValues() and of traceDivergence().
Result<Divergence> traceAlone(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                              const VerifyOptions& options, const WorkerPlace& place, Progress& progress,
                              const std::stop_token& stop);

// Errors: those of the inputs and of measureSpeed().
Result<Speed> speedAlone(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                         const WorkerPlace& place, Progress& progress, const std::stop_token& stop);

} // namespace pleat
