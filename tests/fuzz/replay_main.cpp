// SPDX-License-Identifier: GPL-3.0-or-later
// Gives files, and all files of folders, to a fuzzer's target once: for old findings, with any compiler.
#include "tests/fuzz/Checks.h"
#include "tests/fuzz/Target.h"

#include <algorithm>
#include <cstdio>

int main(int argc, char** argv)
{
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    for (const fs::path path : std::span(argv + 1, static_cast<std::size_t>(argc - 1))) {
        if (!fs::is_directory(path)) {
            files.push_back(path);
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(path)) {
            if (entry.is_regular_file())
                files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        std::printf("%s\n", file.c_str());
        std::fflush(stdout);
        const std::string input = pleat::fuzz::contents(file);
        pleat::fuzz::look(std::as_bytes(std::span(input)));
    }
    std::printf("%zu inputs\n", files.size());
    return files.empty() ? 1 : 0;
}
