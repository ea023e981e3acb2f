// SPDX-License-Identifier: GPL-3.0-or-later
// The folder in which a file appears. It is held open, so that what was begun in it can be removed again even
// when somebody has moved the folder meanwhile. Names are of files in it; calls return 0 or errno. One
// thread.
#pragma once

#include "core/io/Descriptor.h"

#include <filesystem>
#include <string>

namespace pleat {

class OutputFolder final {
public:
    OutputFolder() = default;

    // `path` may be empty: the current folder.
    int open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_path; }

    // Makes a file of a new name for writing.
    int create(const std::string& name, unsigned mode, Descriptor& created) const;

    // A new temporary file; its name in `name`.
    int createTemporary(unsigned mode, Descriptor& created, std::string& name) const;

    int rename(const std::string& from, const std::string& to) const;

    // EEXIST when something has the name `to`.
    int renameToFree(const std::string& from, const std::string& to) const;

    void remove(const std::string& name) const;

    // Its entries are on disk. What the file system cannot do is no failure.
    int flush() const;

    // 0 while its path leads to it; else why not.
    int checkPath() const;

private:
    std::filesystem::path m_path;
    Descriptor m_descriptor;
};

} // namespace pleat
