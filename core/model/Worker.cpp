// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Worker.h"

#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace pleat {

namespace {

constexpr int resultDescriptor = 3; // in the worker, where the library's prints do not go
constexpr int pollMilliseconds = 20;

class Descriptor final {
public:
    explicit Descriptor(int descriptor) : m_descriptor(descriptor) {}
    ~Descriptor()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return m_descriptor; }

private:
    int m_descriptor;
};

bool writeAll(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

std::string readAll(int descriptor)
{
    std::string bytes;
    std::array<char, 65536> block{};
    for (;;) {
        const ssize_t got = ::read(descriptor, block.data(), block.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return bytes;
        bytes.append(block.data(), static_cast<std::size_t>(got));
    }
}

int spawn(pid_t& child, const std::filesystem::path& program, const std::vector<std::string>& arguments,
          int input, int output)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

    std::string name = program.string();
    std::vector<std::string> copies = arguments;
    std::vector<char*> argv{name.data()};
    for (std::string& argument : copies)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const int error = ::posix_spawn(&child, name.c_str(), &files, &attributes, argv.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

} // namespace

WorkerResult runWorker(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                       const std::string& input, int seconds, std::stop_token stop)
{
    const auto notStarted = [](int error) {
        return WorkerResult{WorkerEnd::NotStarted, {}, std::generic_category().message(error)};
    };
    const Descriptor in(::memfd_create("pleat-worker-input", MFD_CLOEXEC));
    const Descriptor out(::memfd_create("pleat-worker-output", MFD_CLOEXEC));
    if (in.get() < 0 || out.get() < 0 || !writeAll(in.get(), input) || ::lseek(in.get(), 0, SEEK_SET) != 0)
        return notStarted(errno);
    pid_t child = -1;
    if (const int error = spawn(child, program, arguments, in.get(), out.get()); error != 0)
        return notStarted(error);

    // Without the descriptor (an old kernel) poll() is just the pause between two looks.
    const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    WorkerResult result{WorkerEnd::Finished, {}, {}};
    int status = 0;
    for (;;) {
        const pid_t ended = ::waitpid(child, &status, result.end == WorkerEnd::Finished ? WNOHANG : 0);
        if (ended == child || (ended < 0 && errno != EINTR))
            break;
        if (stop.stop_requested())
            result.end = WorkerEnd::Stopped;
        else if (std::chrono::steady_clock::now() > deadline)
            result.end = WorkerEnd::TimedOut;
        if (result.end != WorkerEnd::Finished) {
            ::kill(child, SIGKILL);
            continue;
        }
        pollfd waiting{process.get(), POLLIN, 0};
        ::poll(&waiting, 1, pollMilliseconds);
    }
    if (result.end != WorkerEnd::Finished)
        return result;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        result.end = WorkerEnd::Crashed;
        return result;
    }
    ::lseek(out.get(), 0, SEEK_SET);
    result.output = readAll(out.get());
    return result;
}

void confineWorker(int seconds)
{
    const auto limit = [](auto resource, rlim_t most) {
        rlimit both{most, most};
        ::setrlimit(resource, &both);
    };
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, static_cast<rlim_t>(std::max(seconds, 1)) + 1);
    limit(RLIMIT_FSIZE, workerOutput);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they reserve terabytes of addresses
    limit(RLIMIT_AS, workerMemory);
#endif
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(STDOUT_FILENO, resultDescriptor);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0)
        ::dup2(nowhere, STDOUT_FILENO);
}

std::string workerInput()
{
    return readAll(STDIN_FILENO);
}

bool writeWorkerOutput(const std::string& output)
{
    assert(::fcntl(resultDescriptor, F_GETFD) >= 0);
    return writeAll(resultDescriptor, output);
}

} // namespace pleat
