// SPDX-License-Identifier: GPL-3.0-or-later
// Where bytes go, one behind the other: a file to be saved, or a descriptor that somebody reads from.
#pragma once

#include "core/io/File.h"

#include <stop_token>
#include <vector>

namespace pleat {

class Sink {
public:
    virtual ~Sink() = default;
    virtual Result<void> write(std::span<const std::byte> bytes) = 0;
    // A range of another file. The source's errors stay the source's (Changed, Unreadable).
    virtual Result<void> copy(const FileRange& range, std::stop_token stop) = 0;
    virtual std::uint64_t written() const = 0;               // bytes so far
    virtual const std::filesystem::path& target() const = 0; // what messages call it

protected:
    Sink() = default;
    Sink(const Sink&) = default;
    Sink(Sink&&) = default;
    Sink& operator=(const Sink&) = default;
    Sink& operator=(Sink&&) = default;
};

// Into a descriptor that can be written to: a file, an anonymous one, a pipe. It stays open. `name` is what
// messages call it; Error Unwritable where nothing more goes into it.
class DescriptorSink final : public Sink {
public:
    DescriptorSink(int descriptor, std::filesystem::path name)
        : m_descriptor(descriptor),
          m_name(std::move(name))
    {
    }
    Result<void> write(std::span<const std::byte> bytes) override;
    Result<void> copy(const FileRange& range, std::stop_token stop) override;
    std::uint64_t written() const override { return m_written; }
    const std::filesystem::path& target() const override { return m_name; }

private:
    int m_descriptor;
    std::filesystem::path m_name;
    std::uint64_t m_written = 0;
    std::vector<std::byte> m_block; // for copy()
};

} // namespace pleat
