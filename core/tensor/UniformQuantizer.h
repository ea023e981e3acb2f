// SPDX-License-Identifier: GPL-3.0-or-later
// Uniform quantizers as numbers: rounding to a grid and back (formulas and sources: Sqnr.h). Plain values,
// for any thread.
#pragma once

#include "core/tensor/DataType.h"
#include "core/tensor/WeightLayout.h"

#include <algorithm>
#include <span>
#include <vector>

namespace pleat {

// To the nearest integer, ties to even. REQUIRES: |x| < 2⁵¹.
inline double toInteger(double x)
{
    constexpr double shift = 0x1.8p52; // behind which a double has no fraction
    return (x + shift) - shift;
}

// x̂ = Δ·⌊clamp(x/Δ, low, high)⌉: clamping before rounding is the same as after it, since the bounds are
// integers. With a zero point z, the bounds are those of q − z.
struct UniformQuantizer {
    double step = 1; // Δ
    double low = 0, high = 0;

    double operator()(double x) const { return step * toInteger(std::max(low, std::min(high, x / step))); }
    bool operator==(const UniformQuantizer&) const = default;
};

// One quantizer for all elements of a weight, or one an output channel.
using Quantizers = std::vector<UniformQuantizer>;

// Rounds the elements [first, …) of a weight of this layout, in place; what is not finite stays. The double
// that comes back is rounded once more, into the weight's own type.
// REQUIRES: isFoldable(type); one quantizer, or one an output channel; the block is whole elements, within
// the layout.
void roundToGrid(DataType type, std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
                 const Quantizers& quantizers);

} // namespace pleat
