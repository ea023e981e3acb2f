// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker can be asked to do. A task runs in a process of its own (Worker.h), so it may crash, run out
// of memory or never end; its limits are kept by both sides. A new one is a file in this folder and a line in
// Tasks.cpp.
#pragma once

#include "core/base/Progress.h"
#include "core/base/Result.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace pleat {

struct TaskLimits {
    std::chrono::seconds time{60}; // until it is killed
    std::uint64_t memory = std::uint64_t{4}
                           << 30; // of addresses; not kept under sanitizers, which reserve terabytes
    std::uint64_t result = std::uint64_t{1} << 31; // bytes of all pieces
    std::uint64_t piece = std::uint64_t{1} << 31;  // bytes of one of them
    std::chrono::milliseconds grace{0};            // between being asked to stop and being killed
};

// The task's side of the channel.
struct TaskChannel {
    int input = -1; // a descriptor to read from, at its beginning
    std::string parameters;
    Progress& progress;
    std::stop_token stop;
    std::function<void(std::string_view)> give; // one piece of the result, of any size
};

// All that is left of the input.
std::string readAll(int descriptor);

struct Task {
    std::string_view name;
    TaskLimits limits;
    // Errors go to the host with their sentence. What is thrown, too.
    Result<void> (*run)(TaskChannel& channel);
};

} // namespace pleat
