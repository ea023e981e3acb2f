// SPDX-License-Identifier: GPL-3.0-or-later
// What one fuzzer does with one input. An input may be refused; a promise of Pleat's that does not hold ends
// the process with a sentence, which libFuzzer (fuzzer_main.cpp) and the replay of old findings
// (replay_main.cpp) both take for a crash. One process, one thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace pleat::fuzz {

// Each of fuzz_reader.cpp, fuzz_external.cpp, fuzz_fold.cpp and fuzz_edit.cpp has its own.
void look(std::span<const std::byte> input);

[[noreturn]] void broken(const std::string& promise);

inline void require(bool kept, const std::string& promise)
{
    if (!kept)
        broken(promise);
}

} // namespace pleat::fuzz
