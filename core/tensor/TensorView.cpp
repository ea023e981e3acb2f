// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/TensorView.h"

#include "core/base/Blocks.h"
#include "core/base/Text.h"
#include "core/tensor/Kernels.h"
#include "core/tensor/SmallNumbers.h"

#include <algorithm>

namespace pleat {

namespace {

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
    const std::uint64_t width = static_cast<std::uint64_t>(bits) / 8;
    if (into.size() != count * width || first > elements() || count > elements() - first)
        return failure(ErrorCode::Internal, "a read outside of tensor \"" + m_name + "\"", m_name);
    if (auto got = readStored(first * width, into); !got)
        return got;
    if (const auto* content = std::get_if<Scaled>(&m_payload.content)) {
        const ScaledBytes& scaled = **content;
        if (scaled.output || scaled.input)
            scale(scaled.type, into, first, scaled.layout, view(scaled.output), view(scaled.input));
        if (scaled.quantizers)
            roundToGrid(scaled.type, into, first, scaled.layout, *scaled.quantizers);
    }
    return {};
}

Result<void> TensorView::readStored(std::uint64_t offset, std::span<std::byte> into) const
{
    if (!m_payload.problem().empty())
        return failure(ErrorCode::MissingData, std::string(m_payload.problem()), m_name);
    const auto named = [&](Error error) {
        if (error.where.empty()) {
            error.where = m_name;
            error.message = "Tensor \"" + m_name + "\": " + error.message;
        }
        return tl::make_unexpected(std::move(error));
    };
    StoredBytes stored;
    if (const auto* range = std::get_if<FileRange>(&m_payload.content))
        stored = *range;
    else if (const auto* scaled = std::get_if<Scaled>(&m_payload.content))
        stored = (*scaled)->base;
    else
        stored = std::get<Bytes>(m_payload.content);
    if (auto got = pleat::read(stored, offset, into); !got)
        return named(got.error());
    return {};
}

std::span<const std::byte> TensorView::inMemory() const
{
    const auto* bytes = std::get_if<Bytes>(&m_payload.content);
    const std::uint64_t size = storedBytes(m_type, elements());
    const bool isThere = bytes && *bytes && m_payload.problem().empty() && (*bytes)->size() >= size;
    return isThere ? std::span(**bytes).first(static_cast<std::size_t>(size)) : std::span<const std::byte>();
}

bool TensorView::areNumbers(DataType type)
{
    return isFoldable(type) || isSmallNumber(type) || (type >= DataType::UInt8 && type <= DataType::Int64) ||
           type == DataType::Bool || type == DataType::UInt32 || type == DataType::UInt64;
}

// Several of them may share a byte.
Result<void> TensorView::readSmall(std::uint64_t first, std::span<double> into) const
{
    const auto inByte = static_cast<std::uint64_t>(8 / elementBits(m_type));
    if (first > elements() || into.size() > elements() - first)
        return failure(ErrorCode::Internal, "a read outside of tensor \"" + m_name + "\"", m_name);
    while (!into.empty()) {
        const std::uint64_t start = first / inByte, offset = first % inByte;
        const std::uint64_t count = std::min<std::uint64_t>(blockBytes * inByte - offset, into.size());
        std::vector<std::byte> block((offset + count + inByte - 1) / inByte);
        if (auto got = readStored(start, block); !got)
            return got;
        unpack(m_type, block, offset, into.first(count));
        into = into.subspan(count);
        first += count;
    }
    return {};
}

Result<void> TensorView::readDoubles(std::uint64_t first, std::span<double> into) const
{
    if (!areNumbers(m_type))
        return failure(ErrorCode::Unsupported,
                       "Tensor \"" + m_name + "\" holds " + pleat::name(m_type) +
                           ", which Pleat cannot read as numbers.",
                       m_name);
    if (isSmallNumber(m_type))
        return readSmall(first, into);
    const std::uint64_t width = static_cast<std::uint64_t>(elementBits(m_type)) / 8;
    const std::span<const std::byte> there = inMemory();
    if (!there.empty() && first <= elements() && into.size() <= elements() - first) {
        widen(m_type, there.subspan(first * width, into.size() * width), into);
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
