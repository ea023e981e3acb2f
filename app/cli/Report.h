// SPDX-License-Identifier: GPL-3.0-or-later
// What the reports of the commands share.
#pragma once

#include "core/recipe/Recipe.h"
#include "core/report/TextFile.h"

namespace pleat::cli {

bool isPage(const std::string& file); // by its extension, .html or .htm

// Says so, and is true, where the page would be written over one of these models.
bool wouldOverwrite(const std::string& page, const std::string& before, const std::string& after);

// Name, size and hash. Errors: those of File and sha256().
Result<RecipeSource> fileFacts(const std::string& file, Progress& progress, const std::stop_token& stop);

} // namespace pleat::cli
