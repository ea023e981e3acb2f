// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Terminal.h"

#include "core/base/Visible.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

namespace pleat::cli {

namespace {

using namespace std::chrono_literals;

constexpr int wakeUp = SIGUSR2; // what the program itself sends to the thread that waits for signals

// Of the signals that ask a program to end, those that whoever started it has not told it to ignore (nohup);
// and wakeUp.
sigset_t awaitedSignals()
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, wakeUp);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action {};
        if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, signal);
    }
    return set;
}

} // namespace

int fail(const Error& error, Exit otherwise)
{
    say("pleat-cli: " + error.message);
    switch (error.code) {
    case ErrorCode::Cancelled:
        return Interrupted;
    case ErrorCode::Usage:
        return Usage;
    case ErrorCode::Unreadable:
    case ErrorCode::Changed:
    case ErrorCode::MissingData:
        return CannotRead;
    case ErrorCode::Unwritable:
        return CannotWrite;
    default:
        return otherwise;
    }
}

void say(const std::string& line)
{
    std::fputs((visible(line) + "\n").c_str(), stderr);
}

Result<void> printText(std::string_view text)
{
    fmt::print("{}", text);
    return {};
}

ProgressBar::ProgressBar(std::string label)
    : m_label(std::move(label)),
      m_next(std::chrono::steady_clock::now() + 200ms),
      m_terminal(isatty(STDERR_FILENO))
{
}

ProgressBar::~ProgressBar()
{
    if (m_drawn)
        std::fputs("\r\033[K", stderr);
}

void ProgressBar::advance(std::uint64_t done, std::uint64_t total)
{
    const auto now = std::chrono::steady_clock::now();
    if (!m_terminal || total == 0 || now < m_next)
        return;
    m_next = now + 100ms;
    m_drawn = true;
    constexpr std::uint64_t width = 30;
    const auto filled = static_cast<std::size_t>(std::min(done, total) * width / total);
    std::fputs(fmt::format("\r\033[K{} [{}{}] {} %", m_label, std::string(filled, '#'),
                           std::string(width - filled, '.'), std::min(done, total) * 100 / total)
                   .c_str(),
               stderr);
    std::fflush(stderr);
}

void keepStandardDescriptors()
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) // open() takes the lowest: this one
            static_cast<void>(open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
}

Interrupts::Interrupts()
{
    std::signal(wakeUp, SIG_DFL); // an ignored one would wake nobody
    const sigset_t set = awaitedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGXFSZ, SIG_IGN); // a limit on the size of files is an error like a full disk, no death
    m_waiter = std::jthread([stop = m_stop](std::stop_token end) mutable {
        const sigset_t awaited = awaitedSignals();
        int signal = 0;
        if (sigwait(&awaited, &signal) == 0 && signal != wakeUp && !end.stop_requested())
            stop.request_stop();
    });
}

// The signal is for the waiter alone, so that the program ends at once.
Interrupts::~Interrupts()
{
    m_waiter.request_stop();
    pthread_kill(m_waiter.native_handle(), wakeUp);
}

std::filesystem::path thisProgram()
{
    std::error_code problem;
    return std::filesystem::read_symlink("/proc/self/exe", problem);
}

} // namespace pleat::cli
