// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Elements.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/SmallNumbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pleat {

namespace {

// to_chars() without a format: the shortest that reads back. With one: rounded to so many digits.
template<class Real, class... Format>
std::string digitsOf(Real value, Format... format)
{
    std::array<char, 64> room{};
    const auto end = std::to_chars(room.data(), room.data() + room.size(), value, format...).ptr;
    return {room.data(), end};
}

std::string roundedTo(double value, int digits)
{
    return digitsOf(value, std::chars_format::general, digits);
}

double read(const std::string& number)
{
    double value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    return value;
}

// Whether no other number of the type is as near to `decimal` as `value` is.
bool isNearest(DataType type, double value, double decimal)
{
    if (!isSmallNumber(type))
        return rounded(type, decimal) == value;
    const std::size_t patterns = std::size_t{1} << elementBits(type);
    std::array<double, 256> known{};
    for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
        const std::array byte{static_cast<std::byte>(pattern)};
        unpack(type, byte, 0, std::span(known).subspan(pattern, 1)); // the lowest bits come first
    }
    const double reach = std::abs(value - decimal);
    double largest = 0;
    for (std::size_t pattern = 0; pattern < patterns; ++pattern) {
        if (known[pattern] != value && std::abs(known[pattern] - decimal) <= reach)
            return false;
        if (std::isfinite(known[pattern]))
            largest = std::max(largest, std::abs(known[pattern]));
    }
    return std::abs(decimal) <= largest; // what is beyond may as well be read as infinity
}

std::string shortest(DataType type, double value)
{
    if (type == DataType::Double || type == DataType::Complex128)
        return digitsOf(value);
    if (type == DataType::Float || type == DataType::Complex64)
        return digitsOf(static_cast<float>(value));
    constexpr int enough = 17; // for any double
    for (int digits = 1; digits < enough; ++digits) {
        // The nearest decimal, or the one on the other side of the value: below a power of two the numbers
        // lie closer to each other than above it.
        const std::string nearest = roundedTo(value, digits);
        for (const std::string& number : {nearest, roundedTo(2 * value - read(nearest), digits)})
            if (isNearest(type, value, read(number)))
                return number;
    }
    return digitsOf(value);
}

std::string realText(DataType type, double value, std::optional<int> digits)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value < 0 ? "-inf" : "inf";
    return digits ? roundedTo(value, *digits) : shortest(type, value);
}

} // namespace

std::string text(DataType type, const Element& element, std::optional<int> digits)
{
    return std::visit(
        [&](const auto& value) -> std::string {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string>) {
                return value;
            } else if constexpr (std::is_same_v<Value, double>) {
                return realText(type, value, digits);
            } else if constexpr (std::is_same_v<Value, std::complex<double>>) {
                const std::string imaginary = realText(type, value.imag(), digits);
                return realText(type, value.real(), digits) + (imaginary.starts_with('-') ? "" : "+") +
                       imaginary + "j";
            } else {
                if (type == DataType::Bool)
                    return value != 0 ? "true" : "false";
                return std::to_string(value);
            }
        },
        element);
}

} // namespace pleat
