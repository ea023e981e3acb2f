// SPDX-License-Identifier: GPL-3.0-or-later
// Graphs like those of networks, to be laid out and painted.
#pragma once

#include "core/layout/GraphLayout.h"

#include <array>
#include <string_view>

namespace pleat::bench {

// Residual blocks; residual, inception and dense blocks in turn; dense blocks of 32 layers; one node behind
// the other; 100 branches side by side, again and again.
inline constexpr std::array<std::string_view, 5> graphKinds{"skip", "mixed", "dense", "chain", "wide"};

// One of the kinds, with that many nodes or a block more.
layout::LayoutInput generateGraph(std::string_view kind, std::size_t nodes);

} // namespace pleat::bench
