// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/OutputFolder.h"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace pleat {

namespace {

constexpr int temporaryAttempts = 100;

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

} // namespace

int OutputFolder::open(const std::filesystem::path& path)
{
    m_path = path.empty() ? std::filesystem::path(".") : path;
    const auto opened = [&](int flags) {
        m_descriptor = Descriptor(
            uninterrupted([&] { return ::open(m_path.c_str(), flags | O_DIRECTORY | O_CLOEXEC); }));
        return m_descriptor ? 0 : errno;
    };
    const int error = opened(O_RDONLY);
    return error == EACCES ? opened(O_PATH) : error; // one may be allowed to write in it but not to list it
}

int OutputFolder::create(const std::string& name, unsigned mode, Descriptor& created) const
{
    created = Descriptor(uninterrupted([&] {
        return ::openat(m_descriptor.get(), name.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    }));
    return created ? 0 : errno;
}

int OutputFolder::createTemporary(unsigned mode, Descriptor& created, std::string& name) const
{
    int error = EEXIST;
    for (int attempt = 0; error == EEXIST && attempt < temporaryAttempts; ++attempt) {
        const std::string candidate = randomName();
        error = create(candidate, mode, created);
        if (error == 0)
            name = candidate;
    }
    return error;
}

int OutputFolder::rename(const std::string& from, const std::string& to) const
{
    return ::renameat(m_descriptor.get(), from.c_str(), m_descriptor.get(), to.c_str()) == 0 ? 0 : errno;
}

int OutputFolder::renameToFree(const std::string& from, const std::string& to) const
{
    if (::renameat2(m_descriptor.get(), from.c_str(), m_descriptor.get(), to.c_str(), RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    // Some network file systems and old kernels cannot do that; and where they cannot, often there are no
    // hard links either. So an empty file takes the name, which only one can make, and is replaced.
    Descriptor taken;
    if (const int error = create(to, 0600, taken); error != 0)
        return error;
    taken.close();
    const int error = rename(from, to);
    if (error != 0)
        remove(to);
    return error;
}

void OutputFolder::remove(const std::string& name) const
{
    ::unlinkat(m_descriptor.get(), name.c_str(), 0);
}

int OutputFolder::flush() const
{
    if (uninterrupted([&] { return ::fsync(m_descriptor.get()); }) == 0)
        return 0;
    return errno == EIO || errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

int OutputFolder::checkPath() const
{
    struct stat held {
    }, atPath{};
    if (::fstat(m_descriptor.get(), &held) != 0 || ::stat(m_path.c_str(), &atPath) != 0)
        return errno;
    return held.st_dev == atPath.st_dev && held.st_ino == atPath.st_ino ? 0 : ENOENT;
}

} // namespace pleat
