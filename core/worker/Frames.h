// SPDX-License-Identifier: GPL-3.0-or-later
// What goes between a host and its worker, in both directions: frames of a length (4 bytes, little-endian, of
// the body), a kind (1 byte) and a body. Whoever reads believes nothing: a length is checked before a byte of
// it is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pleat {

enum class FrameKind : std::uint8_t {
    Ask = 1,  // host: the parameters; the first frame there is
    Cancel,   // host: to be stopped
    Progress, // worker: done and total, 8 bytes each
    Part,     // worker: the beginning of a piece of the result, more of it follows
    Piece,    // worker: the rest of it
    Done,     // worker: that was all
    Failed    // worker: in place of it; a sentence
};

inline constexpr int channelDescriptor = 3; // in the worker: the socket that frames go through
inline constexpr std::size_t frameHead = 5;
inline constexpr std::size_t largestFrame = std::size_t{1} << 20; // bytes of a body

struct Frame {
    FrameKind kind = FrameKind::Done;
    std::string body;
};

// REQUIRES: the body is not larger than largestFrame.
std::string framed(FrameKind kind, std::string_view body = {});
std::string framedProgress(std::uint64_t done, std::uint64_t total);
struct ProgressFigures {
    std::uint64_t done = 0, total = 0;
};
std::optional<ProgressFigures> progressOf(const Frame& frame); // nothing: it has another length

// Puts frames together from bytes as they come. Holds one frame and what came with it.
class FrameReader final {
public:
    void add(std::string_view bytes);
    std::optional<Frame> next(); // nothing: it is not all there yet, or isNonsense()
    // What came can be no frame: an unknown kind, or a length beyond the limit. Nothing more is read then.
    bool isNonsense() const { return m_nonsense; }

private:
    std::string m_bytes;
    std::size_t m_at = 0; // of m_bytes: read so far
    bool m_nonsense = false;
};

} // namespace pleat
