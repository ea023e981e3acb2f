// SPDX-License-Identifier: GPL-3.0-or-later
// Programs as whole processes, and the folder on the disk in which they are measured.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pleat::bench {

struct Ran {
    int exitCode = -1;
    double seconds = 0;          // wall
    double processorSeconds = 0; // user and system, of its own children, too
    double peakMegabytes = 0;    // of the largest process among them (MB = 10^6 bytes); never less than ours
};

// Runs a program to its end; its standard output goes nowhere. Terminates us if it cannot be started.
Ran run(const std::vector<std::string>& command);

// The same, and terminates us unless the exit code is 0.
Ran runWell(const std::vector<std::string>& command);

// Does the work in a process of its own, so that its memory does not count as that of a program started
// later.
void inAnotherProcess(const std::function<void()>& work);

// Writes what the system still holds of every file in the folder to the disk.
void flushFiles(const std::filesystem::path& folder);

// An empty folder below $PLEAT_BENCH_FOLDER, or where temporary files go; removed with its contents.
class Scratch final {
public:
    Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

    const std::filesystem::path& path() const { return m_path; }
    std::filesystem::path
    fresh(const std::string& name) const; // an empty folder in it; what was there is removed
    bool hasRoom(std::uint64_t bytes) const;

private:
    std::filesystem::path m_path;
};

// Python with the onnx package: $PLEAT_BENCH_PYTHON, empty if there is none.
std::string pythonWithOnnx();

} // namespace pleat::bench
