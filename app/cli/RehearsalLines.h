// SPDX-License-Identifier: GPL-3.0-or-later
// A rehearsal of quantization in words, for a terminal.
#pragma once

#include "core/verify/Rehearsal.h"

namespace pleat::cli {

inline constexpr std::size_t mostLayers = 10; // the JSON of a verification has them all

// The layers by loss, `most` of them; the outputs; the sentence.
std::vector<std::string> linesOf(const Rehearsal& rehearsal, std::size_t most = mostLayers);

} // namespace pleat::cli
