// SPDX-License-Identifier: GPL-3.0-or-later
// Conversions between double and the two 16-bit types (Kernels.h says what they promise), without a branch
// and with as much as possible in 32 bits, so that loops over them become few vector instructions. Private to
// core/tensor.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace pleat {

// float16: 5 bits of exponent, 10 of fraction.
struct Half {
    // A float that is odd where it is inexact still knows on which side of each tie the double was: rounding
    // it to a much shorter format is rounding the double. (NaN stays NaN.)
    [[gnu::always_inline]] static float roundedToOdd(double value)
    {
        constexpr std::uint64_t low = (std::uint64_t{1} << 29) - 1; // what float has no place for
        const auto bits = std::bit_cast<std::uint64_t>(value);
        return static_cast<float>(std::bit_cast<double>((bits | ((bits & low) + low)) & ~low));
    }

    [[gnu::always_inline]] static std::uint16_t fromDouble(double value)
    {
        const auto bits = std::bit_cast<std::uint32_t>(roundedToOdd(value));
        const std::uint32_t magnitude = bits & 0x7fffffffu;
        const std::uint32_t most = magnitude < firstInfinite ? magnitude : firstInfinite;
        // Half of what is dropped is added, ties to even; a carry moves the exponent as it should.
        std::uint32_t result = (most - rebias + (1u << 12) - 1 + (most >> 13 & 1)) >> 13;
        // Subnormal: added to a float whose last bit counts units of the smallest number, 2^-24.
        constexpr float units = 0.5f;
        const std::uint32_t subnormal =
            std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + units) -
            std::bit_cast<std::uint32_t>(units);
        result = magnitude < smallestNormal ? subnormal : result;
        result = magnitude > 0x7f800000u ? 0x7e00u : result;
        return static_cast<std::uint16_t>(bits >> 31 << 15 | result);
    }

    [[gnu::always_inline]] static double toDouble(std::uint16_t stored)
    {
        const std::uint32_t magnitude = stored & 0x7fffu;
        const std::uint32_t sign = static_cast<std::uint32_t>(stored >> 15) << 31;
        const std::uint32_t normal = (magnitude << 13) + rebias;
        // Subnormal: with the hidden bit that it has not, minus that bit.
        const float subnormal =
            std::bit_cast<float>(normal + (1u << 23)) - std::bit_cast<float>(smallestNormal);
        std::uint32_t wide = magnitude < 0x400u ? std::bit_cast<std::uint32_t>(subnormal) : normal;
        wide = magnitude >= 0x7c00u ? normal + rebias : wide;
        return static_cast<double>(std::bit_cast<float>(sign | wide));
    }

private:
    // Of float and half: the difference of the exponents; the bits of 2^16, the power of two after the
    // largest half; those of 2^-14.
    static constexpr std::uint32_t rebias = 112u << 23;
    static constexpr std::uint32_t firstInfinite = 0x47800000u, smallestNormal = 0x38800000u;
};

// bfloat16: the upper half of a float, 8 bits of exponent, 7 of fraction.
struct Brain {
    [[gnu::always_inline]] static std::uint16_t fromDouble(double value)
    {
        // Added to 1.5 times a power of two whose last bit counts units of the format at this exponent (of
        // its subnormals below the smallest normal number), a double is rounded to such units.
        constexpr std::int64_t exponentBits = std::int64_t{2047} << 52;
        constexpr auto smallest = std::bit_cast<std::int64_t>(0x1p-126),
                       large = std::bit_cast<std::int64_t>(0x1p200);
        constexpr std::int64_t places = (std::int64_t{45} << 52) + (std::int64_t{1} << 51);
        const auto bits = std::bit_cast<std::uint64_t>(value);
        const std::int64_t exponent = static_cast<std::int64_t>(bits) & exponentBits;
        const auto units = std::bit_cast<double>(std::min(std::max(exponent, smallest), large) + places);
        const double rounded = (value + units) - units; // has lost the sign if it is zero
        const auto whole = std::bit_cast<double>(std::bit_cast<std::uint64_t>(rounded) | bits >> 63 << 63);
        const auto exact = static_cast<float>(whole); // or infinite
        return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(exact) >> 16);
    }

    [[gnu::always_inline]] static double toDouble(std::uint16_t stored)
    {
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(stored) << 16));
    }
};

} // namespace pleat
