// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/RandomRuns.h"

#include "core/verify/RandomInputs.h"

namespace pleat {

Result<Divergence> traceOnRandomInputs(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                                       const VerifyOptions& options, const WorkerPlace& place,
                                       Progress& progress, const std::stop_token& stop)
{
    const auto inputs = randomInputs(*before, options.seed, options.sizes);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    const auto common = commonValues(before, after, progress, stop);
    if (!common)
        return tl::make_unexpected(common.error());
    return traceDivergence(*before, after, *common, inputs->tensors, options.tolerance, place, progress,
                           stop);
}

Result<Speed> speedOnRandomInputs(const GraphView& before, const GraphView& after,
                                  const VerifyOptions& options, const WorkerPlace& place, Progress& progress,
                                  const std::stop_token& stop)
{
    const auto inputs = randomInputs(before, options.seed, options.sizes);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    return measureSpeed(before, after, inputs->tensors, options.speedRuns, place, progress, stop);
}

} // namespace pleat
