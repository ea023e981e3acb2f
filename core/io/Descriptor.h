// SPDX-License-Identifier: GPL-3.0-or-later
// An open file descriptor that closes with its owner, and system calls that a signal interrupted, made again.
#pragma once

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace pleat {

class Descriptor final {
public:
    Descriptor() = default;
    explicit Descriptor(int descriptor) : m_descriptor(descriptor) {}
    Descriptor(Descriptor&& other) noexcept : m_descriptor(std::exchange(other.m_descriptor, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        if (this != &other) {
            close();
            m_descriptor = std::exchange(other.m_descriptor, -1);
        }
        return *this;
    }
    ~Descriptor() { close(); }

    explicit operator bool() const { return m_descriptor >= 0; }
    int get() const { return m_descriptor; }

    // 0 or errno. Network file systems report a full disk only here. It is closed in any case, also when a
    // signal came.
    int close()
    {
        const int descriptor = std::exchange(m_descriptor, -1);
        return descriptor < 0 || ::close(descriptor) == 0 || errno == EINTR ? 0 : errno;
    }

private:
    int m_descriptor = -1;
};

// Makes a call that returns something negative and sets errno when it fails.
template<class Call>
auto uninterrupted(Call&& call)
{
    auto result = call();
    while (result < 0 && errno == EINTR)
        result = call();
    return result;
}

} // namespace pleat
