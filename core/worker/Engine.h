// SPDX-License-Identifier: GPL-3.0-or-later
// What passes and edits have done by libraries that are not trusted in this process: it is handed in beside
// the options, which are values, and may be missing. Whoever implements it says in a sentence why something
// cannot be had. Used by one thread at a time.
#pragma once

#include "core/worker/Evaluation.h"
#include "core/worker/OpsetConversion.h"
#include "core/worker/ShapeInference.h"

namespace pleat {

class Engine {
public:
    virtual ~Engine() = default;

    // What nodes make that read nothing but constants: evaluateByOnnxRuntime().
    virtual Result<std::vector<EvaluatedOutput>> evaluate(const std::string& model, std::size_t outputs,
                                                          std::uint64_t largest, Progress& progress,
                                                          const std::stop_token& stop) = 0;

    // Nodes for another opset: convertByOnnx().
    virtual Result<std::vector<ConvertedNode>> convert(const std::string& model, std::size_t nodes,
                                                       std::int64_t opset, Progress& progress,
                                                       const std::stop_token& stop) = 0;

    // Types and shapes of all values: inferTypes().
    virtual InferredTypes infer(const Model& model, const std::stop_token& stop) = 0;

protected:
    Engine() = default;
    Engine(const Engine&) = default;
    Engine(Engine&&) = default;
    Engine& operator=(const Engine&) = default;
    Engine& operator=(Engine&&) = default;
};

} // namespace pleat
