// SPDX-License-Identifier: GPL-3.0-or-later
// Floating-point formats by their definition (IEEE 754-2019, 3.3 and 4.3.1), in long double: the truth that
// the kernels are measured against. Slow and plain on purpose; shares nothing with core. Pure functions.
#pragma once

#include "core/tensor/DataType.h"

#include <cstdint>
#include <span>
#include <vector>

namespace pleat::test {

// A binary format: `precision` bits of significand (the hidden one included), exponents from `minimum` to
// `maximum`.
struct Format {
    int precision, minimum, maximum;
    int bytes;
};
bool hasFormat(DataType type);
Format formatOf(DataType type); // float, double, float16, bfloat16; throws for others

long double decode(const Format& format, std::uint64_t bits);
// Nearest number of the format, ties to even, infinity past the largest; NaN gives a quiet NaN.
std::uint64_t encode(const Format& format, long double value);
// Distance between neighbours of the format at `value` (the subnormals' one near zero).
long double ulp(const Format& format, long double value);

// Stored little-endian elements as numbers and back.
std::vector<long double> decodeAll(DataType type, std::span<const std::byte> bytes);
std::vector<std::byte> encodeAll(DataType type, std::span<const long double> values);

} // namespace pleat::test
