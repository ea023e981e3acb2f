// SPDX-License-Identifier: GPL-3.0-or-later
// Values of a plane of a tensor as comma-separated text (RFC 4180, with the line ends of Unix), a line a row
// and nothing but values, as numpy.loadtxt() reads it. Streamed: of any size, in a few megabytes of memory.
#pragma once

#include "core/io/Sink.h"
#include "core/tensor/TensorPlane.h"

namespace pleat {

// `digits`: as for text(). Errors: those of readArea() and the sink's; Cancelled.
// REQUIRES: as for readArea().
Result<void> writePlaneCsv(Sink& output, const Elements& elements, const TensorPlane& plane,
                           const PlaneArea& area, std::optional<int> digits, Progress& progress,
                           const std::stop_token& stop);

// The same into a file, which appears whole or not at all.
Result<void> savePlaneCsv(const std::filesystem::path& target, const Elements& elements,
                          const TensorPlane& plane, const PlaneArea& area, std::optional<int> digits,
                          Progress& progress, const std::stop_token& stop);

} // namespace pleat
