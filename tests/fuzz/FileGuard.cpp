// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/FileGuard.h"

#include "tests/fuzz/Target.h"

#include <cstdarg>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace pleat::fuzz {

namespace {

std::string& guarded()
{
    static std::string folder; // empty: nobody watches
    return folder;
}

void requireInside(const std::string& path, const char* done)
{
    const std::string& folder = guarded();
    require(path == folder || path.starts_with(folder + "/"),
            "no file outside of the model's folder is " + std::string(done) + ": " + path);
}

std::string pathOf(int descriptor)
{
    std::string path(4096, '\0');
    const ssize_t length =
        ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path.data(), path.size());
    path.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return path;
}

// What is behind all links of a path whose last part need not exist.
void requireFolderInside(int folder, const char* path, const char* done)
{
    if (guarded().empty())
        return;
    std::error_code error;
    std::filesystem::path file(path);
    if (file.is_relative() && folder != AT_FDCWD)
        file = pathOf(folder) / file;
    requireInside(std::filesystem::weakly_canonical(file.parent_path(), error).string(), done);
}

int checkedDescriptor(int descriptor)
{
    if (descriptor >= 0 && !guarded().empty())
        requireInside(pathOf(descriptor), "opened");
    return descriptor;
}

template<class Function>
Function* original(const char* name)
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

FileGuard::FileGuard(const std::filesystem::path& folder)
{
    guarded() = folder.string();
}

FileGuard::~FileGuard()
{
    guarded().clear();
}

} // namespace pleat::fuzz

using pleat::fuzz::checkedDescriptor;
using pleat::fuzz::original;
using pleat::fuzz::requireFolderInside;

extern "C" {

int open(const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (flags & O_CREAT)
        requireFolderInside(AT_FDCWD, path, "made");
    static auto* const real = original<int(const char*, int, ...)>("open");
    return checkedDescriptor(real(path, flags, mode));
}

int openat(int folder, const char* path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (flags & O_CREAT)
        requireFolderInside(folder, path, "made");
    static auto* const real = original<int(int, const char*, int, ...)>("openat");
    return checkedDescriptor(real(folder, path, flags, mode));
}

int rename(const char* from, const char* to) noexcept
{
    requireFolderInside(AT_FDCWD, from, "renamed");
    requireFolderInside(AT_FDCWD, to, "renamed");
    static auto* const real = original<int(const char*, const char*)>("rename");
    return real(from, to);
}

int renameat(int fromFolder, const char* from, int toFolder, const char* to) noexcept
{
    requireFolderInside(fromFolder, from, "renamed");
    requireFolderInside(toFolder, to, "renamed");
    static auto* const real = original<int(int, const char*, int, const char*)>("renameat");
    return real(fromFolder, from, toFolder, to);
}

int renameat2(int fromFolder, const char* from, int toFolder, const char* to, unsigned flags) noexcept
{
    requireFolderInside(fromFolder, from, "renamed");
    requireFolderInside(toFolder, to, "renamed");
    static auto* const real = original<int(int, const char*, int, const char*, unsigned)>("renameat2");
    return real(fromFolder, from, toFolder, to, flags);
}

int unlink(const char* path) noexcept
{
    requireFolderInside(AT_FDCWD, path, "removed");
    static auto* const real = original<int(const char*)>("unlink");
    return real(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept
{
    requireFolderInside(folder, path, "removed");
    static auto* const real = original<int(int, const char*, int)>("unlinkat");
    return real(folder, path, flags);
}

} // extern "C"
