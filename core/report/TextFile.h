// SPDX-License-Identifier: GPL-3.0-or-later
// A report as a file, and the day that it is of.
#pragma once

#include "core/report/TextSink.h"

#include <filesystem>
#include <stop_token>
#include <string>

namespace pleat {

// It appears whole or not at all. Errors: those of `writeTo` and of OutputFile.
Result<void> saveText(const std::filesystem::path& file,
                      const std::function<Result<void>(const TextSink&)>& writeTo,
                      const std::stop_token& stop);

std::string today(); // "2026-11-27 11:30 UTC"

} // namespace pleat
