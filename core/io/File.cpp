// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/File.h"

#include "core/base/Text.h"
#include "core/io/Descriptor.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pleat {

namespace {

std::string words(int error)
{
    return std::generic_category().message(error);
}

std::string whyNotOpened(const std::string& name, int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return name + ": no such file.";
    case EACCES:
    case EPERM:
        return name + ": you are not permitted to read this file.";
    case EMFILE:
        return name + ": too many files are open; raise the limit (ulimit -n) and open the model again.";
    case ENXIO:
        return name + ": this is not a regular file.";
    default:
        return name + ": cannot be opened: " + words(error) + ".";
    }
}

std::string whyNotRegular(const std::string& name, mode_t mode)
{
    if (S_ISDIR(mode))
        return name + ": this is a folder; choose the model file inside it.";
    return name + ": this is not a regular file (a pipe or a device?); copy it to a file first.";
}

FileStamp stampFrom(const struct stat& status)
{
    return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
            static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

} // namespace

std::optional<FileStamp> FileStamp::of(const std::filesystem::path& path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return stampFrom(status);
}

void allowManyFiles()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit)); // a file too many says so when it is opened
}

Result<FilePointer> File::open(const std::filesystem::path& path)
{
    // Not blocking, so that a pipe without a writer cannot hang us before we see that it is one.
    const int descriptor =
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); });
    if (descriptor < 0)
        return failure(ErrorCode::Unreadable, whyNotOpened(path.string(), errno), path.string());
    return adopt(descriptor, path);
}

Result<FilePointer> File::inMemory(std::span<const std::byte> bytes, const std::filesystem::path& name)
{
    const int descriptor = ::memfd_create("pleat", MFD_CLOEXEC);
    if (descriptor < 0)
        return failure(ErrorCode::Internal, name.string() + ": no memory file: " + words(errno) + ".");
    while (!bytes.empty()) {
        const ssize_t wrote = uninterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
        if (wrote <= 0) {
            const int error = errno;
            ::close(descriptor);
            return failure(ErrorCode::Internal, name.string() + ": no memory file: " + words(error) + ".");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return adopt(descriptor, name);
}

Result<FilePointer> File::adopt(int descriptor, const std::filesystem::path& path)
{
    static std::atomic<std::uint64_t> given{0};
    std::shared_ptr<File> file(new File);
    file->m_id = static_cast<FileId>(++given);
    file->m_path = path;
    file->m_descriptor = descriptor;
    struct stat status {};
    if (::fstat(descriptor, &status) != 0)
        return failure(ErrorCode::Unreadable, whyNotOpened(path.string(), errno), path.string());
    if (!S_ISREG(status.st_mode))
        return failure(ErrorCode::Unreadable, whyNotRegular(path.string(), status.st_mode), path.string());
    file->m_stamp = stampFrom(status);
    return file;
}

File::~File()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

std::optional<FileStamp> File::stampNow() const
{
    struct stat status {};
    if (::fstat(m_descriptor, &status) != 0)
        return std::nullopt;
    return stampFrom(status);
}

bool File::unchanged() const
{
    const auto now = stampNow();
    return now && now->size == m_stamp.size && now->mtimeSeconds == m_stamp.mtimeSeconds &&
           now->mtimeNanoseconds == m_stamp.mtimeNanoseconds;
}

bool File::isAtItsPath() const
{
    struct stat opened {
    }, there{};
    return ::fstat(m_descriptor, &opened) == 0 && ::stat(m_path.c_str(), &there) == 0 &&
           opened.st_dev == there.st_dev && opened.st_ino == there.st_ino;
}

Result<void> File::checkUnchanged() const
{
    if (unchanged())
        return {};
    return failure(ErrorCode::Changed,
                   m_path.string() +
                       ": the file was changed by another program after it was opened. Open it again.",
                   m_path.string());
}

Result<void> File::read(std::uint64_t offset, std::span<std::byte> into) const
{
    if (offset > size() || into.size() > size() - offset) {
        return failure(ErrorCode::Unreadable,
                       m_path.string() + ": " + counted(into.size(), "byte") + " are needed at offset " +
                           grouped(offset) + ", but the file has " + counted(size(), "byte") +
                           ". It may be truncated; copy it again.",
                       m_path.string());
    }
    while (!into.empty()) {
        const ssize_t got = uninterrupted(
            [&] { return ::pread(m_descriptor, into.data(), into.size(), static_cast<off_t>(offset)); });
        if (got < 0) {
            return failure(ErrorCode::Unreadable,
                           m_path.string() + ": reading at offset " + grouped(offset) +
                               " failed: " + words(errno) + ".",
                           m_path.string());
        }
        if (got == 0)
            break; // shorter than at opening; the check below says so
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
    if (auto same = checkUnchanged(); !same)
        return same;
    if (!into.empty())
        return failure(ErrorCode::Unreadable, m_path.string() + ": the file ended too early.",
                       m_path.string());
    return {};
}

} // namespace pleat
