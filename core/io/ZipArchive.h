// SPDX-License-Identifier: GPL-3.0-or-later
// A zip archive that is read, whoever wrote it: files that are stored as they are or deflated, also beyond
// 4 GiB (PKWARE's APPNOTE.TXT 6.3.9, sections 4.3 to 4.5). Nothing that the archive says is believed: each
// place is held against the file before a byte is read or an allocation made. An immutable value.
#pragma once

#include "core/io/File.h"

#include <stop_token>
#include <string>
#include <vector>

namespace pleat {

class ZipArchive final {
public:
    struct Entry {
        std::string name;
        FileRange packed;           // where it lies, as it is or deflated
        std::uint64_t size = 0;     // of what it holds, bytes
        std::uint32_t checksum = 0; // CRC-32
        bool isDeflated = false;
    };

    // Errors: Unreadable for what is no archive, is damaged, encrypted or packed in another way, or names a
    // file twice; those of File::read().
    static Result<ZipArchive> open(FilePointer file);

    const std::vector<Entry>& entries() const { return m_entries; }

    // All that a file holds; its checksum is right. Errors: Unreadable for damage, Unsupported above `most`
    // bytes; those of File::read(); Cancelled.
    Result<std::vector<std::byte>> contents(const Entry& entry, std::uint64_t most,
                                            const std::stop_token& stop) const;

    // Whether the checksum of a file that is stored as it is, is right: Unreadable where it is not.
    Result<void> check(const Entry& entry, const std::stop_token& stop) const;

private:
    std::vector<Entry> m_entries;
};

} // namespace pleat
