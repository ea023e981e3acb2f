// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Float8.h"

#include <cmath>
#include <limits>

namespace pleat {

bool isFloat8(DataType type)
{
    return type >= DataType::Float8E4M3FN && type <= DataType::Float8E5M2FNUZ;
}

double float8ToDouble(DataType type, std::byte bits)
{
    const auto byte = std::to_integer<unsigned>(bits);
    const bool wide = type == DataType::Float8E5M2 || type == DataType::Float8E5M2FNUZ;
    const bool unsignedZero = type == DataType::Float8E4M3FNUZ || type == DataType::Float8E5M2FNUZ;
    const int fractionBits = wide ? 2 : 3;
    const unsigned magnitude = byte & 0x7f, fraction = magnitude & ((1U << fractionBits) - 1);
    const int exponent = static_cast<int>(magnitude >> fractionBits);
    const int bias = (wide ? 15 : 7) + (unsignedZero ? 1 : 0);
    const double sign = byte & 0x80 ? -1 : 1, nan = std::numeric_limits<double>::quiet_NaN();
    // Where 0 has no sign, its negative is the only NaN; else NaN has all bits set (E5M2: as in IEEE 754).
    if (unsignedZero && byte == 0x80)
        return nan;
    if (type == DataType::Float8E4M3FN && magnitude == 0x7f)
        return nan;
    if (type == DataType::Float8E5M2 && exponent == 31)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : nan;
    const double whole = static_cast<double>(fraction) + (exponent > 0 ? 1 << fractionBits : 0);
    return sign * std::ldexp(whole, (exponent > 0 ? exponent : 1) - bias - fractionBits);
}

} // namespace pleat
