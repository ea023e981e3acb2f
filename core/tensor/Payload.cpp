// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Payload.h"

#include "core/base/Text.h"

#include <algorithm>

namespace pleat {

std::uint64_t size(const StoredBytes& stored)
{
    if (const auto* range = std::get_if<FileRange>(&stored))
        return range->length;
    if (const auto* repeated = std::get_if<Repeated>(&stored))
        return repeated->size;
    if (const auto* source = std::get_if<ByteSourcePointer>(&stored))
        return (*source)->size();
    const Bytes& bytes = std::get<Bytes>(stored);
    return bytes ? bytes->size() : 0;
}

Result<void> read(const StoredBytes& stored, std::uint64_t offset, std::span<std::byte> into)
{
    const std::uint64_t present = size(stored);
    if (offset > present || into.size() > present - offset) {
        return failure(ErrorCode::MissingData, counted(into.size(), "byte") + " are needed at offset " +
                                                   grouped(offset) + " of a tensor that has " +
                                                   counted(present, "byte") + ".");
    }
    if (const auto* range = std::get_if<FileRange>(&stored))
        return range->file->read(range->offset + offset, into);
    if (const auto* repeated = std::get_if<Repeated>(&stored)) {
        const std::vector<std::byte>& element = *repeated->element;
        for (std::size_t b = 0; b < into.size(); ++b)
            into[b] = element[(offset + b) % element.size()];
        return {};
    }
    if (const auto* source = std::get_if<ByteSourcePointer>(&stored))
        return (*source)->read(offset, into);
    if (!into.empty())
        std::copy_n(std::get<Bytes>(stored)->begin() + static_cast<std::ptrdiff_t>(offset), into.size(),
                    into.begin());
    return {};
}

std::uint64_t Payload::size() const
{
    if (const auto* scaled = std::get_if<Scaled>(&content))
        return pleat::size((*scaled)->base);
    if (const auto* range = std::get_if<FileRange>(&content))
        return range->length;
    const Bytes& bytes = std::get<Bytes>(content);
    return bytes ? bytes->size() : 0;
}

} // namespace pleat
