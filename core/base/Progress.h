// SPDX-License-Identifier: GPL-3.0-or-later
// How long work tells how far it is. Whoever starts the work owns the sink; it is called from the working
// thread, so a sink for the window must hand the figures over to its own thread. Cancelling is a
// std::stop_token beside it.
#pragma once

#include <cstdint>

namespace pleat {

class Progress {
public:
    virtual ~Progress() = default;
    // `done` of `total` units of work (bytes, nodes…) are finished; total 0 means that the end is not known.
    virtual void advance(std::uint64_t done, std::uint64_t total) = 0;
};

// A sink for callers who do not want to know.
class NoProgress final : public Progress {
public:
    void advance(std::uint64_t, std::uint64_t) override {}
};

} // namespace pleat
