// SPDX-License-Identifier: GPL-3.0-or-later
// Conversions between double and the two 16-bit types (Kernels.h says what they promise), without a branch, so
// that loops over them become vector instructions. Private to core/tensor.
#pragma once

#include <bit>
#include <cstdint>

namespace pleat {

// A binary format with 1 sign bit, `Exponent` exponent bits and `Fraction` fraction bits, 16 in all.
template<int Exponent, int Fraction>
struct SixteenBits {
    static constexpr std::uint64_t bias = (1 << (Exponent - 1)) - 1;
    static constexpr std::uint64_t infinity = ((std::uint64_t{1} << Exponent) - 1) << Fraction;
    static constexpr std::uint64_t hidden = std::uint64_t{1} << Fraction;
    static constexpr int drop = 52 - Fraction;
    static constexpr std::uint64_t wideInfinity = std::uint64_t{2047} << 52;
    static constexpr std::uint64_t smallestNormal = (1023 + 1 - bias) << 52; // as a double's bits

    [[gnu::always_inline]] static std::uint16_t fromDouble(double value)
    {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
        // Normal: add half of what is dropped, ties to even; a carry moves the exponent as it should.
        const std::uint64_t odd = (magnitude >> drop) & 1;
        const std::uint64_t rounded = (magnitude + (std::uint64_t{1} << (drop - 1)) - 1 + odd) >> drop;
        const std::uint64_t normal = rounded - ((1023 - bias) << Fraction);
        // Subnormal: added to a double whose last bit counts units of the smallest number, it is rounded to such
        // units, once.
        constexpr std::uint64_t units = (1023 + 1 - bias - Fraction + 52) << 52;
        const std::uint64_t subnormal =
            std::bit_cast<std::uint64_t>(std::bit_cast<double>(magnitude) + std::bit_cast<double>(units)) - units;
        std::uint64_t result = magnitude < smallestNormal ? subnormal : normal;
        result = magnitude >= overflow ? infinity : result;
        result = magnitude > wideInfinity ? infinity | hidden >> 1 : result;
        return static_cast<std::uint16_t>(bits >> 63 << 15 | result);
    }

    [[gnu::always_inline]] static double toDouble(std::uint16_t stored)
    {
        const std::uint64_t magnitude = stored & 0x7fffu;
        const std::uint64_t sign = static_cast<std::uint64_t>(stored >> 15) << 63;
        const std::uint64_t normal = (magnitude << drop) + ((1023 - bias) << 52);
        // Subnormal: with the hidden bit that it has not, minus that bit.
        const double subnormal = std::bit_cast<double>(normal + (std::uint64_t{1} << 52)) -
                                 std::bit_cast<double>(smallestNormal);
        std::uint64_t wide = magnitude < hidden ? std::bit_cast<std::uint64_t>(subnormal) : normal;
        wide = magnitude >= infinity ? normal + wideInfinity - ((infinity << drop) + ((1023 - bias) << 52)) : wide;
        return std::bit_cast<double>(sign | wide);
    }

private:
    // The tie between the largest number and what would be the next one: that is even, so infinity.
    static constexpr std::uint64_t overflow =
        ((infinity << 1) - 1) * (std::uint64_t{1} << (drop - 1)) + ((1023 - bias) << 52);
};

using Half = SixteenBits<5, 10>;
using Brain = SixteenBits<8, 7>;

} // namespace pleat
