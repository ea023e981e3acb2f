// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/OutputFile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pleat {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t bufferSize = std::size_t{1} << 20;
constexpr std::uint64_t smallCopy = std::uint64_t{1} << 17;   // below, a read costs less than a kernel copy
constexpr std::uint64_t kernelChunk = std::uint64_t{1} << 24; // between two looks at the stop token
constexpr int linkLimit = 40;                                 // as the kernel's
constexpr int temporaryAttempts = 100;
constexpr int freshAttempts = 1'000'000;

tl::unexpected<Error> unwritable(const fs::path& target, const std::string& why)
{
    return failure(ErrorCode::Unwritable, target.string() + ": cannot be written: " + why + ".",
                   target.string());
}

tl::unexpected<Error> unwritable(const fs::path& target, int error)
{
    return unwritable(target, std::generic_category().message(error));
}

// The file behind a symbolic link, which need not exist yet.
Result<fs::path> behindLinks(const fs::path& target)
{
    fs::path path = target;
    for (int links = 0; links < linkLimit; ++links) {
        std::error_code error;
        if (!fs::is_symlink(fs::symlink_status(path, error)))
            return path;
        const fs::path next = fs::read_symlink(path, error);
        if (error)
            return unwritable(target, error.value());
        path = next.is_absolute() ? next : path.parent_path() / next;
    }
    return unwritable(target, "its symbolic links go round in a circle");
}

fs::path folderOf(const fs::path& file)
{
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string randomName()
{
    std::array<unsigned char, 8> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK) < 0)
        bytes[0] = static_cast<unsigned char>(::getpid()); // O_EXCL and the retries do the rest
    std::string name = ".pleat-";
    for (const unsigned char byte : bytes) {
        name += "0123456789abcdef"[byte >> 4];
        name += "0123456789abcdef"[byte & 15];
    }
    return name + ".tmp";
}

// Refuses what a rename would silently replace although it is no ordinary file of ours to replace.
Result<void> checkTarget(const fs::path& target, const fs::path& file, const struct stat& status)
{
    if (S_ISDIR(status.st_mode))
        return unwritable(target, "this is a folder; give the name of a file in it");
    if (!S_ISREG(status.st_mode))
        return unwritable(target, "this is not a regular file but a pipe or a device");
    if (::access(file.c_str(), W_OK) != 0)
        return unwritable(target, errno == EROFS ? "the disk is read-only" : "the file is write-protected");
    return {};
}

std::string whyNoTemporary(const fs::path& folder, int error)
{
    switch (error) {
    case ENOENT:
        return "there is no folder " + folder.string();
    case ENOTDIR:
        return folder.string() + " is not a folder";
    case EACCES:
    case EPERM:
        return "you are not permitted to write in the folder " + folder.string();
    case EROFS:
        return "the disk of the folder " + folder.string() + " is read-only";
    default:
        return std::generic_category().message(error);
    }
}

// Gives `from` a name that nothing has; returns errno, EEXIST when something has it.
int renameToFree(const fs::path& from, const fs::path& to)
{
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    // Some network file systems and old kernels cannot do that; and where they cannot, often there are no
    // hard links either. So an empty file takes the name, which only one can make, and is replaced.
    const int taken = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (taken < 0)
        return errno;
    ::close(taken);
    if (::rename(from.c_str(), to.c_str()) == 0)
        return 0;
    const int error = errno;
    ::unlink(to.c_str());
    return error;
}

// Some file systems cannot flush a folder, which is no failure.
void flushFolderOf(const fs::path& file)
{
    const int folder = ::open(folderOf(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    static_cast<void>(::fsync(folder));
    ::close(folder);
}

} // namespace

Result<OutputFile> OutputFile::create(const fs::path& target)
{
    if (!target.has_filename())
        return unwritable(target, "this is a folder; give the name of a file in it");
    const auto file = behindLinks(target);
    if (!file)
        return tl::make_unexpected(file.error());
    struct stat status {};
    if (::stat(file->c_str(), &status) == 0) {
        if (auto good = checkTarget(target, *file, status); !good)
            return tl::make_unexpected(good.error());
    } else if (errno != ENOENT) {
        return unwritable(target, whyNoTemporary(folderOf(*file), errno));
    }
    OutputFile output;
    output.m_target = *file;
    if (auto opened = output.openTemporary(*file); !opened)
        return tl::make_unexpected(opened.error());
    return output;
}

Result<OutputFile> OutputFile::createFresh(const fs::path& folder, NameOfNth nameOfNth, const fs::path& like)
{
    OutputFile output;
    output.m_target = folder / nameOfNth(1);
    output.m_nameOfNth = std::move(nameOfNth);
    struct stat status {};
    if (::lstat(output.m_target.c_str(), &status) != 0 && errno != ENOENT)
        return unwritable(output.m_target, whyNoTemporary(folderOf(output.m_target), errno));
    if (auto opened = output.openTemporary(like); !opened)
        return tl::make_unexpected(opened.error());
    return output;
}

// Makes the temporary file beside the target, with mode and owner of `like` where that exists.
Result<void> OutputFile::openTemporary(const fs::path& like)
{
    struct stat status {};
    const bool exists = ::stat(like.c_str(), &status) == 0;
    const fs::path folder = folderOf(m_target);
    for (int attempt = 0; m_descriptor < 0 && attempt < temporaryAttempts; ++attempt) {
        const fs::path temporary = folder / randomName();
        // What replaces a private file is private from its first byte.
        m_descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                              exists ? 0600 : 0666);
        if (m_descriptor >= 0)
            m_temporary = temporary;
        else if (errno != EEXIST)
            return unwritable(m_target, whyNoTemporary(folder, errno));
    }
    if (m_descriptor < 0)
        return unwritable(m_target, EEXIST);
    if (exists) {
        if (::fchown(m_descriptor, status.st_uid, status.st_gid) != 0)
            status.st_mode &= static_cast<mode_t>(~(S_ISUID | S_ISGID)); // those bits were another owner's
        if (::fchmod(m_descriptor, status.st_mode & 07777) != 0)
            return unwritable(m_target, errno);
    }
    m_buffer.reserve(bufferSize);
    return {};
}

