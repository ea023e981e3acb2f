// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/OutputFile.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pleat {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t bufferSize = std::size_t{1} << 20;
constexpr std::uint64_t smallCopy = std::uint64_t{1} << 17;   // below, a read costs less than a kernel copy
constexpr std::uint64_t earlyFlush = std::uint64_t{1} << 23;  // what the disk gets to write at a time
constexpr std::uint64_t kernelChunk = std::uint64_t{1} << 24; // between two looks at the stop token
constexpr int linkLimit = 40;                                 // as the kernel's
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

// Refuses what a rename would silently replace although it is no ordinary file of ours to replace.
Result<void> checkTarget(const fs::path& target, const fs::path& file, const struct stat& status)
{
    if (S_ISDIR(status.st_mode))
        return unwritable(target, "this is a folder; give the name of a file in it");
    if (!S_ISREG(status.st_mode))
        return unwritable(target, "this is not a regular file but a pipe or a device");
    if (::access(file.c_str(), W_OK) != 0)
        return unwritable(target, errno == EROFS ? "the disk is read-only" : "the file is write-protected");
    struct stat folder {};
    const auto user = ::geteuid();
    if (::stat((file.parent_path() / ".").c_str(), &folder) == 0 && (folder.st_mode & S_ISVTX) != 0 &&
        user != 0 && user != folder.st_uid && user != status.st_uid)
        return unwritable(
            target, "the file belongs to somebody else, and only owners may replace files in this folder");
    return {};
}

// What an error of a call about a file in `folder` means.
std::string whyNotIn(const fs::path& folder, int error)
{
    const std::string name = folder.empty() ? "." : folder.string();
    switch (error) {
    case ENOENT:
        return "there is no folder " + name;
    case ENOTDIR:
        return name + " is not a folder";
    case EACCES:
    case EPERM:
        return "you are not permitted to write in the folder " + name;
    case EROFS:
        return "the disk of the folder " + name + " is read-only";
    case EBUSY:
        return "it is a mount point, which cannot be replaced";
    default:
        return std::generic_category().message(error);
    }
}

// Some file systems have neither owners nor modes.
bool isUnknownThere(int error)
{
    return error == EPERM || error == ENOSYS || error == EOPNOTSUPP;
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
        return unwritable(target, whyNotIn(file->parent_path(), errno));
    }
    OutputFile output;
    output.m_asked = target;
    output.m_target = *file;
    if (auto opened = output.openTemporary(*file); !opened)
        return tl::make_unexpected(opened.error());
    return output;
}

Result<OutputFile> OutputFile::createFresh(const fs::path& folder, NameOfNth nameOfNth, const fs::path& like)
{
    OutputFile output;
    output.m_asked = output.m_target = folder / nameOfNth(1);
    output.m_nameOfNth = std::move(nameOfNth);
    struct stat status {};
    if (::lstat(output.m_target.c_str(), &status) != 0 && errno != ENOENT)
        return unwritable(output.m_asked, whyNotIn(folder, errno));
    if (auto opened = output.openTemporary(like); !opened)
        return tl::make_unexpected(opened.error());
    return output;
}

// Makes the temporary file beside the target.
Result<void> OutputFile::openTemporary(const fs::path& like)
{
    const fs::path folder = m_target.parent_path();
    struct stat status {};
    const bool exists = ::stat(like.c_str(), &status) == 0;
    int error = m_folder.open(folder);
    if (error == 0) // what replaces a private file is private from its first byte
        error = m_folder.createTemporary(exists ? 0600 : 0666, m_file, m_removable);
    if (error != 0)
        return unwritable(m_asked, whyNotIn(folder, error));
    m_buffer.reserve(bufferSize);
    return exists ? resemble(status) : Result<void>{};
}

// Owner, group and mode as far as they can be had; never more permissions for anybody.
Result<void> OutputFile::resemble(const struct stat& old)
{
    constexpr mode_t group = S_IRWXG;
    mode_t mode = old.st_mode & 07777;
    if (::fchown(m_file.get(), old.st_uid, old.st_gid) != 0) {
        mode &= static_cast<mode_t>(~(S_ISUID | S_ISGID)); // those bits were another owner's
        if (::fchown(m_file.get(), static_cast<uid_t>(-1), old.st_gid) != 0)
            mode &= ~group | (mode << 3 & group); // to another group, no more than to all others
    }
    if (::fchmod(m_file.get(), mode) != 0 && !isUnknownThere(errno))
        return unwritable(m_asked, errno);
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
        m_asked = std::move(other.m_asked);
        m_target = std::move(other.m_target);
        m_nameOfNth = std::move(other.m_nameOfNth);
        m_folder = std::move(other.m_folder);
        m_removable = std::exchange(other.m_removable, {});
        m_file = std::move(other.m_file);
        m_buffer = std::move(other.m_buffer);
        m_written = other.m_written;
        m_flushing = other.m_flushing;
    }
    return *this;
}

