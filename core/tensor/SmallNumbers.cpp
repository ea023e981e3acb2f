// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/SmallNumbers.h"

#include "core/tensor/Float8.h"

#include <array>
#include <cmath>
#include <limits>

namespace pleat {

namespace {

double toDouble(DataType type, unsigned bits)
{
    constexpr std::array<double, 8> float4{0, 0.5, 1, 1.5, 2, 3, 4, 6};
    switch (type) {
    case DataType::Int4:
        return static_cast<double>(static_cast<int>(bits ^ 8U) - 8);
    case DataType::Int2:
        return static_cast<double>(static_cast<int>(bits ^ 2U) - 2);
    case DataType::Float4E2M1:
        return bits & 8U ? -float4[bits & 7U] : float4[bits];
    case DataType::Float8E8M0:
        return bits == 0xff ? std::numeric_limits<double>::quiet_NaN()
                            : std::ldexp(1, static_cast<int>(bits) - 127);
    case DataType::UInt4:
    case DataType::UInt2:
        return bits;
    default:
        return float8ToDouble(type, static_cast<std::byte>(bits));
    }
}

} // namespace

bool isSmallNumber(DataType type)
{
    return isFloat8(type) || (type >= DataType::UInt4 && type <= DataType::Int2);
}

void unpack(DataType type, std::span<const std::byte> block, std::size_t offset, std::span<double> into)
{
    const auto bits = static_cast<unsigned>(elementBits(type));
    const unsigned inByte = 8 / bits, mask = (1U << bits) - 1;
    std::array<double, 256> known{}; // of all patterns
    for (unsigned pattern = 0; pattern <= mask; ++pattern)
        known[pattern] = toDouble(type, pattern);
    for (std::size_t e = 0; e < into.size(); ++e) {
        const std::size_t at = offset + e;
        const auto byte = std::to_integer<unsigned>(block[at / inByte]);
        into[e] = known[byte >> (at % inByte * bits) & mask];
    }
}

} // namespace pleat
