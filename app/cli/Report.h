// SPDX-License-Identifier: GPL-3.0-or-later
// What the reports of the commands share: a text file that appears whole or not at all, and what a page says
// of a file and of the day.
#pragma once

#include "core/recipe/Recipe.h"
#include "core/report/TextSink.h"

namespace pleat::cli {

bool isPage(const std::string& file); // by its extension, .html or .htm

// Errors: those of `writeTo` and of OutputFile.
Result<void> saveText(const std::string& file, const std::function<Result<void>(const TextSink&)>& writeTo,
                      const std::stop_token& stop);

// Name, size and hash. Errors: those of File and sha256().
Result<RecipeSource> fileFacts(const std::string& file, Progress& progress, const std::stop_token& stop);

std::string today(); // "2026-11-27 11:30 UTC"

} // namespace pleat::cli
