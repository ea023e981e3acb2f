// SPDX-License-Identifier: GPL-3.0-or-later
// The values of a tensor one by one, of every type and exactly as they are stored; or by how much two tensors
// of one shape differ. They are read when somebody asks for them, and no others. An immutable value, for any
// thread.
#pragma once

#include "core/tensor/TensorView.h"

#include <complex>
#include <optional>
#include <variant>

namespace pleat {

// Integers and bool as integers, all floats as doubles, which hold each of them.
using Element = std::variant<std::int64_t, std::uint64_t, double, std::complex<double>, std::string>;
using Strings = std::shared_ptr<const std::vector<std::string>>; // of a tensor of strings, which has no bytes

class Elements final {
public:
    Elements() = default; // of nothing; only to be assigned to
    explicit Elements(TensorView tensor, Strings strings = nullptr);

    // after − before, in double; nothing where shapes differ or where there is nothing to subtract.
    static std::optional<Elements> difference(const Elements& after, const Elements& before);

    const TensorView& tensor() const { return m_tensor; } // of a difference: after
    bool isDifference() const { return m_before.has_value(); }
    DataType type() const; // of the values: Double or Complex128 for a difference
    std::uint64_t count() const { return m_tensor.elements(); }

    // Elements [first, first + into.size()). Errors: the payload's; Unsupported for types that are not known
    // here.
    // REQUIRES: first + into.size() <= count().
    Result<void> read(std::uint64_t first, std::span<Element> into) const;

    // |x| of the same elements, NaN for NaN. Error Unsupported for strings, too.
    Result<void> readMagnitudes(std::uint64_t first, std::span<double> into) const;

private:
    Result<void> readStored(std::uint64_t first, std::span<Element> into) const; // without m_before

    TensorView m_tensor;
    Strings m_strings;
    std::optional<TensorView> m_before; // what is subtracted
};

// The shortest decimal number that reads back as this very value in its type, or the value rounded to so many
// significant digits. "nan", "inf", "-inf", "true", "1-2j"; a string as it is.
std::string text(DataType type, const Element& element, std::optional<int> digits = {});

} // namespace pleat
