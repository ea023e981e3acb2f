// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/ZipArchive.h"

#include "core/base/Blocks.h"
#include "core/base/Progress.h"
#include "core/base/Text.h"

#include <algorithm>
#include <stop_token>
#include <unordered_set>
#include <zlib.h>

namespace pleat {

namespace {

constexpr std::uint64_t elsewhere16 = 0xffff, elsewhere32 = 0xffffffff; // in a zip64 field
constexpr std::uint64_t endBytes = 22, longestComment = 0xffff;
constexpr std::uint64_t mostDirectory = std::uint64_t{1} << 28; // bytes of the list of files
constexpr std::uint64_t bestDeflate = 1032; // what a byte of deflated data can become, at most

tl::unexpected<Error> damaged(const File& file, const std::string& how)
{
    return failure(ErrorCode::Unreadable,
                   file.path().string() + " is no zip archive that can be read: " + how,
                   file.path().string());
}

// A piece of the file, whose numbers are least significant byte first. Past its end they are 0.
class Piece final {
public:
    static Result<Piece> read(const File& file, std::uint64_t offset, std::uint64_t length)
    {
        if (offset > file.size() || length > file.size() - offset)
            return damaged(file, "it ends too early.");
        Piece piece;
        piece.m_bytes.resize(static_cast<std::size_t>(length));
        if (auto done = file.read(offset, piece.m_bytes); !done)
            return tl::make_unexpected(std::move(done.error()));
        return piece;
    }
    std::uint64_t number(std::uint64_t at, int bytes) const
    {
        std::uint64_t value = 0;
        for (int b = 0; b < bytes && at + static_cast<std::uint64_t>(b) < m_bytes.size(); ++b)
            value |= static_cast<std::uint64_t>(m_bytes[at + static_cast<std::uint64_t>(b)]) << (8 * b);
        return value;
    }
    std::string text(std::uint64_t at, std::uint64_t length) const
    {
        const char* const start = reinterpret_cast<const char*>(m_bytes.data());
        return {start + at, start + at + length};
    }
    std::uint64_t size() const { return m_bytes.size(); }

private:
    std::vector<std::byte> m_bytes;
};

struct Directory {
    std::uint64_t offset = 0, size = 0, files = 0;
};

Result<Directory> largeDirectory(const File& file, std::uint64_t end)
{
    constexpr std::uint64_t locatorBytes = 20, recordBytes = 56;
    if (end < locatorBytes)
        return damaged(file, "its end is not there.");
    const auto locator = Piece::read(file, end - locatorBytes, locatorBytes);
    if (!locator)
        return tl::make_unexpected(locator.error());
    if (locator->number(0, 4) != 0x07064b50)
        return damaged(file, "it has no place for sizes beyond 4 GiB.");
    const auto record = Piece::read(file, locator->number(8, 8), recordBytes);
    if (!record)
        return tl::make_unexpected(record.error());
    if (record->number(0, 4) != 0x06064b50)
        return damaged(file, "it has no place for sizes beyond 4 GiB.");
    return Directory{record->number(48, 8), record->number(40, 8), record->number(32, 8)};
}

Result<Directory> findDirectory(const File& file)
{
    const std::uint64_t length = std::min(file.size(), endBytes + longestComment);
    if (length < endBytes)
        return damaged(file, "it is too short.");
    const auto tail = Piece::read(file, file.size() - length, length);
    if (!tail)
        return tl::make_unexpected(tail.error());
    for (std::uint64_t at = length - endBytes + 1; at-- > 0;) {
        if (tail->number(at, 4) != 0x06054b50 || tail->number(at + 20, 2) != length - at - endBytes)
            continue;
        const Directory found{tail->number(at + 16, 4), tail->number(at + 12, 4), tail->number(at + 10, 2)};
        if (found.offset == elsewhere32 || found.size == elsewhere32 || found.files == elsewhere16)
            return largeDirectory(file, file.size() - length + at);
        return found;
    }
    return damaged(file, "its end is not there.");
}

// One file of the list.
struct Listed {
    ZipArchive::Entry entry;
    std::uint64_t packedSize = 0, header = 0; // where it begins
    std::uint64_t method = 0, flags = 0;
};

// What did not fit stands in a field of its own, in this order.
void readLargeSizes(const Piece& list, std::uint64_t at, std::uint64_t end, Listed& listed)
{
    for (std::uint64_t size = 0; at + 4 <= end; at += 4 + size) {
        size = list.number(at + 2, 2);
        if (list.number(at, 2) != 1)
            continue;
        std::uint64_t place = at + 4;
        for (std::uint64_t* const value : {&listed.entry.size, &listed.packedSize, &listed.header}) {
            if (*value != elsewhere32 || place + 8 > std::min(end, at + 4 + size))
                continue;
            *value = list.number(place, 8);
            place += 8;
        }
    }
}

Result<void> locate(const FilePointer& file, Listed& listed)
{
    constexpr std::uint64_t headerBytes = 30;
    const std::string& name = listed.entry.name;
    const auto header = Piece::read(*file, listed.header, headerBytes);
    if (!header)
        return tl::make_unexpected(header.error());
    const std::uint64_t start = listed.header + headerBytes + header->number(26, 2) + header->number(28, 2);
    if (header->number(0, 4) != 0x04034b50 || start > file->size() ||
        listed.packedSize > file->size() - start)
        return damaged(*file, "\"" + name + "\" is not where it should be.");
    if (listed.flags & 1)
        return damaged(*file, "\"" + name + "\" is encrypted.");
    if (listed.method != 0 && listed.method != 8)
        return damaged(*file, "\"" + name + "\" is packed in another way than by deflating.");
    listed.entry.isDeflated = listed.method == 8;
    const bool fits = listed.entry.isDeflated ? listed.entry.size / bestDeflate <= listed.packedSize
                                              : listed.entry.size == listed.packedSize;
    if (!fits)
        return damaged(*file, "\"" + name + "\" cannot hold " + counted(listed.entry.size, "byte") + ".");
    listed.entry.packed = {file, start, listed.packedSize};
    return {};
}

tl::unexpected<Error> wrong(const ZipArchive::Entry& entry)
{
    return damaged(*entry.packed.file, "\"" + entry.name + "\" is damaged.");
}

template<class Visit>
Result<void> forEachBlockOf(const FileRange& range, const std::stop_token& stop, Visit visit)
{
    std::vector<std::byte> block;
    for (std::uint64_t at = 0; at < range.length; at += block.size()) {
        if (stop.stop_requested())
            return cancelled();
        block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(blockBytes, range.length - at)));
        if (auto read = range.file->read(range.offset + at, block); !read)
            return read;
        visit(std::span<std::byte>(block));
    }
    return {};
}

