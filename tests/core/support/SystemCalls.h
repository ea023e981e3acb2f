// SPDX-License-Identifier: GPL-3.0-or-later
// The system calls of the program under test, seen and disturbed one by one. An executable that links
// test_system_calls has them wrapped by the linker (-Wl,--wrap), so nothing in the engine knows of it; only
// calls from code linked in statically, ours, come by here. While an Interference lives, each call is asked
// what it shall do; without one, calls do what they always do. Any thread may call; one Interference at a
// time.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace pleat::test {

enum class Call {
    Open,        // for reading
    Create,      // for writing
    OpenFolder,  //
    Read,        // pread
    Write,       // write, pwrite
    Copy,        // copy_file_range
    Flush,       // fsync, fdatasync
    FlushFolder, //
    Close,       // of a file that was read
    CloseWritten,
    CloseFolder,
    Rename,
    RenameFresh, // renameat2
    Remove,      // unlink
    ChangeMode,
    ChangeOwner,
};
constexpr std::size_t callKinds = static_cast<std::size_t>(Call::ChangeOwner) + 1;

std::string name(Call call);

struct SystemCall {
    Call kind;
    int file = -1;         // the descriptor that is written, flushed or closed
    std::size_t bytes = 0; // asked for, by Read, Write and Copy
    int nth = 0;           // of its kind, from 1
    int nthOfAll = 0;
};

struct Reaction {
    int error = 0;         // not 0: the call does nothing and fails with it
    std::size_t limit = 0; // else, not 0: it is asked for this many bytes at most
    bool nothing = false;  // it does nothing and returns 0
};

class Interference final {
public:
    using Before = std::function<Reaction(const SystemCall&)>;
    using After = std::function<void(const SystemCall&)>;

    // `before` says what each call does; `after` is told of those that did something.
    // Nothing is really flushed to disk meanwhile: it takes longer than all the rest, and no test could tell.
    explicit Interference(Before before = {}, After after = {});
    ~Interference();
    Interference(const Interference&) = delete;
    Interference& operator=(const Interference&) = delete;

    int count(Call kind) const { return m_counts[static_cast<std::size_t>(kind)]; }
    int countAll() const { return m_all; }

    // For the wrapped functions.
    SystemCall next(Call kind, int file, std::size_t bytes);
    Before before;
    After after;

private:
    Interference* m_outer;
    std::array<int, callKinds> m_counts{};
    int m_all = 0;
};

// The functions that are wrapped, by their names in C.
const std::vector<std::string>& wrappedFunctions();

} // namespace pleat::test
