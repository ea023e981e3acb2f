// SPDX-License-Identifier: GPL-3.0-or-later
// The ONNX library's checker in a worker: on models that are not well-formed it may crash.
#pragma once

#include "core/base/Progress.h"
#include "core/worker/Task.h"

#include <filesystem>

namespace pleat {

// What it has against the model, as a sentence; empty: nothing. `model`: the bytes of a ModelProto, whose
// tensors need not have all their bytes. Errors: Unsupported where it gives no answer; Cancelled.
Result<std::string> checkByOnnx(const std::string& model, const std::filesystem::path& program,
                                Progress& progress, const std::stop_token& stop);

// What the worker does for it.
Result<void> checkModel(TaskChannel& channel);
inline constexpr Task checkTask{"check", {.time = std::chrono::seconds(60)}, checkModel};

} // namespace pleat
