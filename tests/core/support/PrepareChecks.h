// SPDX-License-Identifier: GPL-3.0-or-later
// What every pass has to keep, checked from outside: the model is written to a file, opened, prepared, saved
// and read back, then run before and after in ONNX Runtime. A check that fails is a failure of the running Qt
// test, at the line of the caller.
#pragma once

#include "core/prepare/Prepare.h"
#include "tests/core/support/FoldChecks.h"

namespace pleat::test {

struct PreparedFiles {
    std::string before, after; // bytes of the two files
    onnx::ModelProto model;    // the second one, parsed
    std::vector<PreparedPlace> done;
    std::vector<LeftPlace> left;
    std::vector<std::string> codes() const; // of what is left
};

struct PrepareExpectations {
    PrepareOptions options = {};
    double tolerance = 0; // of the largest output; 0: the same bits
    std::map<std::string, std::int64_t> symbols = {};
    std::optional<onnx::ModelProto> inputsOf = {}; // a model that says more of the inputs' shapes
    pleat::Engine* engine = nullptr;
};

// The same with sizes for symbols.
PrepareExpectations withSymbols(std::map<std::string, std::int64_t> symbols);

// The passes one after the other. The message of whatever went wrong.
tl::expected<PreparedFiles, std::string> prepareThroughFiles(const std::string& bytes,
                                                             const std::vector<std::string>& passes,
                                                             const PrepareOptions& options = {},
                                                             pleat::Engine* engine = nullptr);

// "" when the model after is as valid as before, has the same inputs and outputs, gives the same numbers in
// ONNX Runtime for two random inputs, and the passes find nothing more in it; else what is wrong.
std::string whatIsWrong(const onnx::ModelProto& before, const PreparedFiles& prepared,
                        const std::vector<std::string>& passes, const PrepareExpectations& expectations = {});

// The pass changes so many places and leaves the model right. Also 0: then the bytes are the same.
PreparedFiles assertPrepares(const ModelBuilder& model, const std::string& pass, std::size_t places,
                             const PrepareExpectations& expectations = {},
                             std::source_location where = std::source_location::current());

} // namespace pleat::test
