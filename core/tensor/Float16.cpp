// SPDX-License-Identifier: GPL-3.0-or-later
// Conversions between double and the two 16-bit types (Kernels.h), rounded once.
#include "core/tensor/Kernels.h"

#include <bit>
#include <cmath>
#include <limits>

namespace pleat {

namespace {

// A binary format with 1 sign bit, `Exponent` exponent bits and `Fraction` fraction bits, 16 in all.
template<int Exponent, int Fraction>
struct Format {
    static constexpr int bias = (1 << (Exponent - 1)) - 1;
    static constexpr std::uint16_t infinity = static_cast<std::uint16_t>(((1u << Exponent) - 1) << Fraction);

    static std::uint16_t fromDouble(double value)
    {
        const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
        const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
        const std::uint64_t magnitude = bits & ~(std::uint64_t{1} << 63);
        if (magnitude > std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity()))
            return static_cast<std::uint16_t>(sign | infinity | (1u << (Fraction - 1)));
        constexpr int drop = 52 - Fraction;
        if (magnitude >= std::uint64_t{1023 + 1 - bias} << 52) {
            // Normal: add half of what is dropped, ties to even; a carry moves the exponent as it should.
            const std::uint64_t odd = (magnitude >> drop) & 1;
            const std::uint64_t rounded = (magnitude + (std::uint64_t{1} << (drop - 1)) - 1 + odd) >> drop;
            const std::uint64_t rebased = rounded - (std::uint64_t{1023 - bias} << Fraction);
            return static_cast<std::uint16_t>(sign | (rebased < infinity ? rebased : infinity));
        }
        // Subnormal: the value in units of the smallest one, which scalbn gives exactly.
        const double units =
            std::nearbyint(std::scalbn(std::bit_cast<double>(magnitude), bias - 1 + Fraction));
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(units));
    }

    static double toDouble(std::uint16_t bits)
    {
        const std::uint64_t sign = static_cast<std::uint64_t>(bits >> 15) << 63;
        const std::uint64_t fraction = bits & ((1u << Fraction) - 1);
        const std::uint64_t exponent = (bits & 0x7fffu) >> Fraction;
        if (exponent == 0) {
            const double value = std::scalbn(static_cast<double>(fraction), 1 - bias - Fraction);
            return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) | sign);
        }
        const bool special = exponent == (1u << Exponent) - 1;
        const std::uint64_t wide = special ? 2047 : exponent + 1023 - bias;
        return std::bit_cast<double>(sign | wide << 52 | fraction << (52 - Fraction));
    }
};

using Half = Format<5, 10>;
using Brain = Format<8, 7>;

} // namespace

std::uint16_t roundToHalf(double value)
{
    return Half::fromDouble(value);
}

std::uint16_t roundToBFloat16(double value)
{
    return Brain::fromDouble(value);
}

double halfToDouble(std::uint16_t bits)
{
    return Half::toDouble(bits);
}

double bfloat16ToDouble(std::uint16_t bits)
{
    return Brain::toDouble(bits);
}

} // namespace pleat
