// SPDX-License-Identifier: GPL-3.0-or-later
// A zip archive whose files are stored as they are, written from front to back: what is known of a file only
// when all of it went by, its checksum, follows it (PKWARE's APPNOTE.TXT 6.3.9, 4.3.9). Sizes and offsets are
// those of zip64 throughout, as in what numpy.savez writes. Small enough to be its own: libzip and minizip
// write files by name, where ours appear whole or not at all through a Sink; the checksum is zlib's.
#pragma once

#include "core/io/Sink.h"

#include <functional>
#include <string>
#include <vector>

namespace pleat {

class ZipWriter final {
public:
    explicit ZipWriter(Sink& output) : m_output(output) {}

    // The file is what `write` writes. Errors: those of `write` and of the output.
    // REQUIRES: the name, UTF-8, has at most 65,535 bytes, and no other file has it.
    Result<void> add(const std::string& name, const std::function<Result<void>(Sink&)>& write);

    // The list of all files, after the last of them.
    Result<void> finish();

private:
    struct Entry {
        std::string name;
        std::uint32_t checksum = 0;
        std::uint64_t size = 0;
        std::uint64_t offset = 0;
    };
    Sink& m_output;
    std::vector<Entry> m_entries;
};

} // namespace pleat
