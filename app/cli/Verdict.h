// SPDX-License-Identifier: GPL-3.0-or-later
// Verifying for a command: with a progress bar, what was found in words, and the exit code that it gives.
#pragma once

#include "app/cli/Terminal.h"
#include "core/verify/Verify.h"

namespace pleat::cli {

Result<Verification> verified(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                              const WorkerPlace& place, const std::stop_token& stop);

std::vector<std::string> linesOf(const Verification& found);

Exit exitOf(const Verification& found);

// For --verify: says on standard error what was found. Done: `after` may be written.
Exit verifiedBeforeWriting(const GraphView& before, const GraphView& after, const std::stop_token& stop);

} // namespace pleat::cli
