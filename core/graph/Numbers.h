// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of a small tensor, all of them in memory, to compute with: what shape arithmetic and other
// constants consist of. Integers are held exactly. Some of them may be open: a shape of which not every size
// is known is one of these. A plain value.
#pragma once

#include "core/graph/Constants.h"

#include <variant>

namespace pleat {

struct Numbers {
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
    // Integers and bools as int64; the floating types as double, each a number of the type.
    std::variant<std::vector<std::int64_t>, std::vector<double>> values;
    std::vector<std::uint8_t> open = {}; // 1: not known; empty: all are known
    // Which size of the model an open one is, by a number of whoever derives sizes; 0: none that is known.
    // Empty: none is. Operators that move elements keep it, all others forget it.
    std::vector<std::uint32_t> sizes = {};

    std::size_t size() const
    {
        return std::visit([](const auto& numbers) { return numbers.size(); }, values);
    }
    bool isReal() const { return std::holds_alternative<std::vector<double>>(values); }
    bool isOpen(std::size_t element) const { return !open.empty() && open[element] != 0; }
    // REQUIRES: !isReal().
    const std::vector<std::int64_t>& integers() const { return std::get<0>(values); }
    std::vector<std::int64_t>& integers() { return std::get<0>(values); }
    // REQUIRES: isReal().
    const std::vector<double>& reals() const { return std::get<1>(values); }
    std::vector<double>& reals() { return std::get<1>(values); }
};

// What computing holds of one value at most.
inline constexpr std::size_t mostComputed = std::size_t{1} << 22; // elements

// Of dimensions that are not negative; the largest number when it does not fit.
std::size_t elementCount(const std::vector<std::int64_t>& dims);

// Integers of 8 to 64 bits and bool.
bool isInteger(DataType type);
// Whether an integer type holds the number.
bool holds(DataType type, std::int64_t value);

// The numbers as the reader of a constant sees them. Nothing for types that are not computed with (strings,
// four bits), for integers above 2^63, for more than mostComputed elements, and for what cannot be read.
std::optional<Numbers> numbersOf(const Constant& constant);

// A tensor of them, real ones each rounded once into the type. Nothing when an integer does not fit its
// type, the type cannot be written, or a number is open.
std::optional<TensorView> tensorOf(std::string name, const Numbers& numbers);

// The tensor that a reader of a reordered constant sees, moved as it is stored, without a look at its
// numbers. Nothing where it is cast, has elements of less than a byte, or cannot be read.
std::optional<TensorView> reordered(const Constant& constant);

// Real numbers as the type holds them; integers stay. REQUIRES: isInteger(), or isFoldable(), of the type.
Numbers rounded(Numbers numbers);

// The elements at these positions, with their openness.
Numbers taken(const Numbers& from, std::vector<std::int64_t> dims, const std::vector<std::size_t>& positions);

// NumPy's broadcasting. Nothing when they do not fit, or the result has more than `most` elements.
std::optional<std::vector<std::int64_t>> together(const std::vector<std::int64_t>& a,
                                                  const std::vector<std::int64_t>& b,
                                                  std::size_t most = mostComputed);
Numbers spread(const Numbers& from, const std::vector<std::int64_t>& dims); // REQUIRES: they fit

} // namespace pleat
