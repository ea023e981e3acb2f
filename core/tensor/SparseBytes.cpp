// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/SparseBytes.h"

#include "core/base/Text.h"

#include <algorithm>

namespace pleat {

namespace {

constexpr std::uint64_t inBlock = 4096; // stored elements whose indices are read at once

} // namespace

SparseBytes::SparseBytes(Parts parts) : m_parts(std::move(parts))
{
    for (const std::int64_t dim : m_parts.dims)
        m_elements *= static_cast<std::uint64_t>(dim);
}

// Those of the stored elements from `first` on, as many as there is room for.
Result<void> SparseBytes::readPlaces(std::uint64_t first, std::span<std::uint64_t> into) const
{
    const std::size_t perPlace = m_parts.areCoordinates ? m_parts.dims.size() : 1;
    std::vector<std::int64_t> indices(into.size() * perPlace);
    if (auto got = pleat::read(m_parts.indices, first * perPlace * sizeof(std::int64_t),
                               std::as_writable_bytes(std::span(indices)));
        !got)
        return got;
    for (std::size_t i = 0; i < into.size(); ++i) {
        std::uint64_t place = 0;
        for (std::size_t axis = 0; axis < perPlace; ++axis) {
            const std::int64_t index = indices[i * perPlace + axis];
            const std::uint64_t extent =
                m_parts.areCoordinates ? static_cast<std::uint64_t>(m_parts.dims[axis]) : m_elements;
            if (index < 0 || static_cast<std::uint64_t>(index) >= extent)
                return failure(ErrorCode::Unreadable, "index " + grouped(first + i) +
                                                          " of the sparse tensor is " +
                                                          std::to_string(index) + ", but there are only " +
                                                          counted(extent, "place") + ".");
            place = place * extent + static_cast<std::uint64_t>(index);
        }
        into[i] = place;
    }
    return {};
}

// The place of every inBlock-th stored element, by which any other is found; looks at all of them.
Result<std::vector<std::uint64_t>> SparseBytes::findMarks() const
{
    std::vector<std::uint64_t> marks, places;
    std::uint64_t next = 0; // the least place that the next one may have
    for (std::uint64_t first = 0; first < m_parts.stored; first += inBlock) {
        places.resize(std::min(inBlock, m_parts.stored - first));
        if (auto got = readPlaces(first, places); !got)
            return tl::make_unexpected(std::move(got.error()));
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (places[i] < next)
                return failure(ErrorCode::Unreadable,
                               "the indices of the sparse tensor do not ascend: number " +
                                   grouped(first + i) +
                                   " stands for a place that is not behind that of the one before it.");
            next = places[i] + 1;
        }
        marks.push_back(places.front());
    }
    return marks;
}

Result<void> SparseBytes::read(std::uint64_t offset, std::span<std::byte> into) const
{
    const int bits = elementBits(m_parts.type);
    if (bits < 8)
        return failure(ErrorCode::Unsupported,
                       "Pleat cannot read sparse tensors of " + name(m_parts.type) + ".");
    std::call_once(m_once, [this] { m_marks = findMarks(); });
    if (!m_marks)
        return tl::make_unexpected(m_marks.error());
    std::ranges::fill(into, std::byte{0});
    const std::uint64_t width = static_cast<std::uint64_t>(bits) / 8;
    const std::uint64_t begin = offset / width, end = begin + into.size() / width;
    // The last block that starts no later than there, and those after it that start before the end.
    const auto after = std::ranges::upper_bound(*m_marks, begin);
    std::vector<std::uint64_t> places;
    std::vector<std::byte> values;
    for (auto mark = after == m_marks->begin() ? after : after - 1; mark != m_marks->end() && *mark < end;
         ++mark) {
        const auto first = static_cast<std::uint64_t>(mark - m_marks->begin()) * inBlock;
        places.resize(std::min(inBlock, m_parts.stored - first));
        if (auto got = readPlaces(first, places); !got)
            return got;
        const auto from = std::ranges::lower_bound(places, begin), to = std::ranges::lower_bound(places, end);
        if (from >= to)
            continue;
        values.resize(static_cast<std::size_t>(to - from) * width);
        if (auto got = pleat::read(
                m_parts.values, (first + static_cast<std::uint64_t>(from - places.begin())) * width, values);
            !got)
            return got;
        for (auto place = from; place != to; ++place)
            std::copy_n(values.begin() + (place - from) * static_cast<std::ptrdiff_t>(width), width,
                        into.begin() + static_cast<std::ptrdiff_t>((*place - begin) * width));
    }
    return {};
}

const SparseBytes* sparseBytes(const Payload& payload)
{
    const auto* computed = std::get_if<Scaled>(&payload.content);
    const auto* source = computed ? std::get_if<ByteSourcePointer>(&(*computed)->base) : nullptr;
    return source ? dynamic_cast<const SparseBytes*>(source->get()) : nullptr;
}

} // namespace pleat
