// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/BatchRun.h"

#include "core/worker/ModelRun.h"

namespace pleat {

Result<void> runOnBatches(const Model& model, const Inputs& inputs, BatchRange range,
                          std::span<const std::string> outputs, const WorkerPlace& place,
                          const TakeOutput& take, const std::stop_token& stop)
{
    NoProgress quiet;
    for (std::size_t number = range.first; number < range.first + range.count; ++number) {
        const auto batch = inputs.batch(number);
        if (!batch)
            return tl::make_unexpected(batch.error());
        auto made = runByOnnxRuntime(model, *batch, outputs, place, quiet, stop);
        if (!made)
            return tl::make_unexpected(std::move(made.error()));
        for (std::size_t output = 0; output < made->size(); ++output)
            if (auto taken = take(number, output, std::move((*made)[output])); !taken)
                return taken;
    }
    return {};
}

} // namespace pleat
