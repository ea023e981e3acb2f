// SPDX-License-Identifier: GPL-3.0-or-later
// What the models are run on: random numbers, or somebody's own.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/Verify.h"
#include "ui/verify/VerifyQuestion.h"

namespace pleat::ui {

// For the model before; several batches where they are random. Errors: those of ownInputs() and
// randomBatches().
Result<Inputs> inputsFor(const VerifyQuestion& question, Progress& progress, const std::stop_token& stop);

// With one's own inputs, where there are any. Errors: as above.
Result<VerifyOptions> optionsFor(const VerifyQuestion& question, Progress& progress,
                                 const std::stop_token& stop);

} // namespace pleat::ui
