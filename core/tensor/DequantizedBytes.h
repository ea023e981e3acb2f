// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers that a quantized tensor stands for, as floats: (q − zero point)·scale (ONNX's
// DequantizeLinear), computed when somebody reads them. For looking at them; nothing is saved like that. For
// any thread.
#pragma once

#include "core/tensor/TensorView.h"

namespace pleat {

class DequantizedBytes final : public ByteSource {
public:
    // One scale in all, or one for each output channel of the layout; zero points likewise, or none: 0.
    // REQUIRES: TensorView::areNumbers(quantized.type()); the layout's elements are the tensor's.
    DequantizedBytes(TensorView quantized, WeightLayout layout, std::vector<double> scales,
                     std::vector<double> zeroPoints);

    const TensorView& quantized() const { return m_quantized; }
    // The same numbers, without reading them.
    bool isSame(const DequantizedBytes& other) const;

    std::uint64_t size() const override { return m_quantized.elements() * sizeof(float); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> into) const override;

private:
    TensorView m_quantized;
    WeightLayout m_layout;
    std::vector<double> m_scales, m_zeroPoints;
};

} // namespace pleat
