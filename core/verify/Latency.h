// SPDX-License-Identifier: GPL-3.0-or-later
// What is won: how long both models take on the same inputs, measured in turns, and of how much they are
// made. Values.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Inputs.h"
#include "core/worker/OnnxRuntimeLibrary.h"

#include <chrono>
#include <stop_token>

namespace pleat {

// Of the times of several runs, by linear interpolation between the two nearest (R. J. Hyndman, Y. Fan,
// "Sample quantiles in statistical packages", 1996, definition 7).
struct Quartiles {
    std::chrono::nanoseconds lower{}, median{}, upper{};
    std::size_t runs = 0;
};
// REQUIRES: there is one.
Quartiles quartilesOf(std::vector<std::chrono::nanoseconds> times);

struct SpeedOfSide {
    Quartiles plain;                         // ONNX Runtime's optimisations off
    Quartiles optimised;                     // all of them on
    std::uint64_t nodes = 0, parameters = 0; // bodies and functions included; a shared constant once
};

struct Speed {
    SpeedOfSide before, after;
};

// At least so many `runs`, and one for each of the batches; of these as many as 256 MB hold, and as are run
// in the time that is enough (LatencyRun.h). Errors: as of measureLatencies(); those of the inputs.
Result<Speed> measureSpeed(const GraphView& before, const GraphView& after, const Inputs& inputs,
                           std::size_t runs, const WorkerPlace& place, Progress& progress,
                           const std::stop_token& stop);

} // namespace pleat
