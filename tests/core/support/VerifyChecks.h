// SPDX-License-Identifier: GPL-3.0-or-later
// Verifying models made in a test, by a worker that is the test's own program, and what was found in words.
#pragma once

#include "core/verify/Verify.h"
#include "tests/core/support/FoldChecks.h"

namespace pleat::test {

const WorkerPlace& ownWorker();

std::shared_ptr<const GraphView> viewed(const std::string& bytes);

// Whatever goes wrong ends the test's program.
Verification verified(const std::string& before, const std::string& after, const VerifyOptions& options = {},
                      const WorkerPlace& place = ownWorker());
std::string folded(const std::string& bytes, const FoldOptions& options = {});

// The float at this place of a stored tensor, in whatever graph, a twentieth larger.
std::string tampered(const std::string& bytes, const std::string& name, std::size_t at);

std::string blamed(const Verification& found); // the nodes of the parts that differ, before
std::string traced(const Verification& found); // the node where it begins
std::string problemsOf(const Verification& found);

} // namespace pleat::test