OutputFile::OutputFile(OutputFile&& other) noexcept
{
    *this = std::move(other);
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept
{
    if (this != &other) {
        discard();
        m_target = std::move(other.m_target);
        m_temporary = std::move(other.m_temporary);
        m_nameOfNth = std::move(other.m_nameOfNth);
        m_buffer = std::move(other.m_buffer);
        m_written = other.m_written;
        m_descriptor = other.m_descriptor;
        other.m_temporary.clear();
        other.m_descriptor = -1;
    }
    return *this;
}

OutputFile::~OutputFile()
{
    discard();
}

void OutputFile::discard() noexcept
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
    m_temporary.clear();
}

Result<void> OutputFile::writeOut(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(m_descriptor, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return unwritable(m_target, wrote < 0 ? errno : EIO);
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

Result<void> OutputFile::flushBuffer()
{
    auto result = writeOut(m_buffer);
    m_buffer.clear();
    return result;
}

Result<void> OutputFile::write(std::span<const std::byte> bytes)
{
    if (m_buffer.size() + bytes.size() > bufferSize) {
        if (auto flushed = flushBuffer(); !flushed)
            return flushed;
    }
    m_written += bytes.size();
    if (bytes.size() >= bufferSize)
        return writeOut(bytes);
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
    return {};
}

// How many bytes the kernel copied; fewer than asked for means that the rest is better read and written.
Result<std::uint64_t> OutputFile::copyInKernel(const FileRange& range)
{
    auto from = static_cast<off_t>(range.offset);
    std::uint64_t done = 0;
    while (done < range.length) {
        const ssize_t copied = ::copy_file_range(range.file->descriptor(), &from, m_descriptor, nullptr,
                                                 static_cast<std::size_t>(range.length - done), 0);
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return unwritable(m_target, errno);
        if (copied <= 0)
            break; // another file system, an old kernel, a range that vanished: reading finds out
        done += static_cast<std::uint64_t>(copied);
    }
    m_written += done;
    return done;
}

Result<void> OutputFile::copyByReading(const FileRange& range)
{
    std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(range.length, bufferSize)));
    for (std::uint64_t done = 0; done < range.length;) {
        const auto part = std::span(block).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(range.length - done, block.size())));
        if (auto got = range.file->read(range.offset + done, part); !got)
            return got;
        if (auto wrote = write(part); !wrote)
            return wrote;
        done += part.size();
    }
    return {};
}

Result<void> OutputFile::copy(const FileRange& range, std::stop_token stop)
{
    if (range.offset > range.file->size() || range.length > range.file->size() - range.offset)
        return failure(ErrorCode::Internal, "a range to copy lies outside of its file",
                       range.file->path().string());
    if (range.length < smallCopy)
        return copyByReading(range);
    if (auto flushed = flushBuffer(); !flushed)
        return flushed;
    FileRange rest = range;
    while (rest.length > 0) {
        if (stop.stop_requested())
            return cancelled();
        FileRange chunk = rest;
        chunk.length = std::min(rest.length, kernelChunk);
        const auto copied = copyInKernel(chunk);
        if (!copied)
            return tl::make_unexpected(copied.error());
        rest.offset += chunk.length;
        rest.length -= chunk.length;
        chunk.offset += *copied;
        chunk.length -= *copied;
        if (auto read = copyByReading(chunk); !read)
            return read;
        if (auto flushed = flushBuffer(); !flushed) // before the kernel appends again
            return flushed;
    }
    return range.file->checkUnchanged();
}

// Everything is on disk, under the temporary name.
Result<void> OutputFile::finish()
{
    if (auto flushed = flushBuffer(); !flushed)
        return flushed;
    if (::fsync(m_descriptor) != 0)
        return unwritable(m_target, errno);
    const int descriptor = std::exchange(m_descriptor, -1);
    if (::close(descriptor) != 0 && errno != EINTR) // network file systems report a full disk only here
        return unwritable(m_target, errno);
    return {};
}

Result<void> OutputFile::commit()
{
    if (auto finished = finish(); !finished)
        return finished;
    if (::rename(m_temporary.c_str(), m_target.c_str()) != 0)
        return unwritable(m_target, errno);
    m_temporary.clear();
    flushFolderOf(m_target); // the target is the new file in any case
    return {};
}

Result<fs::path> OutputFile::place()
{
    if (auto finished = finish(); !finished)
        return tl::make_unexpected(finished.error());
    const fs::path folder = m_target.parent_path();
    int error = EEXIST;
    for (int n = 1; error == EEXIST && n <= freshAttempts; ++n) {
        const fs::path name = folder / m_nameOfNth(n);
        error = renameToFree(m_temporary, name);
        if (error == 0)
            m_temporary = m_target = name;
    }
    if (error != 0)
        return unwritable(m_target, error);
    flushFolderOf(m_target); // before a file that names this one may be
    return m_target;
}

} // namespace pleat
