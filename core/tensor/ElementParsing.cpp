// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/ElementParsing.h"

#include "core/tensor/Codecs.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/SmallNumbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace pleat {

namespace {

using Stored = std::vector<std::byte>;

template<class Type>
Stored bytesOf(Type value)
{
    Stored bytes(sizeof value);
    store(bytes.data(), value);
    return bytes;
}

template<class Number>
std::optional<Number> whole(std::string_view text)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    Number number{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size()
               ? std::optional(number)
               : std::nullopt;
}

template<class Integer>
std::optional<Stored> integer(std::string_view text)
{
    const auto number = whole<Integer>(text);
    return number ? std::optional(bytesOf(*number)) : std::nullopt;
}

// In the lowest bits of a byte, as two's complement.
std::optional<Stored> fewBits(std::string_view text, int least, int most)
{
    const auto number = whole<int>(text);
    if (!number || *number < least || *number > most)
        return std::nullopt;
    return Stored{static_cast<std::byte>(*number & (most - least))};
}

// Of the few patterns of a type the nearest one, of two the one whose last bit is 0.
std::optional<Stored> nearestPattern(DataType type, double wanted)
{
    std::optional<std::byte> best;
    double apart = std::numeric_limits<double>::infinity(), largest = 0, least = 0;
    for (int pattern = 0; pattern < 1 << elementBits(type); ++pattern) {
        const std::array byte{static_cast<std::byte>(pattern)};
        double value = 0;
        unpack(type, byte, 0, {&value, 1});
        if (!std::isfinite(wanted) || !std::isfinite(value)) {
            const bool isIt = std::isnan(wanted) ? std::isnan(value) : wanted == value;
            if (isIt && !best)
                best = byte[0];
            continue;
        }
        largest = std::max(largest, value);
        least = std::min(least, value);
        const double now = std::abs(value - wanted);
        const bool isOther = std::signbit(value) != std::signbit(wanted) && value == 0;
        if (!isOther && (now < apart || (now == apart && (pattern & 1) == 0))) {
            apart = now;
            best = byte[0];
        }
    }
    const bool isBeyond = std::isfinite(wanted) && (wanted > largest || wanted < least);
    return best && !isBeyond ? std::optional(Stored{*best}) : std::nullopt;
}

std::optional<Stored> real(DataType type, std::string_view text)
{
    const auto number = whole<double>(text);
    if (!number)
        return std::nullopt;
    if (isSmallNumber(type))
        return nearestPattern(type, *number);
    if (const auto single = type == DataType::Float ? whole<float>(text) : std::nullopt)
        return bytesOf(*single); // rounded once
    const double nearest = rounded(type, *number);
    if (std::isfinite(*number) && !std::isfinite(nearest))
        return std::nullopt;
    Stored bytes(static_cast<std::size_t>(elementBits(type)) / 8);
    narrow(type, std::span(&*number, 1), bytes);
    return bytes;
}

// "1-2j", "3", "-1e-3j".
std::optional<Stored> complex(DataType part, std::string_view text)
{
    std::string_view imaginary = "0";
    if (text.ends_with('j')) {
        text.remove_suffix(1);
        std::size_t sign = text.size();
        while (sign > 0 && !((text[sign - 1] == '+' || text[sign - 1] == '-') &&
                             (sign < 2 || (text[sign - 2] != 'e' && text[sign - 2] != 'E'))))
            --sign;
        imaginary = sign == 0 ? text : text.substr(sign - 1);
        text = sign < 2 ? std::string_view("0") : text.substr(0, sign - 1);
    }
    auto first = real(part, text);
    const auto second = real(part, imaginary);
    if (!first || !second)
        return std::nullopt;
    first->insert(first->end(), second->begin(), second->end());
    return first;
}

} // namespace

std::optional<std::vector<std::byte>> parsedElement(DataType type, std::string_view text)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    switch (type) {
    case DataType::Bool:
        if (text == "true" || text == "1")
            return Stored{std::byte{1}};
        return text == "false" || text == "0" ? std::optional(Stored{std::byte{0}}) : std::nullopt;
    case DataType::Int8:
        return integer<std::int8_t>(text);
    case DataType::UInt8:
        return integer<std::uint8_t>(text);
    case DataType::Int16:
        return integer<std::int16_t>(text);
    case DataType::UInt16:
        return integer<std::uint16_t>(text);
    case DataType::Int32:
        return integer<std::int32_t>(text);
    case DataType::UInt32:
        return integer<std::uint32_t>(text);
    case DataType::Int64:
        return integer<std::int64_t>(text);
    case DataType::UInt64:
        return integer<std::uint64_t>(text);
    case DataType::Int4:
        return fewBits(text, -8, 7);
    case DataType::UInt4:
        return fewBits(text, 0, 15);
    case DataType::Int2:
        return fewBits(text, -2, 1);
    case DataType::UInt2:
        return fewBits(text, 0, 3);
    case DataType::Complex64:
        return complex(DataType::Float, text);
    case DataType::Complex128:
        return complex(DataType::Double, text);
    default:
        return isFoldable(type) || isSmallNumber(type) ? real(type, text) : std::nullopt;
    }
}

} // namespace pleat
