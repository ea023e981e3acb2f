// SPDX-License-Identifier: GPL-3.0-or-later
// How much of a weight is left when it is rounded to few bits: the signal-to-quantization-noise ratio, of
// simulated quantization. With x̂ what comes back of x,
//     SQNR = 10·log₁₀(Σ x² / Σ (x − x̂)²) dB,
// by uniform quantizers as in M. Nagel et al., "A white paper on neural network quantization", 2021, section
// 2.2, for a clipping range [l, u] of all values, or of those of one output channel:
//     symmetric     Δ = max(|l|, |u|) / (2^(b−1) − 1),   q = clamp(⌊x/Δ⌉, ±(2^(b−1) − 1)),   x̂ = Δ·q
//     asymmetric    l ≤ 0 ≤ u,   Δ = (u − l) / (2^b − 1),   z = ⌊−l/Δ⌉,
//                   q = clamp(⌊x/Δ⌉ + z, 0, 2^b − 1),   x̂ = Δ·(q − z)
// ⌊·⌉ rounds to the nearest, ties to even. The range is that of the values ("min–max"), or a narrower one,
// k/64 of it, that is to leave the least noise: the rounding noise Δ²/12 of each value within, and what is
// cut off of the others (R. Banner et al., "Post training 4-bit quantization of convolutional networks",
// 2019, section 4), from a histogram. Where that leaves more noise than min–max in the end, min–max is taken.
#pragma once

#include "core/tensor/Statistics.h"
#include "core/tensor/UniformQuantizer.h"

#include <span>

namespace pleat {

struct QuantizationScheme {
    int bits = 8; // 2 to 16
    bool perChannel = false;
    bool symmetric = true;
    bool clipped = false; // to the range with the least noise, instead of min–max
    bool operator==(const QuantizationScheme&) const = default;
};

// The quantizer of a scheme for values of this range, "min–max".
UniformQuantizer quantizerFor(const QuantizationScheme& scheme, const Range& range);

// 8 and 4 bits, per tensor and per channel, symmetric and asymmetric, min–max and clipped, in this order: the
// last one varies fastest.
std::span<const QuantizationScheme> commonSchemes();

// One ratio a scheme, in dB: infinite where nothing is lost, NaN where there are no values. `statistics` are
// those of the tensor in this layout. Values that are not finite are left out. Reads the elements once, twice
// where a scheme is clipped. Memory: 32 bytes a channel and scheme, 512 a channel for those that are clipped;
// with more than 65,536 channels nothing is clipped per channel. Errors: as statistics().
Result<std::vector<double>> sqnr(const TensorView& tensor, const WeightLayout& layout,
                                 const Statistics& statistics, std::span<const QuantizationScheme> schemes,
                                 Progress& progress, const std::stop_token& stop);

} // namespace pleat
