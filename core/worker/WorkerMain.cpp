// SPDX-License-Identifier: GPL-3.0-or-later
// The worker's side: it confines itself, reads what is asked, does it and says what came of it. A thread of
// its own listens to the host, so that it is asked to stop, and ends when the host is gone, whatever the task
// is doing.
#include "core/base/Failure.h"
#include "core/worker/Frames.h"
#include "core/worker/Tasks.h"
#include "core/worker/Worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <mutex>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace pleat {

namespace {

constexpr int badUse = 2;
constexpr int hostIsGone = 1;
constexpr rlim_t largestFile = rlim_t{64} << 20; // what a library prints

void confine(const TaskLimits& limits, std::int64_t seconds)
{
    const auto limit = [](auto resource, rlim_t most) {
        rlimit both{most, most};
        ::setrlimit(resource, &both);
    };
    const rlim_t threads = std::max(1U, std::thread::hardware_concurrency());
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, static_cast<rlim_t>(std::max<std::int64_t>(seconds, 1)) * threads + 1);
    limit(RLIMIT_FSIZE, largestFile);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they reserve terabytes of addresses
    limit(RLIMIT_AS, limits.memory);
#else
    static_cast<void>(limits);
#endif
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // of the thread that started this; the channel tells the rest
}

// Waits for the next bytes; empty when the other end is closed.
std::string_view receive(std::span<char> block)
{
    ssize_t got = 0;
    do
        got = ::recv(channelDescriptor, block.data(), block.size(), 0);
    while (got < 0 && errno == EINTR);
    return {block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

class Channel final : public Progress {
public:
    // The first frame there is; nothing where it is none that asks.
    std::optional<std::string> asked()
    {
        while (true) {
            if (auto frame = m_reader.next())
                return frame->kind == FrameKind::Ask ? std::optional(std::move(frame->body)) : std::nullopt;
            const std::string_view bytes = receive(m_block);
            if (bytes.empty() || m_reader.isNonsense())
                return std::nullopt;
            m_reader.add(bytes);
        }
    }

    // From now on, until the process ends.
    std::stop_token listen()
    {
        std::thread([this] {
            while (true) {
                while (const auto frame = m_reader.next())
                    m_stop.request_stop(); // it can only be Cancel
                const std::string_view bytes = receive(m_block);
                if (bytes.empty())
                    ::_exit(hostIsGone);
                m_reader.add(bytes);
            }
        }).detach();
        return m_stop.get_token();
    }

    void advance(std::uint64_t done, std::uint64_t total) override { send(framedProgress(done, total)); }

    void give(std::string_view piece)
    {
        for (; piece.size() > largestFrame; piece.remove_prefix(largestFrame))
            send(framed(FrameKind::Part, piece.substr(0, largestFrame)));
        send(framed(FrameKind::Piece, piece));
    }

    void end(const Result<void>& result)
    {
        const auto sentence = result ? std::string_view() : std::string_view(result.error().message);
        send(result ? framed(FrameKind::Done) : framed(FrameKind::Failed, sentence.substr(0, largestFrame)));
    }

private:
    void send(std::string_view bytes)
    {
        const std::scoped_lock lock(m_sending);
        while (!bytes.empty()) {
            const ssize_t sent = ::send(channelDescriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent < 0)
                ::_exit(hostIsGone);
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    FrameReader m_reader;
    std::array<char, 4096> m_block{};
    std::stop_source m_stop;
    std::mutex m_sending;
};

Result<void> done(const Task& task, TaskChannel& channel)
{
    try {
        return task.run(channel);
    } catch (...) { // out of memory, mostly
        return tl::make_unexpected(caughtError());
    }
}

} // namespace

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

std::optional<int> runAsWorker(int argc, char** argv, std::span<const Task> tasks)
{
    if (argc < 2 || argv[1] != workerArgument)
        return std::nullopt;
    const std::string_view name = argc > 2 ? argv[2] : "";
    const std::string_view secondsText = argc > 3 ? argv[3] : "";
    const auto task = std::ranges::find(tasks, name, &Task::name);
    if (task == tasks.end())
        return badUse;
    std::int64_t seconds = task->limits.time.count();
    std::from_chars(secondsText.data(), secondsText.data() + secondsText.size(), seconds);
    confine(task->limits, seconds);
    auto& channel = *new Channel; // the listener has it until the process ends
    auto asked = channel.asked();
    if (!asked)
        return badUse;
    TaskChannel work{STDIN_FILENO, std::move(*asked), channel, channel.listen(),
                     [&channel](std::string_view piece) { channel.give(piece); }};
    channel.end(done(*task, work));
    ::_exit(0); // not through the end of the program, where the listener still runs
}

} // namespace pleat