OutputFile::~OutputFile()
{
    discard();
}

void OutputFile::discard() noexcept
{
    m_file.close();
    if (!m_removable.empty())
        m_folder.remove(m_removable);
    m_removable.clear();
}

Result<void> OutputFile::writeOut(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t wrote =
            uninterrupted([&] { return ::write(m_file.get(), bytes.data(), bytes.size()); });
        if (wrote <= 0)
            return unwritable(m_asked, wrote < 0 ? errno : EIO);
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

Result<void> OutputFile::flushBuffer()
{
    auto result = writeOut(m_buffer);
    m_buffer.clear();
    flushEarly();
    return result;
}

// Has the disk begin with what is there while the rest is computed, so that the flush at the end has little
// to wait for. Whether it did is told by that flush.
void OutputFile::flushEarly() noexcept
{
    const std::uint64_t there = m_written - m_buffer.size();
    if (there - m_flushing < earlyFlush)
        return;
    static_cast<void>(::sync_file_range(m_file.get(), static_cast<off_t>(m_flushing),
                                        static_cast<off_t>(there - m_flushing), SYNC_FILE_RANGE_WRITE));
    m_flushing = there;
}

Result<void> OutputFile::write(std::span<const std::byte> bytes)
{
    if (m_buffer.size() + bytes.size() > bufferSize) {
        if (auto flushed = flushBuffer(); !flushed)
            return flushed;
    }
    m_written += bytes.size();
    if (bytes.size() >= bufferSize) {
        auto result = writeOut(bytes);
        flushEarly();
        return result;
    }
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
    return {};
}

// How many bytes the kernel copied; fewer than asked for means that the rest is better read and written.
Result<std::uint64_t> OutputFile::copyInKernel(const FileRange& range)
{
    auto from = static_cast<off_t>(range.offset);
    std::uint64_t done = 0;
    while (done < range.length) {
        const ssize_t copied = uninterrupted([&] {
            return ::copy_file_range(range.file->descriptor(), &from, m_file.get(), nullptr,
                                     static_cast<std::size_t>(range.length - done), 0);
        });
        if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
            return unwritable(m_asked, errno);
        if (copied <= 0)
            break; // another file system, an old kernel, a range that vanished: reading finds out
        done += static_cast<std::uint64_t>(copied);
    }
    m_written += done;
    flushEarly();
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
    if (uninterrupted([&] { return ::fsync(m_file.get()); }) != 0)
        return unwritable(m_asked, errno);
    if (const int error = m_file.close(); error != 0)
        return unwritable(m_asked, error);
    if (const int error = m_folder.checkPath(); error != 0)
        return unwritable(m_asked, whyNotIn(m_folder.path(), error));
    return {};
}

Result<void> OutputFile::commit(const std::stop_token& stop)
{
    if (auto finished = finish(); !finished)
        return finished;
    if (stop.stop_requested())
        return cancelled();
    if (const int error = m_folder.rename(m_removable, m_target.filename()); error != 0)
        return unwritable(m_asked, whyNotIn(m_folder.path(), error));
    m_removable.clear();
    static_cast<void>(m_folder.flush()); // the target is the new file in any case
    return {};
}

Result<fs::path> OutputFile::place()
{
    if (auto finished = finish(); !finished)
        return tl::make_unexpected(finished.error());
    int error = EEXIST;
    for (int n = 1; error == EEXIST && n <= freshAttempts; ++n) {
        const std::string name = m_nameOfNth(n);
        error = m_folder.renameToFree(m_removable, name);
        if (error == 0) {
            m_removable = name;
            m_target.replace_filename(name);
        }
    }
    if (error == 0)
        error = m_folder.flush(); // before a file that names this one may be
    if (error != 0)
        return unwritable(m_asked, whyNotIn(m_folder.path(), error));
    return m_target;
}

} // namespace pleat
