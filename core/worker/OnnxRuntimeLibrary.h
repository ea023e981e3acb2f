// SPDX-License-Identifier: GPL-3.0-or-later
// Where ONNX Runtime is. It is linked to nothing: a worker loads it, and only a worker, so that it may crash
// there. The place that somebody gives, or the variable PLEAT_ONNXRUNTIME, is the only one that is tried;
// else the system's library, that of the build tree of this program, and those that pip installs, in turn.
#pragma once

#include "core/worker/Task.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

struct OrtApi;
struct OrtEnv;

namespace pleat {

struct OnnxRuntimeLibrary {
    std::filesystem::path path; // of the library
    std::string version;        // "1.22.0"
};

// What gets it, for a shell.
inline constexpr std::string_view onnxRuntimeCommand =
    "pip install --target ~/.local/share/pleat onnxruntime";

// The program to start as a worker, where ONNX Runtime is (a file or a folder; empty: where it is found), and
// how long a worker may run models until it is killed (nothing: what suits what it is asked).
struct WorkerPlace {
    std::filesystem::path program;
    std::filesystem::path onnxRuntime{};
    std::optional<std::chrono::seconds> time{};
};

// Loads it in a worker and asks for its version. Errors: Unsupported where there is none that can be used,
// with the reason or the command that gets one; Cancelled.
Result<OnnxRuntimeLibrary> findOnnxRuntime(const WorkerPlace& place, const std::stop_token& stop);

// Files, and names for the system's loader, in the order in which they are tried. `program` is the one that
// runs, as an absolute path.
std::vector<std::filesystem::path> onnxRuntimeCandidates(const std::filesystem::path& given,
                                                         const std::filesystem::path& program);

// Into this process, until its end: for tasks. The errors of findOnnxRuntime().
struct LoadedOnnxRuntime {
    OnnxRuntimeLibrary library;
    const OrtApi* api = nullptr;         // never null
    std::shared_ptr<OrtEnv> environment; // of all sessions
};
Result<LoadedOnnxRuntime> loadOnnxRuntime(const std::filesystem::path& given);

// What the worker does for findOnnxRuntime().
Result<void> tellOnnxRuntime(TaskChannel& channel);
inline constexpr Task onnxRuntimeTask{"onnxruntime", {.time = std::chrono::seconds(20)}, tellOnnxRuntime};

} // namespace pleat
