// SPDX-License-Identifier: GPL-3.0-or-later
// A regular file opened for reading by position. It is shared by everything that refers to its bytes and
// closes with the last of them; any thread may read. What was opened stays readable when the path is renamed
// or replaced; a file that is truncated or rewritten in place is noticed by its size and modification time
// and reported, never read as if it were the old one. No memory map: a truncated map would kill the process.
#pragma once

#include "core/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace pleat {

// Which file it is, and when and at what size it was last written. Equal stamps: the same file, not written
// in between, as far as the clock of its file system can tell.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0; // bytes
    std::int64_t mtimeSeconds = 0;
    std::int64_t mtimeNanoseconds = 0;

    // Of what lies at `path` now, behind links; nothing where nothing does.
    static std::optional<FileStamp> of(const std::filesystem::path& path);
    bool isSameFile(const FileStamp& other) const { return device == other.device && inode == other.inode; }
    bool operator==(const FileStamp&) const = default;
};

// Given to each file as it is opened, and never again while the program runs: what names a file without
// keeping it open. A path or a pointer could come to mean another one.
enum class FileId : std::uint64_t { None = 0 };

class File final {
public:
    // Opens a regular file. Error Unreadable when it is missing, a directory, a pipe, or not permitted.
    static Result<std::shared_ptr<const File>> open(const std::filesystem::path& path);

    // A copy of `bytes` as an anonymous file, so that a model in memory takes the very same way as one on a
    // disk; `name` is what messages call it.
    static Result<std::shared_ptr<const File>> inMemory(std::span<const std::byte> bytes,
                                                        const std::filesystem::path& name);

    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    FileId id() const { return m_id; }
    const std::filesystem::path& path() const { return m_path; }
    std::uint64_t size() const { return m_stamp.size; } // bytes, at opening
    const FileStamp& stamp() const { return m_stamp; }  // at opening
    std::optional<FileStamp> stampNow() const;          // of the open descriptor, wherever its path has gone

    // Fills `into` with the bytes from `offset` on. Error Changed when the file is not what was opened any
    // more, Unreadable when the range reaches past the end or the disk fails.
    Result<void> read(std::uint64_t offset, std::span<std::byte> into) const;

    // True while size and mtime of the open descriptor are those of opening.
    bool unchanged() const;

    // The same with the sentence to say; Error Changed.
    Result<void> checkUnchanged() const;

    // The path still leads to what was opened: nobody has renamed, deleted or replaced it.
    bool isAtItsPath() const;

    // For copying inside the kernel; owned by this object.
    int descriptor() const { return m_descriptor; }

private:
    File() = default;
    static Result<std::shared_ptr<const File>> adopt(int descriptor, const std::filesystem::path& path);
    FileId m_id = FileId::None;
    std::filesystem::path m_path;
    FileStamp m_stamp;
    int m_descriptor = -1;
};

using FilePointer = std::shared_ptr<const File>;

// For the start of a program: as many files may be open as the system permits. The usual 1,024 are not enough
// for a model that keeps each tensor in a file of its own.
void allowManyFiles();

// A range of an open file.
struct FileRange {
    FilePointer file;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool operator==(const FileRange&) const = default;
};

} // namespace pleat
