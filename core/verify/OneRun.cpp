// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/OneRun.h"

namespace pleat {

Result<Divergence> traceAlone(const std::shared_ptr<const GraphView>& before, const GraphView& after,
                              const VerifyOptions& options, const WorkerPlace& place, Progress& progress,
                              const std::stop_token& stop)
{
    const auto inputs = inputsFor(*before, options);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    const auto common = commonValues(before, after, progress, stop);
    if (!common)
        return tl::make_unexpected(common.error());
    return traceDivergence(*before, after, *common, *inputs, options.tolerance, place, progress, stop);
}

Result<Speed> speedAlone(const GraphView& before, const GraphView& after, const VerifyOptions& options,
                         const WorkerPlace& place, Progress& progress, const std::stop_token& stop)
{
    const auto inputs = inputsFor(before, options);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    return measureSpeed(before, after, *inputs, options.speedRuns, place, progress, stop);
}

} // namespace pleat
