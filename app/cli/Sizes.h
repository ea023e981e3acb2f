// SPDX-License-Identifier: GPL-3.0-or-later
// --dim NAME=N, given any number of times.
#pragma once

#include "core/base/Result.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pleat::cli {

// Errors: Usage for what is no NAME=N, with N from 1 on.
Result<std::map<std::string, std::int64_t>> sizesOf(const std::vector<std::string>& dims);

} // namespace pleat::cli
