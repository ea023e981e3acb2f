// SPDX-License-Identifier: GPL-3.0-or-later
// What the models are run on: random numbers, or somebody's own.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Inputs.h"
#include "ui/verify/VerifyQuestion.h"

namespace pleat::ui {

// For the model before. Errors: Usage and Unreadable where they do not fit it; Cancelled.
Result<Inputs> inputsFor(const VerifyQuestion& question, Progress& progress, const std::stop_token& stop);

} // namespace pleat::ui
