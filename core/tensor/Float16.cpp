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

} // namespace pleat
