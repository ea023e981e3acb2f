// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes and types of every value, inferred by the ONNX library. The library crashes on some malformed
// models, so it runs in a worker process: the same program in a private mode, the structure on its standard
// input. Its death means "shapes unknown" and nothing else.
#pragma once

#include "core/model/ValueTypes.h"
#include "core/worker/Task.h"

#include <filesystem>
#include <stop_token>

namespace pleat {

struct InferredTypes {
    ValueTypes types;    // declared ones, and inferred ones where inference worked
    std::string problem; // why inference gave nothing; empty when it worked
};

// `worker` is the program to start with workerArgument() (normally this program itself). Takes at most
// `seconds`.
InferredTypes inferTypes(const Model& model, const std::filesystem::path& worker, int seconds,
                         std::stop_token stop);

// What the worker does for it.
Result<void> inferShapes(TaskChannel& channel);
inline constexpr Task inferenceTask{"infer-types", {.time = std::chrono::seconds(60)}, inferShapes};

} // namespace pleat
