// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/ShiftSums.h"

#include "core/tensor/Blocks.h"
#include "core/tensor/Kernels.h"

#include <algorithm>

namespace pleat {

Result<std::vector<double>> shiftOfOutputs(const FoldTarget& target, const std::stop_token& stop)
{
    std::vector<double> sums(target.layer.layout.outputs);
    if (std::ranges::all_of(target.t, [](double shift) { return shift == 0; }))
        return sums;
    const auto add = [&](std::uint64_t first, std::span<double> values) {
        accumulate(values, first, target.layer.layout, target.t, sums);
    };
    if (auto read = forEachBlock(target.layer.weight.tensor, stop, add); !read)
        return tl::make_unexpected(read.error());
    for (double& sum : sums)
        sum *= target.layer.gain;
    return sums;
}

} // namespace pleat
