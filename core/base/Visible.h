// SPDX-License-Identifier: GPL-3.0-or-later
// Text of a file (names, paths, a producer, sentences with such in them) made safe to show. What would steer
// a terminal, turn the direction of writing or begin a line of its own is written out: control characters
// (C0, DEL, C1), the bidirectional controls, line and paragraph separators, and bytes that are no UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace pleat {

// For a terminal or a message: "\n", "\x1b", "\u202e", "\xff" for a lone byte. All else stays as it is.
std::string visible(std::string_view text);

// The same for a finished JSON text, which stays valid and means the same: only \u escapes, and only for what
// JSON itself lets pass (DEL, C1, bidirectional controls, separators).
std::string visibleJson(std::string json);

} // namespace pleat
