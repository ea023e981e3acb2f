// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/support/Numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace pleat::test {

bool hasFormat(DataType type)
{
    return type == DataType::Float || type == DataType::Double || type == DataType::Float16 ||
           type == DataType::BFloat16;
}

Format formatOf(DataType type)
{
    switch (type) {
    case DataType::Float:
        return {24, -126, 127, 4};
    case DataType::Double:
        return {53, -1022, 1023, 8};
    case DataType::Float16:
        return {11, -14, 15, 2};
    case DataType::BFloat16:
        return {8, -126, 127, 2};
    default:
        throw std::invalid_argument("no floating-point format");
    }
}

namespace {

std::uint64_t fractionMask(const Format& format)
{
    return (std::uint64_t{1} << (format.precision - 1)) - 1;
}
int exponentBits(const Format& format)
{
    return format.bytes * 8 - format.precision;
}

} // namespace

long double decode(const Format& format, std::uint64_t bits)
{
    const std::uint64_t fraction = bits & fractionMask(format);
    const std::uint64_t allOnes = (std::uint64_t{1} << exponentBits(format)) - 1;
    const std::uint64_t exponent = (bits >> (format.precision - 1)) & allOnes;
    const bool negative = (bits >> (format.bytes * 8 - 1)) & 1;
    long double value = 0;
    if (exponent == allOnes)
        value = fraction ? std::numeric_limits<long double>::quiet_NaN()
                         : std::numeric_limits<long double>::infinity();
    else if (exponent == 0)
        value = std::ldexp(static_cast<long double>(fraction), format.minimum - format.precision + 1);
    else
        value = std::ldexp(static_cast<long double>(fraction | (fractionMask(format) + 1)),
                           static_cast<int>(exponent) - 1 + format.minimum - format.precision + 1);
    return negative ? -value : value;
}

long double ulp(const Format& format, long double value)
{
    int exponent = format.minimum;
    if (value != 0 && std::isfinite(value))
        exponent = std::clamp(std::ilogb(value), format.minimum, format.maximum);
    return std::ldexp(1.0L, exponent - format.precision + 1);
}

std::uint64_t encode(const Format& format, long double value)
{
    const std::uint64_t sign = std::signbit(value) ? std::uint64_t{1} << (format.bytes * 8 - 1) : 0;
    const std::uint64_t infinity = ((std::uint64_t{1} << exponentBits(format)) - 1) << (format.precision - 1);
    if (std::isnan(value))
        return sign | infinity | ((fractionMask(format) + 1) >> 1);
    if (std::isinf(value))
        return sign | infinity;
    const long double step = ulp(format, value);
    // Steps are integers here: exact, as the quotient is by a power of two. The default rounding is ties to
    // even.
    const long double steps = std::nearbyint(std::fabs(value) / step);
    if (steps >= std::ldexp(1.0L, format.precision + 1))
        return sign | infinity;
    const int exponent = std::ilogb(step) + format.precision - 1; // of the binade that `steps` counts in
    auto whole = static_cast<std::uint64_t>(steps);
    // Subnormals count from zero; a carry into the next binade is a carry into the exponent field.
    const std::uint64_t bits =
        (static_cast<std::uint64_t>(exponent - format.minimum) << (format.precision - 1)) + whole;
    return sign | std::min(bits, infinity);
}

std::vector<long double> decodeAll(DataType type, std::span<const std::byte> bytes)
{
    const Format format = formatOf(type);
    std::vector<long double> values(bytes.size() / static_cast<std::size_t>(format.bytes));
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, bytes.data() + i * static_cast<std::size_t>(format.bytes),
                    static_cast<std::size_t>(format.bytes));
        values[i] = decode(format, bits);
    }
    return values;
}

std::vector<std::byte> encodeAll(DataType type, std::span<const long double> values)
{
    const Format format = formatOf(type);
    const auto width = static_cast<std::size_t>(format.bytes);
    std::vector<std::byte> bytes(values.size() * width);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint64_t bits = encode(format, values[i]);
        std::memcpy(bytes.data() + i * width, &bits, width);
    }
    return bytes;
}

} // namespace pleat::test
