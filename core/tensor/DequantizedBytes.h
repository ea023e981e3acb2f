// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers that a quantized tensor stands for, as floats: (q − zero point)·scale (ONNX's
// DequantizeLinear), computed when somebody reads them. For looking at them; nothing is saved like that. For
// any thread.
#pragma once

#include "core/tensor/TensorView.h"

#include <algorithm>
#include <optional>

namespace pleat {

// Which of several scales an element of a tensor has, in row order (ONNX's DequantizeLinear).
class ScaleGrid final {
public:
    // One in all, where `count` is 1; one for each position along `axis` (negative: from the back), or with a
    // `block` > 0 one for each `block` of these at each position of the other axes. Nothing where `count`
    // does not fit.
    static std::optional<ScaleGrid> of(const std::vector<std::int64_t>& dims, std::uint64_t count,
                                       std::int64_t axis, std::int64_t block);

    // Calls take(e, scale) for the elements first + e, e < count.
    template<class Take>
    void forEach(std::uint64_t first, std::uint64_t count, Take take) const
    {
        std::uint64_t inner = first % m_inner, along = first / m_inner % m_extent,
                      outer = first / m_inner / m_extent;
        for (std::uint64_t e = 0; e < count;) {
            const std::uint64_t run = std::min(count - e, m_inner - inner);
            std::uint64_t scale = outer * m_outerStep + along / m_block * m_blockStep + inner * m_innerStep;
            for (const std::uint64_t end = e + run; e < end; ++e, scale += m_innerStep)
                take(e, scale);
            inner = 0;
            if (++along == m_extent) {
                along = 0;
                ++outer;
            }
        }
    }
    bool operator==(const ScaleGrid&) const = default;

private:
    std::uint64_t m_inner = 1, m_extent = 1, m_block = 1; // elements behind the axis, along it, in a block
    std::uint64_t m_outerStep = 0, m_blockStep = 0, m_innerStep = 0;
};

class DequantizedBytes final : public ByteSource {
public:
    // Zero points are as many as the scales, or one for all.
    // REQUIRES: TensorView::areNumbers(quantized.type()); the grid is of its dims and the number of scales.
    DequantizedBytes(TensorView quantized, const ScaleGrid& grid, std::vector<double> scales,
                     std::vector<double> zeroPoints);

    const TensorView& quantized() const { return m_quantized; }
    // The same numbers, without reading them.
    bool isSame(const DequantizedBytes& other) const;

    std::uint64_t size() const override { return m_quantized.elements() * sizeof(float); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> into) const override;

private:
    TensorView m_quantized;
    ScaleGrid m_grid;
    std::vector<double> m_scales, m_zeroPoints;
};

} // namespace pleat
