// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/UniformQuantizer.h"

#include "core/tensor/Kernels.h"
#include "core/tensor/Runs.h"

#include <cmath>

namespace pleat {

void roundToGrid(DataType type, std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
                 const Quantizers& quantizers)
{
    std::vector<double> values(block.size() / storedBytes(type, 1));
    widen(type, block, values);
    const auto rounded = [](double value, const UniformQuantizer& quantizer) {
        return std::isfinite(value) ? quantizer(value) : value;
    };
    if (quantizers.size() == 1) {
        for (double& value : values)
            value = rounded(value, quantizers.front());
    } else {
        forEachRun(layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
            for (std::uint64_t e = 0; e < run.length; ++e) {
                double& value = values[run.position + e];
                value = rounded(value, quantizers[run.output + e * run.outputStep]);
            }
        });
    }
    narrow(type, values, block);
}

} // namespace pleat
