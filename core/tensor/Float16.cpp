// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Kernels.h"
#include "core/tensor/SixteenBits.h"

namespace pleat {

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

double rounded(DataType type, double value)
{
    switch (type) {
    case DataType::Float16:
        return halfToDouble(roundToHalf(value));
    case DataType::BFloat16:
        return bfloat16ToDouble(roundToBFloat16(value));
    case DataType::Float:
        return static_cast<double>(static_cast<float>(value));
    default:
        return value;
    }
}

} // namespace pleat
