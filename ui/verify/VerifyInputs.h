// SPDX-License-Identifier: GPL-3.0-or-later
// What the models are run on: random numbers, or somebody's own.
#pragma once

#include "core/base/Progress.h"
#include "core/verify/InputFiles.h"
#include "ui/verify/VerifyQuestion.h"

namespace pleat::ui {

// For the model before; nothing of one's own: random ones. Errors: those of ownInputs() and randomBatches().
Result<Inputs> inputsFor(const VerifyQuestion& question, const std::optional<OwnInputs>& own,
                         Progress& progress, const std::stop_token& stop);

} // namespace pleat::ui
