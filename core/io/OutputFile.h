// SPDX-License-Identifier: GPL-3.0-or-later
// A file that appears whole or not at all. Bytes go to a temporary file beside the target; commit() flushes
// it, renames it over the target and flushes the folder; without commit() the destructor removes it. An
// existing target keeps its mode, a symbolic link stays a link (the file behind it is replaced).
// A fresh file replaces nothing: place() gives it a name that is free, and until keep() it can still go again
// with the destructor, for a file that is worth nothing before another one that names it is committed.
// One thread, one owner.
#pragma once

#include "core/io/File.h"
#include "core/io/OutputFolder.h"
#include "core/io/Sink.h"

#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

struct stat;

namespace pleat {

class OutputFile final : public Sink {
public:
    // Error Unwritable: no such folder, no permission, target is a directory, …
    static Result<OutputFile> create(const std::filesystem::path& target);

    // The name to try n-th, counted from 1; all different, without a folder.
    using NameOfNth = std::function<std::string(int)>;

    // A file that will get the first free one of these names in `folder` (empty: the current one). It has
    // mode and owner of `like` where that exists, as what it holds is no more public. Errors as for create().
    static Result<OutputFile> createFresh(const std::filesystem::path& folder, NameOfNth nameOfNth,
                                          const std::filesystem::path& like);

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile() override;

    Result<void> write(std::span<const std::byte> bytes) override;

    // Appends a range of another file, by the kernel (copy_file_range) where it can. The source's errors stay
    // the source's (Changed, Unreadable). Checks `stop` between chunks.
    Result<void> copy(const FileRange& range, std::stop_token stop) override;

    std::uint64_t written() const override { return m_written; }

    // The file to be replaced, behind all links.
    const std::filesystem::path& target() const override { return m_target; }

    // The target now is what was written, on disk. Error Unwritable leaves the old target as it was, and so
    // does Cancelled: flushing can take long, and until the rename behind it there is a way back.
    Result<void> commit(const std::stop_token& stop = {});

    // For a fresh file, in place of commit(): it is on disk under its name, which is returned with its
    // folder, and nothing was replaced.
    Result<std::filesystem::path> place();

    // The file that was placed stays.
    void keep() { m_removable.clear(); }

private:
    OutputFile() = default;
    Result<void> openTemporary(const std::filesystem::path& like);
    Result<void> resemble(const struct stat& old);
    Result<void> finish();
    Result<void> writeOut(std::span<const std::byte> bytes);
    Result<void> flushBuffer();
    void flushEarly() noexcept;
    Result<std::uint64_t> copyInKernel(const FileRange& range);
    Result<void> copyByReading(const FileRange& range);
    void discard() noexcept;
    std::filesystem::path m_asked;  // what messages call it
    std::filesystem::path m_target; // of a fresh file: the first name to try
    NameOfNth m_nameOfNth;
    OutputFolder m_folder;
    std::string m_removable; // what the destructor removes from the folder
    Descriptor m_file;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_written = 0;
    std::uint64_t m_flushing = 0; // bytes that the disk was told to write
};

} // namespace pleat
