// SPDX-License-Identifier: GPL-3.0-or-later
// How one stored element becomes a double and back. Blocks are byte spans of no particular alignment, so
// elements are loaded and stored by memcpy. Private to core/tensor.
#pragma once

#include "core/tensor/SixteenBits.h"

#include <cstddef>
#include <cstring>

namespace pleat {

template<class Stored>
struct Plain {
    using Type = Stored;
    [[gnu::always_inline]] static double widen(Stored stored) { return static_cast<double>(stored); }
    [[gnu::always_inline]] static Stored narrow(double value) { return static_cast<Stored>(value); }
};

template<class Stored>
struct Coded {
    using Type = std::uint16_t;
    using Format = Stored;
    [[gnu::always_inline]] static double widen(Type stored) { return Format::toDouble(stored); }
    [[gnu::always_inline]] static Type narrow(double value) { return Format::fromDouble(value); }
};
using HalfCodec = Coded<Half>;
using BrainCodec = Coded<Brain>;

template<class Type>
[[gnu::always_inline]] inline Type load(const std::byte* from)
{
    Type value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template<class Type>
[[gnu::always_inline]] inline void store(std::byte* to, Type value)
{
    std::memcpy(to, &value, sizeof value);
}

} // namespace pleat
