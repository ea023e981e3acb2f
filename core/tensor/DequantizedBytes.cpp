// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/DequantizedBytes.h"

#include "core/tensor/Kernels.h"
#include "core/tensor/Runs.h"

namespace pleat {

namespace {

double ofChannel(const std::vector<double>& values, std::size_t channel)
{
    return values.empty() ? 0 : values[values.size() == 1 ? 0 : channel];
}

} // namespace

DequantizedBytes::DequantizedBytes(TensorView quantized, WeightLayout layout, std::vector<double> scales,
                                   std::vector<double> zeroPoints)
    : m_quantized(std::move(quantized)),
      m_layout(std::move(layout)),
      m_scales(std::move(scales)),
      m_zeroPoints(std::move(zeroPoints))
{
}

bool DequantizedBytes::isSame(const DequantizedBytes& other) const
{
    return m_quantized.type() == other.m_quantized.type() &&
           m_quantized.payload() == other.m_quantized.payload() && m_layout == other.m_layout &&
           m_scales == other.m_scales && m_zeroPoints == other.m_zeroPoints;
}

Result<void> DequantizedBytes::read(std::uint64_t offset, std::span<std::byte> into) const
{
    const std::uint64_t first = offset / sizeof(float); // readers ask for whole elements
    std::vector<double> values(into.size() / sizeof(float));
    if (auto got = m_quantized.readDoubles(first, values); !got)
        return got;
    forEachRun(m_layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
        for (std::uint64_t e = 0; e < run.length; ++e) {
            const std::size_t channel = run.output + e * run.outputStep;
            double& value = values[run.position + e];
            value = (value - ofChannel(m_zeroPoints, channel)) * ofChannel(m_scales, channel);
        }
    });
    narrow(DataType::Float, values, into);
    return {};
}

} // namespace pleat
