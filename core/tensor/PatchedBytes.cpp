// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/PatchedBytes.h"

#include <algorithm>

namespace pleat {

namespace {

// Where both have one, that of `after`.
PatchedBytes::Patches together(const PatchedBytes::Patches& before, const PatchedBytes::Patches& after,
                               std::size_t width)
{
    PatchedBytes::Patches all;
    const auto take = [&](const PatchedBytes::Patches& from, std::size_t p) {
        all.at.push_back(from.at[p]);
        const auto value = std::span(from.values).subspan(p * width, width);
        all.values.insert(all.values.end(), value.begin(), value.end());
    };
    std::size_t old = 0;
    for (std::size_t p = 0; p < after.at.size(); ++p) {
        for (; old < before.at.size() && before.at[old] < after.at[p]; ++old)
            take(before, old);
        old += old < before.at.size() && before.at[old] == after.at[p];
        take(after, p);
    }
    for (; old < before.at.size(); ++old)
        take(before, old);
    return all;
}

} // namespace

PatchedBytes::PatchedBytes(StoredBytes base, std::size_t width, Patches patches)
    : m_base(std::move(base)),
      m_width(width),
      m_patches(std::move(patches))
{
    const auto* const source = std::get_if<ByteSourcePointer>(&m_base);
    if (const auto patched = source ? std::dynamic_pointer_cast<const PatchedBytes>(*source) : nullptr) {
        m_patches = together(patched->m_patches, m_patches, width);
        m_base = StoredBytes(patched->m_base);
    }
}

Result<void> PatchedBytes::read(std::uint64_t offset, std::span<std::byte> into) const
{
    if (auto got = pleat::read(m_base, offset, into); !got)
        return got;
    const std::uint64_t end = offset + into.size();
    auto at = std::ranges::lower_bound(m_patches.at, offset / m_width);
    for (; at != m_patches.at.end() && *at * m_width < end; ++at) {
        const auto patch = static_cast<std::size_t>(at - m_patches.at.begin());
        for (std::size_t b = 0; b < m_width; ++b) {
            const std::uint64_t place = *at * m_width + b;
            if (place >= offset && place < end)
                into[static_cast<std::size_t>(place - offset)] = m_patches.values[patch * m_width + b];
        }
    }
    return {};
}

} // namespace pleat
