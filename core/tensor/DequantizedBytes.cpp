// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/DequantizedBytes.h"

#include "core/tensor/Kernels.h"

#include <limits>
#include <numeric>

namespace pleat {

std::optional<ScaleGrid> ScaleGrid::of(const std::vector<std::int64_t>& dims, std::uint64_t count,
                                       std::int64_t axis, std::int64_t block)
{
    ScaleGrid grid;
    if (count == 1) {
        grid.m_inner = std::numeric_limits<std::uint64_t>::max();
        return grid;
    }
    const std::int64_t front = axis < 0 ? axis + std::ssize(dims) : axis;
    if (front < 0 || front >= std::ssize(dims) || block < 0)
        return std::nullopt;
    const auto size = [](auto range) {
        return std::accumulate(range.begin(), range.end(), std::uint64_t{1},
                               [](std::uint64_t product, std::int64_t dim) {
                                   return product * static_cast<std::uint64_t>(dim);
                               });
    };
    const std::span all(dims);
    const std::uint64_t outer = size(all.first(static_cast<std::size_t>(front)));
    grid.m_inner = size(all.subspan(static_cast<std::size_t>(front) + 1));
    grid.m_extent = static_cast<std::uint64_t>(dims[static_cast<std::size_t>(front)]);
    if (block == 0) {
        grid.m_blockStep = 1;
        return count == grid.m_extent ? std::optional(grid) : std::nullopt;
    }
    grid.m_block = static_cast<std::uint64_t>(block);
    const std::uint64_t blocks = (grid.m_extent + grid.m_block - 1) / grid.m_block;
    grid.m_outerStep = blocks * grid.m_inner;
    grid.m_blockStep = grid.m_inner;
    grid.m_innerStep = 1;
    return count == outer * blocks * grid.m_inner ? std::optional(grid) : std::nullopt;
}

DequantizedBytes::DequantizedBytes(TensorView quantized, const ScaleGrid& grid, std::vector<double> scales,
                                   std::vector<double> zeroPoints)
    : m_quantized(std::move(quantized)),
      m_grid(grid),
      m_scales(std::move(scales)),
      m_zeroPoints(std::move(zeroPoints))
{
}

bool DequantizedBytes::isSame(const DequantizedBytes& other) const
{
    return m_quantized.type() == other.m_quantized.type() &&
           m_quantized.payload() == other.m_quantized.payload() && m_grid == other.m_grid &&
           m_scales == other.m_scales && m_zeroPoints == other.m_zeroPoints;
}

Result<void> DequantizedBytes::read(std::uint64_t offset, std::span<std::byte> into) const
{
    const std::uint64_t first = offset / sizeof(float); // readers ask for whole elements
    std::vector<double> values(into.size() / sizeof(float));
    if (auto got = m_quantized.readDoubles(first, values); !got)
        return got;
    const bool oneZeroPoint = m_zeroPoints.size() == 1;
    m_grid.forEach(first, values.size(), [&](std::uint64_t e, std::uint64_t scale) {
        values[e] = (values[e] - m_zeroPoints[oneZeroPoint ? 0 : scale]) * m_scales[scale];
    });
    narrow(DataType::Float, values, into);
    return {};
}

} // namespace pleat
