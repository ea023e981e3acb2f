// SPDX-License-Identifier: GPL-3.0-or-later
// What every fold has to keep, checked from outside: the model is written to a file, opened, folded, saved
// and read back, then run before and after in an engine that is not ours. A check that fails is a failure of
// the running Qt test, at the line of the caller.
#pragma once

#include "core/fold/Fold.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/ModelChecks.h"
#include "tests/core/support/OrtRunner.h"

#include <source_location>
#include <string>
#include <vector>

namespace pleat::test {

// A model's way through the program.
struct Folded {
    std::string before, after; // bytes of the two files
    onnx::ModelProto model;    // the second one, parsed
    std::vector<FoldCandidate> candidates;
    FoldOutcome outcome;
};

// All that a candidate says.
std::string text(const FoldCandidate& candidate);
std::string text(const std::vector<FoldCandidate>& candidates);

// A number that the environment may give.
int fromEnvironment(const char* name, int fallback);

// Opened from a file, as users do; and what a save writes.
tl::expected<std::shared_ptr<const GraphView>, std::string> viewOf(const std::string& bytes);
tl::expected<std::string, std::string> savedBytes(const Model& model);

// All foldable candidates with a batch norm, or the chosen ones. The message of whatever went wrong.
tl::expected<Folded, std::string> foldThroughFiles(const std::string& bytes,
                                                   const std::optional<std::vector<FoldId>>& chosen = {},
                                                   const FoldOptions& options = {});

// Candidates only.
tl::expected<std::vector<FoldCandidate>, std::string> candidatesOf(const std::string& bytes,
                                                                   const FoldOptions& options = {});

struct ExpectedFold {
    std::string layer;
    std::vector<std::string> affine; // names of the chain's nodes, in the order of the data
    FoldDirection direction = FoldDirection::After;
};

enum class Engine { OnnxRuntime, Definition }; // Definition: where ONNX Runtime has no kernels

struct FoldExpectations {
    int batchNormsLeft = 0;
    Engine engine = Engine::OnnxRuntime;
    double tolerance = 1e-5;             // of the largest output
    bool chainsWithoutBatchNorm = false; // choose those too (`--affine`)
    FoldOptions options = {};
    std::map<std::string, std::int64_t> symbols = {};
};

// Exactly these folds are found and made. After them: the checker is as content as before, the outputs agree
// for two random inputs, what was not touched is as it was, nothing dangles, and folding again changes
// nothing.
Folded assertFolds(const ModelBuilder& model, const std::vector<ExpectedFold>& expected,
                   const FoldExpectations& expectations = {},
                   std::source_location where = std::source_location::current());

// As assertFolds, whatever layers the folds go to: for affines that several layers share.
Folded assertFoldsAway(const ModelBuilder& model, const FoldExpectations& expectations = {},
                       std::source_location where = std::source_location::current());

// The batch norm (the only blocked one, when it is not named) is blocked for this reason with a sentence that
// names the culprit, which is to blame; folding everything gives back the same bytes unless others fold.
FoldCandidate assertBlocked(const ModelBuilder& model, Reason reason, const std::string& culprit,
                            const std::string& batchNorm = {}, const FoldOptions& options = {},
                            std::source_location where = std::source_location::current());

// "" when both models give the same outputs for two random inputs, else what is different.
std::string differenceInRuns(const std::string& before, const std::string& after,
                             const FoldExpectations& expectations = {});

} // namespace pleat::test
