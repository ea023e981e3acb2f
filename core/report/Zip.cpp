// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/Zip.h"

#include "core/base/Blocks.h"

#include <algorithm>
#include <array>
#include <zlib.h>

namespace pleat {

namespace {

constexpr std::uint64_t version = 45;             // of the format: the first with zip64
constexpr std::uint64_t flags = 1 << 3 | 1 << 11; // the checksum follows; names are UTF-8
constexpr std::uint64_t zip64Field = 1;
constexpr std::uint64_t elsewhere16 = 0xffff, elsewhere32 = 0xffffffff; // in a zip64 field
constexpr std::uint64_t firstDay = 1 << 5 | 1; // 1 January 1980: the same archive every time

// Numbers, least significant byte first.
class Fields final {
public:
    Fields& add(int bytes, std::uint64_t value)
    {
        for (int b = 0; b < bytes; ++b)
            m_text += static_cast<char>(value >> (8 * b) & 0xff);
        return *this;
    }
    Fields& add(const std::string& text)
    {
        m_text += text;
        return *this;
    }
    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(m_text)); }

private:
    std::string m_text;
};

// Hands all on and keeps the checksum.
class Checksum final : public Sink {
public:
    explicit Checksum(Sink& output) : m_output(output), m_start(output.written()) {}

    Result<void> write(std::span<const std::byte> bytes) override
    {
        m_value = ::crc32_z(m_value, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
        return m_output.write(bytes);
    }
    Result<void> copy(const FileRange& range, std::stop_token stop) override
    {
        std::vector<std::byte> block(std::min(blockBytes, range.length));
        for (std::uint64_t at = 0; at < range.length; at += block.size()) {
            if (stop.stop_requested())
                return cancelled();
            block.resize(std::min<std::uint64_t>(block.size(), range.length - at));
            if (auto read = range.file->read(range.offset + at, block); !read)
                return read;
            if (auto done = write(block); !done)
                return done;
        }
        return {};
    }
    std::uint64_t written() const override { return m_output.written() - m_start; }
    const std::filesystem::path& target() const override { return m_output.target(); }
    std::uint32_t value() const { return static_cast<std::uint32_t>(m_value); }

private:
    Sink& m_output;
    std::uint64_t m_start;
    uLong m_value = 0;
};

} // namespace

Result<void> ZipWriter::add(const std::string& name, const std::function<Result<void>(Sink&)>& write)
{
    Entry entry{name, 0, 0, m_output.written()};
    Fields head;
    head.add(4, 0x04034b50).add(2, version).add(2, flags).add(2, 0).add(2, 0).add(2, firstDay).add(4, 0);
    head.add(4, elsewhere32).add(4, elsewhere32).add(2, name.size()).add(2, 20).add(name);
    head.add(2, zip64Field).add(2, 16).add(8, 0).add(8, 0);
    if (auto done = m_output.write(head.bytes()); !done)
        return done;
    Checksum content(m_output);
    if (auto done = write(content); !done)
        return done;
    entry.checksum = content.value();
    entry.size = content.written();
    Fields tail;
    tail.add(4, 0x08074b50).add(4, entry.checksum).add(8, entry.size).add(8, entry.size);
    m_entries.push_back(std::move(entry));
    return m_output.write(tail.bytes());
}

Result<void> ZipWriter::finish()
{
    const std::uint64_t start = m_output.written();
    for (const Entry& entry : m_entries) {
        Fields file;
        file.add(4, 0x02014b50).add(2, version).add(2, version).add(2, flags).add(2, 0).add(2, 0);
        file.add(2, firstDay).add(4, entry.checksum).add(4, elsewhere32).add(4, elsewhere32);
        file.add(2, entry.name.size()).add(2, 28).add(2, 0).add(2, 0).add(2, 0).add(4, 0);
        file.add(4, elsewhere32).add(entry.name);
        file.add(2, zip64Field).add(2, 24).add(8, entry.size).add(8, entry.size).add(8, entry.offset);
        if (auto done = m_output.write(file.bytes()); !done)
            return done;
    }
    const std::uint64_t end = m_output.written();
    Fields last;
    last.add(4, 0x06064b50).add(8, 44).add(2, version).add(2, version).add(4, 0).add(4, 0);
    last.add(8, m_entries.size()).add(8, m_entries.size()).add(8, end - start).add(8, start);
    last.add(4, 0x07064b50).add(4, 0).add(8, end).add(4, 1);
    last.add(4, 0x06054b50).add(2, 0).add(2, 0).add(2, elsewhere16).add(2, elsewhere16);
    last.add(4, elsewhere32).add(4, elsewhere32).add(2, 0);
    return m_output.write(last.bytes());
}

} // namespace pleat
