// SPDX-License-Identifier: GPL-3.0-or-later
// The tasks that this program does as a worker, and the private mode in which it is one.
#pragma once

#include "core/worker/Task.h"

#include <optional>

namespace pleat {

std::span<const Task> workerTasks();

// `main` calls this first: when the first argument is workerArgument it does the work and returns the exit
// code, otherwise nothing.
std::optional<int> runAsWorker(int argc, char** argv, std::span<const Task> tasks = workerTasks());

} // namespace pleat
