// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyInputs.h"

namespace pleat::ui {

namespace {

constexpr std::size_t randomBatchCount = 8; // as at the command line

}

Result<Inputs> inputsFor(const VerifyQuestion& question, const std::optional<OwnInputs>& own,
                         Progress& progress, const std::stop_token& stop)
{
    const auto& [before, after, settings] = question;
    return own ? ownInputs(*before->view, *own, settings.sizes, progress, stop)
               : randomBatches(before->view, settings.seed, settings.sizes, randomBatchCount);
}

} // namespace pleat::ui
