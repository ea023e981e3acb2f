// SPDX-License-Identifier: GPL-3.0-or-later
// A file that appears whole or not at all. Bytes go to a temporary file beside the target; commit() flushes
// it, renames it over the target and flushes the folder; without commit() the destructor removes it. An
// existing target keeps its mode, a symbolic link stays a link (the file behind it is replaced). One thread,
// one owner.
#pragma once

#include "core/io/File.h"

#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

namespace pleat {

class OutputFile final {
public:
    // Error Unwritable: no such folder, no permission, target is a directory, …
    static Result<OutputFile> create(const std::filesystem::path& target);

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile();

    Result<void> write(std::span<const std::byte> bytes);

    // Appends a range of another file, by the kernel (copy_file_range) where it can. The source's errors stay
    // the source's (Changed, Unreadable). Checks `stop` between chunks.
    Result<void> copy(const FileRange& range, std::stop_token stop);

    std::uint64_t written() const { return m_written; }

    // The target now is what was written, on disk. Error Unwritable leaves the old target as it was.
    Result<void> commit();

private:
    OutputFile() = default;
    Result<void> writeOut(std::span<const std::byte> bytes);
    Result<void> flushBuffer();
    Result<std::uint64_t> copyInKernel(const FileRange& range);
    Result<void> copyByReading(const FileRange& range);
    void discard() noexcept;
    std::filesystem::path m_target;
    std::filesystem::path m_temporary;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_written = 0;
    int m_descriptor = -1;
};

} // namespace pleat
