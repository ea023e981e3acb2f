// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands share: exit codes, messages and progress on standard error, Ctrl+C as a stop token, and
// the program's own path for the worker. Results go to standard output, everything else to standard error.
#pragma once

#include "core/base/Failure.h"
#include "core/base/Progress.h"
#include "core/base/Result.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pleat::cli {

enum Exit : int {
    Done = 0,
    Usage = 2,
    CannotRead = 3,
    CannotWrite = 4,
    NotEquivalent = 5,
    CannotVerify = 6,
    Interrupted = 130
};

// Prints the error as one or more lines and returns the exit code: `otherwise` for the kinds that the phase
// decides.
int fail(const Error& error, Exit otherwise);

// One line to standard error; what would steer the terminal is written out (Visible.h). Where standard error
// is closed, nobody hears it.
void say(const std::string& line);

// The exit code of `work`, or what fail() makes of an exception in it.
template<class Work>
int guarded(Exit otherwise, Work work)
{
    try {
        return work();
    } catch (...) {
        return fail(caughtError(), otherwise);
    }
}

// A piece of a result, to standard output. Where that cannot be written, std::system_error is thrown.
Result<void> printText(std::string_view text);

// A value that stays until the process ends, and then goes with its memory: to take a model of a hundred
// thousand nodes apart piece by piece would cost a tenth of the time.
template<class T>
T& untilExit(T value)
{
    static auto& kept = *new std::vector<std::shared_ptr<T>>;
    return *kept.emplace_back(std::make_shared<T>(std::move(value)));
}

// A bar on standard error, drawn only on a terminal, only after 0.2 s and at most ten times a second.
class ProgressBar final : public Progress {
public:
    explicit ProgressBar(std::string label);
    ~ProgressBar() override; // wipes it away
    void advance(std::uint64_t done, std::uint64_t total) override;

private:
    std::string m_label;
    std::chrono::steady_clock::time_point m_next;
    bool m_terminal = false;
    bool m_drawn = false;
};

// Descriptors 0 to 2 are there, though perhaps good for nothing: a file that is opened later must not become
// standard output.
void keepStandardDescriptors();

// Turns SIGINT, SIGTERM and SIGHUP into a stop request for as long as it lives. One a process, made before
// any other thread.
class Interrupts final {
public:
    Interrupts();
    ~Interrupts();
    std::stop_token token() const { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    std::jthread m_waiter;
};

std::filesystem::path thisProgram();

} // namespace pleat::cli
