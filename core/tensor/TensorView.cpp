// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/TensorView.h"

#include "core/base/Text.h"
#include "core/tensor/Kernels.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::uint64_t blockBytes = 1 << 20; // what is widened at a time

std::span<const double> view(const Factors& factors)
{
    return factors ? std::span<const double>(*factors) : std::span<const double>();
}

} // namespace

TensorView::TensorView(std::string name, DataType type, std::vector<std::int64_t> dims, Payload payload)
    : m_name(std::move(name)),
      m_type(type),
      m_dims(std::move(dims)),
      m_payload(std::move(payload))
{
}

std::uint64_t TensorView::elements() const
{
    std::uint64_t product = 1;
    for (const std::int64_t dim : m_dims)
        product *= static_cast<std::uint64_t>(dim);
    return product;
}

Result<void> TensorView::read(std::uint64_t first, std::uint64_t count, std::span<std::byte> into) const
{
    const int bits = elementBits(m_type);
    if (bits < 8)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_name + "\": Pleat cannot read single values of " +
                           pleat::name(m_type) + ".",
                       m_name);
    if (!m_payload.problem().empty())
        return failure(ErrorCode::MissingData, std::string(m_payload.problem()), m_name);
    const std::uint64_t width = static_cast<std::uint64_t>(bits) / 8;
    if (into.size() != count * width || first > elements() || count > elements() - first)
        return failure(ErrorCode::Internal, "a read outside of tensor \"" + m_name + "\"", m_name);

    const auto named = [&](Error error) {
        if (error.where.empty()) {
            error.where = m_name;
            error.message = "Tensor \"" + m_name + "\": " + error.message;
        }
        return tl::make_unexpected(std::move(error));
    };
    if (const auto* content = std::get_if<Scaled>(&m_payload.content)) {
        const ScaledBytes& scaled = **content;
        if (auto got = pleat::read(scaled.base, first * width, into); !got)
            return named(got.error());
        if (scaled.output || scaled.input)
            scale(scaled.type, into, first, scaled.layout, view(scaled.output), view(scaled.input));
        return {};
    }
    StoredBytes stored;
    if (const auto* range = std::get_if<FileRange>(&m_payload.content))
        stored = *range;
    else
        stored = std::get<Bytes>(m_payload.content);
    if (auto got = pleat::read(stored, first * width, into); !got)
        return named(got.error());
    return {};
}

Result<void> TensorView::readDoubles(std::uint64_t first, std::span<double> into) const
{
    const bool number = isFoldable(m_type) || (m_type >= DataType::UInt8 && m_type <= DataType::Int64) ||
                        m_type == DataType::Bool || m_type == DataType::UInt32 || m_type == DataType::UInt64;
    if (!number)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_name + "\" holds " + pleat::name(m_type) +
                           ", which Pleat cannot read as numbers.",
                       m_name);
    const std::uint64_t width = static_cast<std::uint64_t>(elementBits(m_type)) / 8;
    const auto* bytes = std::get_if<Bytes>(&m_payload.content);
    const bool inside = first <= elements() && into.size() <= elements() - first;
    if (bytes && *bytes && inside && m_payload.problem().empty() &&
        (*bytes)->size() / width >= first + into.size()) {
        widen(m_type, std::span(**bytes).subspan(first * width, into.size() * width), into);
        return {};
    }
    const std::uint64_t step = blockBytes / width;
    std::vector<std::byte> block(
        static_cast<std::size_t>(std::min<std::uint64_t>(step, into.size()) * width));
    while (!into.empty()) {
        const std::uint64_t count = std::min<std::uint64_t>(step, into.size());
        const auto bytes = std::span(block).first(static_cast<std::size_t>(count * width));
        if (auto got = read(first, count, bytes); !got)
            return got;
        widen(m_type, bytes, into.first(static_cast<std::size_t>(count)));
        into = into.subspan(static_cast<std::size_t>(count));
        first += count;
    }
    return {};
}

Result<std::vector<double>> TensorView::doubles() const
{
    // What is not there is not worth an allocation: dims may claim more than any file holds.
    if (!m_payload.problem().empty())
        return failure(ErrorCode::MissingData, std::string(m_payload.problem()), m_name);
    const int bits = elementBits(m_type);
    if (bits >= 8 && m_payload.size() / (static_cast<std::uint64_t>(bits) / 8) < elements())
        return failure(ErrorCode::MissingData,
                       "Tensor \"" + m_name + "\" has only " + counted(m_payload.size(), "byte") + ".",
                       m_name);
    if (bits < 8)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_name + "\" holds " + pleat::name(m_type) +
                           ", which Pleat cannot read as numbers.",
                       m_name);
    if (elements() > mostAtOnce)
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_name + "\" has " + counted(elements(), "value") +
                           "; Pleat holds at most " + grouped(mostAtOnce) + " of one at once.",
                       m_name);
    std::vector<double> values(static_cast<std::size_t>(elements()));
    if (auto got = readDoubles(0, values); !got)
        return tl::make_unexpected(got.error());
    return values;
}

} // namespace pleat
