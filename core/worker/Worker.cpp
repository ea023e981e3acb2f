// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/Worker.h"

#include "core/io/Sink.h"
#include "core/worker/Frames.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pleat {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int pollMilliseconds = 20;               // between two looks at the clock and the stop token
constexpr auto farewell = std::chrono::seconds(2); // for a worker that has said all

std::string errorText(int error)
{
    return std::generic_category().message(error);
}

int spawn(pid_t& child, const std::filesystem::path& program, const std::vector<std::string>& arguments,
          int input, int errors, int channel)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    if (input >= 0)
        posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    else
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files, channel, channelDescriptor);
    posix_spawn_file_actions_addclosefrom_np(&files, channelDescriptor + 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all, none;
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

// A descriptor above those that the worker has by number, so that none is overwritten before it is copied.
Descriptor above(int descriptor)
{
    const Descriptor low(descriptor);
    return Descriptor(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, channelDescriptor + 1) : -1);
}

// One worker, from its start to its end.
class Host final {
public:
    Host(const Task& task, const Ask& ask, const PieceSink& take, Progress& progress,
         const std::stop_token& stop)
        : m_task(task),
          m_ask(ask),
          m_take(take),
          m_progress(progress),
          m_stop(stop)
    {
    }
    ~Host()
    {
        if (m_child > 0)
            end(true);
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    tl::expected<void, WorkerFailure> run(const std::filesystem::path& program)
    {
        if (!start(program))
            return tl::make_unexpected(*m_failure);
        m_outgoing = framed(FrameKind::Ask, m_ask.parameters);
        m_deadline = Clock::now() + time();
        while (!m_failure && !m_done && !m_closed) {
            lookAtTheClock();
            if (!m_failure)
                turn();
        }
        const int status = end(m_failure && m_failure->end != WorkerEnd::Failed);
        if (!m_failure && !m_done)
            m_failure = ended(status);
        if (m_failure)
            return tl::make_unexpected(std::move(*m_failure));
        return {};
    }

private:
    std::chrono::seconds time() const { return m_ask.time.value_or(m_task.limits.time); }

    void fail(WorkerEnd end, std::string why)
    {
        if (!m_failure)
            m_failure = WorkerFailure{end, std::move(why)};
    }

    bool start(const std::filesystem::path& program)
    {
        std::array<int, 2> ends{};
        if (m_ask.parameters.size() > largestFrame) {
            fail(WorkerEnd::NotStarted, "there are too many parameters");
            return false;
        }
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            fail(WorkerEnd::NotStarted, errorText(errno));
            return false;
        }
        m_channel = above(ends[0]);
        const Descriptor theirs = above(ends[1]);
        m_errors = above(::memfd_create("pleat-worker-errors", MFD_CLOEXEC));
        if (!m_channel || !theirs || !m_errors) {
            fail(WorkerEnd::NotStarted, errorText(errno));
            return false;
        }
        const std::vector<std::string> arguments{std::string(workerArgument), std::string(m_task.name),
                                                 std::to_string(time().count())};
        const Descriptor input = above(m_ask.input >= 0 ? ::dup(m_ask.input) : -1);
        if (const int error = spawn(m_child, program, arguments, input.get(), m_errors.get(), theirs.get());
            error != 0) {
            m_child = -1;
            fail(WorkerEnd::NotStarted, errorText(error));
            return false;
        }
        // Without the descriptor (an old kernel) poll() is just the pause between two looks.
        m_process = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, m_child, 0)));
        return true;
    }

    void lookAtTheClock()
    {
        const auto now = Clock::now();
        if (m_stop.stop_requested() && !m_killAt) {
            m_killAt = now + m_task.limits.grace;
            m_outgoing += framed(FrameKind::Cancel);
        }
        if (m_killAt && now >= *m_killAt)
            fail(WorkerEnd::Stopped, {});
        else if (now >= m_deadline)
            fail(WorkerEnd::TimedOut, {});
    }

    // Waits a little for something to happen, and deals with it.
    void turn()
    {
        std::array<pollfd, 2> waiting{
            pollfd{m_channel.get(), static_cast<short>(POLLIN | (m_outgoing.empty() ? 0 : POLLOUT)), 0},
            pollfd{m_process.get(), POLLIN, 0}};
        ::poll(waiting.data(), waiting.size(), pollMilliseconds);
        const bool hasEnded = (waiting[1].revents & POLLIN) != 0;
        send();
        receive();
        // What it wrote before its end is read; a child of its own may still hold the other end.
        if (hasEnded && !m_received)
            m_closed = true;
    }

    void send()
    {
        while (!m_outgoing.empty()) {
            const ssize_t sent =
                ::send(m_channel.get(), m_outgoing.data(), m_outgoing.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
                m_outgoing.clear(); // it hears nothing any more; its end will be seen
            if (sent <= 0)
                return;
            m_outgoing.erase(0, static_cast<std::size_t>(sent));
        }
    }

    void receive()
    {
        m_received = false;
        const ssize_t got = ::recv(m_channel.get(), m_block.data(), m_block.size(), MSG_DONTWAIT);
        if (got < 0) {
            m_closed = errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
            return;
        }
        if (got == 0) {
            m_closed = true;
            return;
        }
        m_received = true;
        m_reader.add({m_block.data(), static_cast<std::size_t>(got)});
        while (!m_failure && !m_done) {
            auto frame = m_reader.next();
            if (!frame)
                break;
            answer(std::move(*frame));
        }
        if (m_reader.isNonsense())
            fail(WorkerEnd::Nonsense, "what it answered cannot be read");
    }

    void answer(Frame frame)
    {
        switch (frame.kind) {
        case FrameKind::Progress:
            if (const auto figures = progressOf(frame))
                return m_progress.advance(figures->done, figures->total);
            return fail(WorkerEnd::Nonsense, "what it answered cannot be read");
        case FrameKind::Part:
        case FrameKind::Piece:
            m_bytes += frame.body.size();
            if (m_bytes > m_task.limits.result)
                return fail(WorkerEnd::TooMuch,
                            fmt::format("its answer has more than {} bytes", m_task.limits.result));
            m_piece += frame.body;
            if (m_piece.size() > m_task.limits.piece)
                return fail(WorkerEnd::TooMuch,
                            fmt::format("a piece of its answer has more than {} bytes", m_task.limits.piece));
            if (frame.kind == FrameKind::Piece) {
                if (auto taken = m_take(std::exchange(m_piece, {})); !taken)
                    fail(WorkerEnd::Refused, std::move(taken.error().message));
            }
            return;
        case FrameKind::Done:
            m_done = m_piece.empty();
            if (!m_done)
                fail(WorkerEnd::Nonsense, "its answer ends in the middle");
            return;
        case FrameKind::Failed:
            // What it makes of being stopped is not to be told.
            return m_killAt ? fail(WorkerEnd::Stopped, {}) : fail(WorkerEnd::Failed, std::move(frame.body));
        case FrameKind::Ask:
        case FrameKind::Cancel:
            return fail(WorkerEnd::Nonsense, "what it answered cannot be read");
        }
    }

    // Kills it, at once or when it does not go by itself, and returns its status.
    int end(bool atOnce)
    {
        m_channel.close();
        int status = 0;
        const auto patience = Clock::now() + farewell;
        while (true) {
            if (atOnce || Clock::now() >= patience)
                ::kill(m_child, SIGKILL);
            const pid_t ended = ::waitpid(m_child, &status, atOnce ? 0 : WNOHANG);
            if (ended == m_child || (ended < 0 && errno != EINTR))
                break;
            pollfd waiting{m_process.get(), POLLIN, 0};
            ::poll(&waiting, 1, pollMilliseconds);
        }
        m_child = -1;
        return status;
    }

    WorkerFailure ended(int status) const
    {
        const std::string said = lastWords();
        const auto with = [&](std::string why) { return said.empty() ? why : why + ": " + said; };
        if (m_killAt)
            return {WorkerEnd::Stopped, {}};
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
            return {WorkerEnd::TimedOut, {}};
        if (WIFSIGNALED(status))
            return {WorkerEnd::Crashed,
                    with(fmt::format("signal {}, {}", WTERMSIG(status), ::strsignal(WTERMSIG(status))))};
        if (WEXITSTATUS(status) != 0)
            return {WorkerEnd::Crashed, with(fmt::format("exit code {}", WEXITSTATUS(status)))};
        return {WorkerEnd::Silent, with("it ended without an answer")};
    }

    // The last line that it or a library in it wrote to its standard error.
    std::string lastWords() const
    {
        std::array<char, 512> block{};
        const off_t size = ::lseek(m_errors.get(), 0, SEEK_END);
        const ssize_t got = ::pread(m_errors.get(), block.data(), block.size(),
                                    std::max<off_t>(0, size - static_cast<off_t>(block.size())));
        std::string_view text(block.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        while (!text.empty() && text.back() == '\n')
            text.remove_suffix(1);
        return std::string(text.substr(text.rfind('\n') + 1));
    }

    const Task& m_task;
    const Ask& m_ask;
    const PieceSink& m_take;
    Progress& m_progress;
    const std::stop_token& m_stop;
    pid_t m_child = -1;
    Descriptor m_channel, m_process, m_errors;
    std::string m_outgoing;
    FrameReader m_reader;
    std::array<char, 65536> m_block{};
    bool m_received = false; // in the last turn
    bool m_closed = false;   // nothing more will come
    bool m_done = false;
    std::string m_piece;       // what is there of the next one
    std::uint64_t m_bytes = 0; // of all pieces
    Clock::time_point m_deadline;
    std::optional<Clock::time_point> m_killAt; // it was asked to stop
    std::optional<WorkerFailure> m_failure;
};

} // namespace

