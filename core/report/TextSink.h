// SPDX-License-Identifier: GPL-3.0-or-later
// Where the text of a report goes, piece by piece, so that none is ever in memory as a whole.
#pragma once

#include "core/base/Result.h"

#include <functional>
#include <string_view>

namespace pleat {

// Takes the next piece of the text. An Error ends the report and is its result.
using TextSink = std::function<Result<void>(std::string_view)>;

} // namespace pleat
