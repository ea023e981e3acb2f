// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Elements.h"

#include "core/tensor/Codecs.h"
#include "core/tensor/SmallNumbers.h"

#include <cmath>

namespace pleat {

namespace {

bool isComplex(DataType type)
{
    return type == DataType::Complex64 || type == DataType::Complex128;
}

template<class Real>
std::complex<double> complexAt(const std::byte* from)
{
    return {static_cast<double>(load<Real>(from)), static_cast<double>(load<Real>(from + sizeof(Real)))};
}

// REQUIRES: a type of whole bytes that is no small number.
Element elementAt(DataType type, const std::byte* from)
{
    switch (type) {
    case DataType::Float:
        return static_cast<double>(load<float>(from));
    case DataType::Double:
        return load<double>(from);
    case DataType::Float16:
        return HalfCodec::widen(load<std::uint16_t>(from));
    case DataType::BFloat16:
        return BrainCodec::widen(load<std::uint16_t>(from));
    case DataType::Complex64:
        return complexAt<float>(from);
    case DataType::Complex128:
        return complexAt<double>(from);
    case DataType::Int8:
        return std::int64_t{load<std::int8_t>(from)};
    case DataType::Int16:
        return std::int64_t{load<std::int16_t>(from)};
    case DataType::Int32:
        return std::int64_t{load<std::int32_t>(from)};
    case DataType::Int64:
        return load<std::int64_t>(from);
    case DataType::UInt8:
        return std::uint64_t{load<std::uint8_t>(from)};
    case DataType::UInt16:
        return std::uint64_t{load<std::uint16_t>(from)};
    case DataType::UInt32:
        return std::uint64_t{load<std::uint32_t>(from)};
    case DataType::UInt64:
        return load<std::uint64_t>(from);
    default: // Bool
        return std::uint64_t{load<std::uint8_t>(from) != 0};
    }
}

Element smallElement(DataType type, double value)
{
    if (isFloating(type))
        return value;
    return type == DataType::Int4 || type == DataType::Int2 ? Element(static_cast<std::int64_t>(value))
                                                            : Element(static_cast<std::uint64_t>(value));
}

std::complex<double> asComplex(const Element& element)
{
    return std::visit(
        [](const auto& value) -> std::complex<double> {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string>)
                return {};
            else if constexpr (std::is_arithmetic_v<Value>)
                return static_cast<double>(value);
            else
                return value;
        },
        element);
}

} // namespace

Elements::Elements(TensorView tensor, Strings strings)
    : m_tensor(std::move(tensor)),
      m_strings(std::move(strings))
{
}

std::optional<Elements> Elements::difference(const Elements& after, const Elements& before)
{
    const auto subtracts = [](DataType type) { return TensorView::areNumbers(type) || isComplex(type); };
    if (after.m_tensor.dims() != before.m_tensor.dims() || !subtracts(after.m_tensor.type()) ||
        !subtracts(before.m_tensor.type()))
        return std::nullopt;
    Elements made(after.m_tensor);
    made.m_before = before.m_tensor;
    return made;
}

DataType Elements::type() const
{
    if (!m_before)
        return m_tensor.type();
    const bool complex = isComplex(m_tensor.type()) || isComplex(m_before->type());
    return complex ? DataType::Complex128 : DataType::Double;
}

Result<void> Elements::readStored(std::uint64_t first, std::span<Element> into) const
{
    const DataType type = m_tensor.type();
    if (type == DataType::String && m_strings) {
        if (first > m_strings->size() || into.size() > m_strings->size() - first)
            return failure(ErrorCode::MissingData,
                           "Tensor \"" + m_tensor.name() + "\" has fewer strings than its shape says.",
                           m_tensor.name());
        for (std::size_t e = 0; e < into.size(); ++e)
            into[e] = (*m_strings)[first + e];
        return {};
    }
    if (isSmallNumber(type)) {
        std::vector<double> values(into.size());
        if (auto got = m_tensor.readDoubles(first, values); !got)
            return got;
        for (std::size_t e = 0; e < into.size(); ++e)
            into[e] = smallElement(type, values[e]);
        return {};
    }
    if (elementBits(type) == 0)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_tensor.name() + "\" holds " + name(type) +
                           ", whose values Pleat cannot show.",
                       m_tensor.name());
    std::vector<std::byte> bytes(storedBytes(type, into.size()));
    if (auto got = m_tensor.read(first, into.size(), bytes); !got)
        return got;
    const std::size_t width = storedBytes(type, 1);
    for (std::size_t e = 0; e < into.size(); ++e)
        into[e] = elementAt(type, bytes.data() + e * width);
    return {};
}

Result<void> Elements::read(std::uint64_t first, std::span<Element> into) const
{
    if (auto got = readStored(first, into); !got || !m_before)
        return got;
    std::vector<Element> before(into.size());
    if (auto got = Elements(*m_before).readStored(first, before); !got)
        return got;
    const bool complex = type() == DataType::Complex128;
    for (std::size_t e = 0; e < into.size(); ++e) {
        const std::complex<double> apart = asComplex(into[e]) - asComplex(before[e]);
        into[e] = complex ? Element(apart) : Element(apart.real());
    }
    return {};
}

Result<void> Elements::readMagnitudes(std::uint64_t first, std::span<double> into) const
{
    if (m_tensor.type() == DataType::String)
        return failure(ErrorCode::Unsupported, "Strings have no size to look for.", m_tensor.name());
    if (!m_before && TensorView::areNumbers(m_tensor.type())) {
        if (auto got = m_tensor.readDoubles(first, into); !got)
            return got;
        for (double& value : into)
            value = std::abs(value);
        return {};
    }
    std::vector<Element> elements(into.size());
    if (auto got = read(first, elements); !got)
        return got;
    for (std::size_t e = 0; e < into.size(); ++e) {
        const std::complex<double> value = asComplex(elements[e]);
        const bool isNan = std::isnan(value.real()) || std::isnan(value.imag());
        into[e] = isNan ? std::nan("") : std::abs(value);
    }
    return {};
}

} // namespace pleat
