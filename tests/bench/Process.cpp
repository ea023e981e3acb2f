// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/Process.h"

#include "tests/bench/Report.h"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pleat::bench {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void giveUp(const std::string& why)
{
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(1);
}

double seconds(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void flush(const fs::path& path, int flags)
{
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
    if (descriptor < 0 || ::fsync(descriptor) != 0)
        giveUp(path.string() + ": cannot be flushed");
    ::close(descriptor);
}

} // namespace

Ran run(const std::vector<std::string>& command)
{
    std::vector<char*> arguments;
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const double start = wallSeconds();
    const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    rusage usage{};
    if (error != 0 || ::wait4(child, &status, 0, &usage) != child)
        giveUp(command[0] + ": cannot be started");
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, wallSeconds() - start,
            seconds(usage.ru_utime) + seconds(usage.ru_stime),
            static_cast<double>(usage.ru_maxrss) * 1024 / 1e6};
}

Ran runWell(const std::vector<std::string>& command)
{
    const Ran ran = run(command);
    if (ran.exitCode != 0) {
        std::string line;
        for (const std::string& argument : command)
            line += argument + ' ';
        giveUp(line + "failed");
    }
    return ran;
}

void inAnotherProcess(const std::function<void()>& work)
{
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        work();
        std::_Exit(0);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
        giveUp("a model could not be generated");
}

void flushFiles(const fs::path& folder)
{
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_regular_file())
            flush(entry.path(), O_RDONLY);
    }
    flush(folder, O_RDONLY | O_DIRECTORY);
}

Scratch::Scratch()
{
    const char* chosen = std::getenv("PLEAT_BENCH_FOLDER");
    const fs::path base = chosen ? fs::path(chosen) : fs::temp_directory_path();
    fs::create_directories(base);
    m_path = base / ("bench-" + std::to_string(::getpid()));
    fs::create_directory(m_path);
}

Scratch::~Scratch()
{
    std::error_code error;
    fs::remove_all(m_path, error);
}

fs::path Scratch::fresh(const std::string& name) const
{
    fs::remove_all(m_path / name);
    fs::create_directory(m_path / name);
    return m_path / name;
}

bool Scratch::hasRoom(std::uint64_t bytes) const
{
    return fs::space(m_path).available >= bytes;
}

std::string pythonWithOnnx()
{
    const char* chosen = std::getenv("PLEAT_BENCH_PYTHON");
    return chosen ? chosen : "";
}

} // namespace pleat::bench
