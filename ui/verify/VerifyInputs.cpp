// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyInputs.h"

namespace pleat::ui {

namespace {

constexpr std::size_t randomBatchCount = 8; // as at the command line

}

Result<Inputs> inputsFor(const VerifyQuestion& question, Progress&, const std::stop_token&)
{
    return randomBatches(question.before->view, question.settings.seed, question.settings.sizes,
                         randomBatchCount);
}

} // namespace pleat::ui
