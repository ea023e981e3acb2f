// SPDX-License-Identifier: GPL-3.0-or-later
// The arithmetic of folding, on blocks of stored bytes. One double multiply and one round-to-nearest-even per
// weight, straight into the weight's own type. Pure functions, for any thread.
#pragma once

#include "core/tensor/DataType.h"
#include "core/tensor/WeightLayout.h"

#include <cstdint>
#include <span>

namespace pleat {

// The vector instructions that a loop may use; the results are the same with all of them.
enum class Instructions {
    Baseline,
    Avx2,
    Avx512,
    Avx512Sixteen // with those for float16 and bfloat16 (AVX512-FP16 and -BF16)
};

// The newest that this processor has.
Instructions bestInstructions();

// Nearest float16 / bfloat16 of a double, ties to even, rounded once; overflow gives infinity, NaN stays NaN.
// IEEE 754-2019, 4.3.1. Eigen's and F16C's conversions go through float and round twice.
std::uint16_t roundToHalf(double value);
std::uint16_t roundToBFloat16(double value);

// Exact.
double halfToDouble(std::uint16_t bits);
double bfloat16ToDouble(std::uint16_t bits);

// The nearest value of a foldable type, as a double.
double rounded(DataType type, double value);

// block[e] ← block[e] · output[o(e)] · input[i(e)], in place. The block holds elements [first, first + n) of
// a weight of `layout`; empty factors mean all 1.
// REQUIRES: isFoldable(type); the block is whole elements, within the layout; factors are empty or one a
// channel of the layout.
void scale(DataType type, std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
           std::span<const double> output, std::span<const double> input,
           Instructions set = bestInstructions());

// sums[o] += Σ input[i(e)] · block[e] over the elements of the block, in double: what a shift before a layer
// adds to its bias (resources/guide/folding.md, "Before the layer"). An empty `input` means all 1.
// REQUIRES: the block is within the layout; input is empty or one an input channel, sums one an output
// channel.
void accumulate(std::span<const double> block, std::uint64_t first, const WeightLayout& layout,
                std::span<const double> input, std::span<double> sums);

// Exact widening of stored elements to doubles (foldable types, integers, bool).
// REQUIRES: the block is as many elements of the type as there is room for.
void widen(DataType type, std::span<const std::byte> block, std::span<double> into,
           Instructions set = bestInstructions());

// How many elements are infinite or NaN.
// REQUIRES: isFoldable(type).
std::uint64_t countNonFinite(DataType type, std::span<const std::byte> block);

// Nearest representation of doubles.
// REQUIRES: isFoldable(type); `into` has room for as many elements of it as there are values.
void narrow(DataType type, std::span<const double> values, std::span<std::byte> into,
            Instructions set = bestInstructions());

} // namespace pleat
