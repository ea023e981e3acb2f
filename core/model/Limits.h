// SPDX-License-Identifier: GPL-3.0-or-later
// What Pleat takes for a model at all. A file beyond a limit is refused with a sentence, or what lies beyond
// is left unknown; nothing is cut off in silence. Counts (nodes, tensors, attributes, names) have no limit of
// their own: each costs the file at least two bytes, and memory grows with the bytes of the structure, never
// with what dims or lengths claim. A tensor's bytes are looked at only when they are all there.
// The README's "Limits" says the same in words.
#pragma once

#include <cstdint>
#include <limits>

namespace pleat {

// Bodies of If, Loop and Scan inside each other, and functions of nodes; protobuf itself reads no deeper.
inline constexpr int deepestBody = 33;

// Groups (unknown fields of a kind that ONNX does not use) inside each other: as deep as protobuf reads.
inline constexpr int deepestGroup = 64;

// Dimensions of a tensor. A derived shape of more is taken as unknown.
inline constexpr int highestRank = 64;

// Channels of what is folded: a fold holds a few numbers for each of them in memory.
inline constexpr std::int64_t mostChannels = std::int64_t{1} << 24;

// Elements of a tensor: no more than 2^59, so that bytes and bits of it can be counted.
inline constexpr std::uint64_t mostElements = std::numeric_limits<std::int64_t>::max() / 16;

// The same of a sparse tensor, all of them: the file need not be as large, and whoever looks at it goes
// through all.
inline constexpr std::uint64_t mostSparseElements = std::uint64_t{1} << 36;

// Bytes of one message without the large tensors in it, of the structure as a whole, and of a saved model:
// protobuf's limit. More weights than that go into a data file.
inline constexpr std::uint64_t largestMessage = std::numeric_limits<std::int32_t>::max();

// Sizes, axes, pads and steps in attributes and shapes. Beyond it they are cut to it or unknown: nothing real
// comes near, and sums and differences of a few such numbers cannot overflow.
inline constexpr std::int64_t largestBelieved = std::int64_t{1} << 48;

} // namespace pleat