std::uint32_t checksumOf(std::uint32_t before, std::span<const std::byte> bytes)
{
    return static_cast<std::uint32_t>(
        crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// zlib's stream of raw deflated data.
class Inflater final {
public:
    explicit Inflater(std::vector<std::byte>& into)
        : m_into(into),
          m_good(inflateInit2(&m_stream, -MAX_WBITS) == Z_OK)
    {
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&m_stream); }

    void add(std::span<std::byte> packed)
    {
        m_stream.next_in = reinterpret_cast<Bytef*>(packed.data());
        m_stream.avail_in = static_cast<uInt>(packed.size());
        while (m_good && !m_ended && m_stream.avail_in > 0) {
            const std::size_t room = std::min<std::size_t>(m_into.size() - m_done, blockBytes);
            Bytef none = 0;
            m_stream.next_out = room > 0 ? reinterpret_cast<Bytef*>(m_into.data() + m_done) : &none;
            m_stream.avail_out = static_cast<uInt>(room);
            const int code = inflate(&m_stream, Z_NO_FLUSH);
            m_done += room - m_stream.avail_out;
            m_ended = code == Z_STREAM_END;
            m_good = m_ended || (code == Z_OK && (room > 0 || m_stream.avail_in == 0));
        }
    }
    bool isWhole() const { return m_good && m_ended && m_done == m_into.size(); }

private:
    std::vector<std::byte>& m_into;
    z_stream m_stream{};
    std::size_t m_done = 0;
    bool m_good = false, m_ended = false;
};

} // namespace

