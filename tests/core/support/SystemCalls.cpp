// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/SystemCalls.h"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
extern "C" {
int __real_open(const char* path, int flags, ...);
int __real_openat(int folder, const char* path, int flags, ...);
ssize_t __real_pread(int file, void* into, size_t bytes, off_t offset);
ssize_t __real_write(int file, const void* from, size_t bytes);
ssize_t __real_pwrite(int file, const void* from, size_t bytes, off_t offset);
ssize_t __real_copy_file_range(int from, off_t* fromAt, int to, off_t* toAt, size_t bytes, unsigned flags);
int __real_fsync(int file);
int __real_fdatasync(int file);
int __real_close(int file);
int __real_rename(const char* from, const char* to);
int __real_renameat(int fromFolder, const char* from, int toFolder, const char* to);
int __real_renameat2(int fromFolder, const char* from, int toFolder, const char* to, unsigned flags);
int __real_unlink(const char* path);
int __real_unlinkat(int folder, const char* path, int flags);
int __real_fchmod(int file, mode_t mode);
int __real_fchown(int file, uid_t user, gid_t group);
}

namespace pleat::test {

namespace {

std::mutex guard;
std::atomic<Interference*> active = nullptr;

bool isFolder(int descriptor)
{
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
}

bool isWritten(int descriptor)
{
    return (::fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

// Does `real` with as many bytes as it may, or what it is told instead.
template<class Real>
auto call(Call kind, int file, std::size_t bytes, Real&& real) -> decltype(real(bytes))
{
    Interference* interference = active;
    if (!interference)
        return real(bytes);
    SystemCall made;
    Reaction reaction;
    {
        const std::lock_guard lock(guard);
        made = interference->next(kind, file, bytes);
        if (interference->before)
            reaction = interference->before(made);
    }
    if (reaction.error != 0) {
        errno = reaction.error;
        return -1;
    }
    if (reaction.nothing)
        return 0;
    const auto result = real(reaction.limit > 0 ? std::min(reaction.limit, bytes) : bytes);
    const int error = errno;
    if (interference->after) {
        const std::lock_guard lock(guard);
        interference->after(made);
    }
    errno = error;
    return result;
}

template<class Real>
int flush(int file, Real&& real)
{
    return call(isFolder(file) ? Call::FlushFolder : Call::Flush, file, 0,
                [&](std::size_t) { return active ? 0 : real(file); });
}

Call kindOfOpening(int flags)
{
    if (flags & O_DIRECTORY)
        return Call::OpenFolder;
    return (flags & O_ACCMODE) == O_RDONLY ? Call::Open : Call::Create;
}

Call kindOfClosing(int file)
{
    if (isFolder(file))
        return Call::CloseFolder;
    return isWritten(file) ? Call::CloseWritten : Call::Close;
}

} // namespace

std::string name(Call call)
{
    static const std::array<std::string, callKinds> names{
        "open",         "create", "open of a folder", "read",         "write",  "copy_file_range", "flush",
        "folder flush", "close",  "final close",      "folder close", "rename", "fresh rename",    "remove",
        "chmod",        "chown"};
    return names[static_cast<std::size_t>(call)];
}

Interference::Interference(Before beforeEach, After afterEach)
    : before(std::move(beforeEach)),
      after(std::move(afterEach)),
      m_outer(active.exchange(this))
{
}

Interference::~Interference()
{
    active = m_outer;
}

SystemCall Interference::next(Call kind, int file, std::size_t bytes)
{
    return {kind, file, bytes, ++m_counts[static_cast<std::size_t>(kind)], ++m_all};
}

const std::vector<std::string>& wrappedFunctions()
{
    static const std::vector<std::string> names{PLEAT_WRAPPED};
    return names;
}

} // namespace pleat::test

using pleat::test::Call;
using pleat::test::call;

extern "C" {

int __wrap_open(const char* path, int flags, ...)
{
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return call(pleat::test::kindOfOpening(flags), -1, 0,
                [&](std::size_t) { return __real_open(path, flags, mode); });
}

int __wrap_openat(int folder, const char* path, int flags, ...)
{
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return call(pleat::test::kindOfOpening(flags), -1, 0,
                [&](std::size_t) { return __real_openat(folder, path, flags, mode); });
}

ssize_t __wrap_pread(int file, void* into, size_t bytes, off_t offset)
{
    return call(Call::Read, file, bytes,
                [&](std::size_t most) { return __real_pread(file, into, most, offset); });
}

ssize_t __wrap_write(int file, const void* from, size_t bytes)
{
    return call(Call::Write, file, bytes, [&](std::size_t most) { return __real_write(file, from, most); });
}

ssize_t __wrap_pwrite(int file, const void* from, size_t bytes, off_t offset)
{
    return call(Call::Write, file, bytes,
                [&](std::size_t most) { return __real_pwrite(file, from, most, offset); });
}

ssize_t __wrap_copy_file_range(int from, off_t* fromAt, int to, off_t* toAt, size_t bytes, unsigned flags)
{
    return call(Call::Copy, to, bytes, [&](std::size_t most) {
        return __real_copy_file_range(from, fromAt, to, toAt, most, flags);
    });
}

int __wrap_fsync(int file)
{
    return pleat::test::flush(file, __real_fsync);
}

int __wrap_fdatasync(int file)
{
    return pleat::test::flush(file, __real_fdatasync);
}

// A close that fails has closed the descriptor all the same, as on Linux.
int __wrap_close(int file)
{
    const int result = call(pleat::test::kindOfClosing(file), file, 0, [&](std::size_t) { return 0; });
    const int error = errno;
    const int closed = __real_close(file);
    errno = error;
    return result != 0 ? result : closed;
}

int __wrap_rename(const char* from, const char* to)
{
    return call(Call::Rename, -1, 0, [&](std::size_t) { return __real_rename(from, to); });
}

int __wrap_renameat(int fromFolder, const char* from, int toFolder, const char* to)
{
    return call(Call::Rename, -1, 0,
                [&](std::size_t) { return __real_renameat(fromFolder, from, toFolder, to); });
}

int __wrap_renameat2(int fromFolder, const char* from, int toFolder, const char* to, unsigned flags)
{
    return call(Call::RenameFresh, -1, 0,
                [&](std::size_t) { return __real_renameat2(fromFolder, from, toFolder, to, flags); });
}

int __wrap_unlink(const char* path)
{
    return call(Call::Remove, -1, 0, [&](std::size_t) { return __real_unlink(path); });
}

int __wrap_unlinkat(int folder, const char* path, int flags)
{
    return call(Call::Remove, -1, 0, [&](std::size_t) { return __real_unlinkat(folder, path, flags); });
}

int __wrap_fchmod(int file, mode_t mode)
{
    return call(Call::ChangeMode, file, 0, [&](std::size_t) { return __real_fchmod(file, mode); });
}

int __wrap_fchown(int file, uid_t user, gid_t group)
{
    return call(Call::ChangeOwner, file, 0, [&](std::size_t) { return __real_fchown(file, user, group); });
}

} // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
