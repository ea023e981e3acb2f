// SPDX-License-Identifier: GPL-3.0-or-later
// Whether two models compute the same: by what they take and give, and by running both on the same inputs.
#pragma once

#include "core/verify/Inputs.h"
#include "core/verify/OutputDifference.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <map>

namespace pleat {

struct VerifyOptions {
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t> sizes; // of symbols in the shapes of inputs
    std::optional<Tolerance> tolerance{};      // nothing: usualTolerance() of each output's type
    std::shared_ptr<const Inputs> inputs{};    // in place of random ones
};

enum class Equivalence {
    Same,      // nothing that was looked at differs by more than is tolerated
    Different, // something does
    Unknown    // the models could not be run
};

struct Verification {
    Equivalence verdict = Equivalence::Unknown;
    std::vector<std::string> structure;   // what differs without running: a sentence each
    std::vector<std::string> notes;       // what was taken for sizes that are open
    std::string problem;                  // why the models could not be run; empty where they were
    OnnxRuntimeLibrary library;           // that ran them
    std::string inputs = "random inputs"; // what they were run on: "300 rows of digits.csv"
    std::vector<OutputDifference> outputs;
};

// Errors: Usage for sizes of no symbol; Cancelled. What keeps the models from being run is no error, but the
// verdict Unknown with its sentence; a difference in structure is a verdict without a run.
Result<Verification> verify(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                            const WorkerPlace& place, Progress& progress, const std::stop_token& stop);

} // namespace pleat
