// SPDX-License-Identifier: GPL-3.0-or-later
// Whether two models compute the same: by what they take and give; part by part, where they differ; and by
// running both as a whole on the same inputs.
#pragma once

#include "core/verify/Divergence.h"
#include "core/verify/Inputs.h"
#include "core/verify/Latency.h"
#include "core/verify/OutputDifference.h"
#include "core/verify/PartCheck.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <map>

namespace pleat {

struct VerifyOptions {
    std::uint64_t seed = 1;
    std::map<std::string, std::int64_t> sizes; // of symbols in the shapes of inputs
    std::optional<Tolerance> tolerance{};      // nothing: usualTolerance() of each output's type
    std::shared_ptr<const Inputs> inputs{};    // in place of random ones
    bool trace = false;                        // say where a difference begins even where there is none
    bool speed = false;                        // measure how long both take
    std::size_t speedRuns = 20;                // of each, for each of the two settings
};

enum class Equivalence {
    Same,      // nothing that was looked at differs by more than is tolerated
    Different, // something does
    Unknown    // neither the whole models nor all parts in which they differ could be run
};

struct Verification {
    Equivalence verdict = Equivalence::Unknown;
    std::vector<std::string> structure;   // what differs without running: a sentence each
    std::vector<std::string> notes;       // what was taken for sizes that are open
    std::string problem;                  // why the whole models could not be run; empty where they were
    OnnxRuntimeLibrary library;           // that ran them
    std::string inputs = "random inputs"; // what they were run on: "300 rows of digits.csv"
    std::vector<OutputDifference> outputs;

    // Where the models are not the same, node by node and byte by byte; none: everywhere they are.
    std::vector<PartCheck> parts;
    std::string partsProblem; // why nobody could look for them

    std::optional<Divergence> divergence; // as was asked, or something differs
    std::string divergenceProblem;
    std::optional<Speed> speed; // as was asked
    std::string speedProblem;

    bool haveAllPartsRun() const; // and both models are the same beside them
};

// Those that are given, or one batch of random ones. Errors: as of randomInputs().
Result<Inputs> inputsFor(const GraphView& view, const VerifyOptions& options);

// Errors: Usage for sizes of no symbol; Cancelled. What keeps the models from being run is no error: where
// the whole ones cannot be, the verdict is that of their parts, if all of those could; else it is Unknown. A
// difference in structure is a verdict without a run.
Result<Verification> verify(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                            const WorkerPlace& place, Progress& progress, const std::stop_token& stop);

} // namespace pleat
