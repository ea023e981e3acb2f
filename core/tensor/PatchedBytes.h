// SPDX-License-Identifier: GPL-3.0-or-later
// The bytes of a tensor of which some elements are others than those that are stored: a value set by hand in
// a tensor of gigabytes copies nothing. For any thread.
#pragma once

#include "core/tensor/Payload.h"

#include <cstdint>
#include <vector>

namespace pleat {

class PatchedBytes final : public ByteSource {
public:
    struct Patches {
        std::vector<std::uint64_t> at; // ascending numbers of elements
        std::vector<std::byte> values; // one for each, behind each other
    };
    // `width`: bytes of an element. A base that is such a source itself becomes one with this.
    PatchedBytes(StoredBytes base, std::size_t width, Patches patches);

    std::uint64_t size() const override { return pleat::size(m_base); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> into) const override;

private:
    StoredBytes m_base;
    std::size_t m_width = 1;
    Patches m_patches;
};

} // namespace pleat
