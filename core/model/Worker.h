// SPDX-License-Identifier: GPL-3.0-or-later
// A second process for a library that may crash: it gets bytes on its standard input, gives bytes on its
// standard output, and whatever becomes of it, this process goes on. Both ends are anonymous files, so
// neither side ever waits for the other and nobody meets a broken pipe.
#pragma once

#include "core/base/Result.h"

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace pleat {

enum class WorkerEnd { Finished, Crashed, TimedOut, Stopped, NotStarted };

struct WorkerResult {
    WorkerEnd end = WorkerEnd::NotStarted;
    std::string output; // when it finished
    std::string why;    // when it was not started
};

// Starts `program` with `arguments`, kills it after `seconds` or when asked to stop, and waits for its end.
WorkerResult runWorker(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                       const std::string& input, int seconds, std::stop_token stop);

// In the worker: no core dump, at most `seconds` of computing and a few gigabytes, dies with its parent, and
// nothing that a library prints gets into the result.
void confineWorker(int seconds);
std::string workerInput();
// False when it cannot be written. REQUIRES: confineWorker() was called, which sets the result apart.
bool writeWorkerOutput(const std::string& output);

} // namespace pleat
