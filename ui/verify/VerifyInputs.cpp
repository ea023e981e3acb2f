// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyInputs.h"

namespace pleat::ui {

namespace {

constexpr std::size_t randomBatchCount = 8; // as at the command line

}

Result<Inputs> inputsFor(const VerifyQuestion& question, Progress& progress, const std::stop_token& stop)
{
    const VerifySettings& settings = question.settings;
    return settings.own
               ? ownInputs(*question.before->view, *settings.own, settings.sizes, progress, stop)
               : randomBatches(question.before->view, settings.seed, settings.sizes, randomBatchCount);
}

Result<VerifyOptions> optionsFor(const VerifyQuestion& question, Progress& progress,
                                 const std::stop_token& stop)
{
    const VerifySettings& settings = question.settings;
    VerifyOptions options;
    options.seed = settings.seed;
    options.sizes = settings.sizes;
    if (settings.absolute || settings.relative)
        options.tolerance = Tolerance{settings.absolute.value_or(0), settings.relative.value_or(0)};
    if (!settings.own)
        return options;
    auto inputs = inputsFor(question, progress, stop);
    if (!inputs)
        return tl::make_unexpected(std::move(inputs.error()));
    options.inputs = std::make_shared<const Inputs>(std::move(*inputs));
    return options;
}

} // namespace pleat::ui
