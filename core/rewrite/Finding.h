// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/Sentence.h"

#include <string>

namespace pleat {

// Something about the result of a change that whoever asked for it should know: why a batch norm is left, or
// a warning.
struct Finding {
    std::string code; // of the reason or the warning
    std::string id;   // a FoldId, or lastingId() of a node or tensor; may be empty
    Sentence message;
};

} // namespace pleat