Result<ZipArchive> ZipArchive::open(FilePointer file)
{
    const auto directory = findDirectory(*file);
    if (!directory)
        return tl::make_unexpected(directory.error());
    if (directory->size > mostDirectory)
        return damaged(*file, "its list of files is too long.");
    const auto list = Piece::read(*file, directory->offset, directory->size);
    if (!list)
        return tl::make_unexpected(list.error());
    ZipArchive archive;
    std::unordered_set<std::string> names;
    constexpr std::uint64_t listedBytes = 46;
    for (std::uint64_t at = 0, n = 0; n < directory->files; ++n) {
        const std::uint64_t nameEnd = at + listedBytes + list->number(at + 28, 2);
        const std::uint64_t extraEnd = nameEnd + list->number(at + 30, 2);
        const std::uint64_t end = extraEnd + list->number(at + 32, 2);
        if (at + listedBytes > list->size() || end > list->size() || list->number(at, 4) != 0x02014b50)
            return damaged(*file, "its list of files is damaged.");
        Listed listed;
        listed.entry.name = list->text(at + listedBytes, nameEnd - at - listedBytes);
        listed.entry.checksum = static_cast<std::uint32_t>(list->number(at + 16, 4));
        listed.entry.size = list->number(at + 24, 4);
        listed.packedSize = list->number(at + 20, 4);
        listed.header = list->number(at + 42, 4);
        listed.method = list->number(at + 10, 2);
        listed.flags = list->number(at + 8, 2);
        readLargeSizes(*list, nameEnd, extraEnd, listed);
        if (auto found = locate(file, listed); !found)
            return tl::make_unexpected(std::move(found.error()));
        if (!names.insert(listed.entry.name).second)
            return damaged(*file, "it holds \"" + listed.entry.name + "\" twice.");
        archive.m_entries.push_back(std::move(listed.entry));
        at = end;
    }
    return archive;
}

Result<std::vector<std::byte>> ZipArchive::contents(const Entry& entry, std::uint64_t most,
                                                    const std::stop_token& stop) const
{
    if (entry.size > most)
        return failure(ErrorCode::Unsupported,
                       "\"" + entry.name + "\" holds " + counted(entry.size, "byte") + ", and at most " +
                           counted(most, "byte") + " are read.",
                       entry.name);
    std::vector<std::byte> bytes(static_cast<std::size_t>(entry.size));
    if (!entry.isDeflated) {
        if (auto read = entry.packed.file->read(entry.packed.offset, bytes); !read)
            return tl::make_unexpected(std::move(read.error()));
    } else {
        Inflater inflater(bytes);
        if (auto read =
                forEachBlockOf(entry.packed, stop, [&](std::span<std::byte> block) { inflater.add(block); });
            !read)
            return tl::make_unexpected(std::move(read.error()));
        if (!inflater.isWhole())
            return wrong(entry);
    }
    if (checksumOf(0, bytes) != entry.checksum)
        return wrong(entry);
    return bytes;
}

Result<void> ZipArchive::check(const Entry& entry, const std::stop_token& stop) const
{
    std::uint32_t sum = 0;
    auto read =
        forEachBlockOf(entry.packed, stop, [&](std::span<std::byte> block) { sum = checksumOf(sum, block); });
    if (read && sum != entry.checksum)
        return wrong(entry);
    return read;
}

} // namespace pleat
