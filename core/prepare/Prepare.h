// SPDX-License-Identifier: GPL-3.0-or-later
// Simplification of a model before folding, pass by pass (Pass.h): the one driver of all passes. Each place
// that a pass would change is checked as an edit before anything is changed; one that cannot be applied is
// left, with the reason, and the others are applied without it. A preview is the same call, whose result is
// not kept.
#pragma once

#include "core/prepare/Pass.h"

namespace pleat {

struct Prepared {
    Subject after;
    std::vector<PreparedPlace> done;
    std::vector<LeftPlace> left; // in the model after it
};

// What a pass makes of a model: applied until nothing is left to do. `engine` computes what is not computed
// here (Engine.h); null: it stays. Errors: Usage where there is no pass of that name, or the pass refuses the
// model as a whole; those of the pass; Cancelled.
Result<Prepared> prepare(std::string_view pass, const Subject& subject, const PrepareOptions& options,
                         Progress& progress, const std::stop_token& stop, Engine* engine = nullptr);

// Passes in turn, again and again until a whole turn changes nothing: what one takes away lets another see
// more. Each application that changed something is one entry, in their order.
struct AppliedPass {
    std::string pass;
    std::vector<PreparedPlace> done;
    Subject after;
};
struct PreparedAll {
    Subject after;
    std::vector<AppliedPass> applied;
    std::vector<std::pair<std::string, LeftPlace>> left; // with the pass that left it; in the model after it
};
Result<PreparedAll> prepareAll(const std::vector<std::string>& passes, const Subject& subject,
                               const PrepareOptions& options, Progress& progress, const std::stop_token& stop,
                               Engine* engine = nullptr);

// The ids of the passes that are on by default, in order.
std::vector<std::string> defaultPasses();

// How many nodes of each operator there are more (or less, below 0) in `after`; only those that differ.
// Bodies and functions count too.
std::map<std::string, std::int64_t> operatorChanges(const GraphView& before, const GraphView& after);

} // namespace pleat