tl::expected<void, WorkerFailure> runTask(const std::filesystem::path& program, const Task& task,
                                          const Ask& ask, const PieceSink& take, Progress& progress,
                                          const std::stop_token& stop)
{
    return Host(task, ask, take, progress, stop).run(program);
}

std::string sentenceOf(const WorkerFailure& failure, const std::string& what, std::chrono::seconds time)
{
    switch (failure.end) {
    case WorkerEnd::NotStarted:
        return fmt::format("{} could not be started: {}.", what, failure.why);
    case WorkerEnd::Crashed:
        return fmt::format("{} crashed ({}).", what, failure.why);
    case WorkerEnd::Silent:
    case WorkerEnd::Nonsense:
    case WorkerEnd::TooMuch:
        return fmt::format("{} gave no answer that can be used: {}.", what, failure.why);
    case WorkerEnd::TimedOut:
        return fmt::format("{} took longer than {} second{}.", what, time.count(),
                           time.count() == 1 ? "" : "s");
    case WorkerEnd::Stopped:
        return fmt::format("{} was cancelled.", what);
    case WorkerEnd::Failed:
    case WorkerEnd::Refused:
        break;
    }
    return failure.why;
}

Result<std::vector<std::string>> answerOf(const std::filesystem::path& program, const Task& task,
                                          std::string parameters, const std::string& question,
                                          std::size_t pieces, const std::string& what, Progress& progress,
                                          const std::stop_token& stop)
{
    const auto input = workerInput([&](int descriptor) {
        return DescriptorSink(descriptor, "the question to " + what)
            .write(std::as_bytes(std::span(question)));
    });
    if (!input)
        return tl::make_unexpected(input.error());
    std::vector<std::string> answer;
    const auto take = [&answer](std::string piece) -> Result<void> {
        answer.push_back(std::move(piece));
        return {};
    };
    const Ask ask{.parameters = std::move(parameters), .input = input->get()};
    const auto done = runTask(program, task, ask, take, progress, stop);
    if (!done && done.error().end == WorkerEnd::Stopped)
        return cancelled();
    if (!done)
        return failure(ErrorCode::Unsupported, sentenceOf(done.error(), what, task.limits.time));
    if (answer.size() != pieces)
        return failure(ErrorCode::Unsupported, what + " gave no answer that can be used.");
    return answer;
}

Result<Descriptor> workerInput(const std::function<Result<void>(int descriptor)>& write)
{
    Descriptor input(::memfd_create("pleat-worker-input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!input)
        return failure(ErrorCode::Exhausted,
                       "No memory could be had for a worker process: " + errorText(errno) + ".");
    if (auto done = write(input.get()); !done)
        return tl::make_unexpected(std::move(done.error()));
    ::fcntl(input.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    ::lseek(input.get(), 0, SEEK_SET);
    return input;
}

} // namespace pleat
