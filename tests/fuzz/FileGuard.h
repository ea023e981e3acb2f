// SPDX-License-Identifier: GPL-3.0-or-later
// Watches which files this process opens, renames and removes: while a guard lives, anything outside of its
// folder ends the process. It takes the place of the C library's functions, so it also sees what a library
// does. One guard at a time, one thread.
#pragma once

#include <filesystem>

namespace pleat::fuzz {

class FileGuard final {
public:
    explicit FileGuard(const std::filesystem::path& folder); // canonical
    ~FileGuard();
    FileGuard(const FileGuard&) = delete;
    FileGuard& operator=(const FileGuard&) = delete;
};

} // namespace pleat::fuzz
