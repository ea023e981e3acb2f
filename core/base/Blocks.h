// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace pleat {

// What is read, computed or written of a payload at a time: it stays in the cache of a core.
inline constexpr std::uint64_t blockBytes = std::uint64_t{1} << 20;

} // namespace pleat
