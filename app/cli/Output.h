// SPDX-License-Identifier: GPL-3.0-or-later
// Writing the model that a command has made: the same option, progress and words for each of them.
#pragma once

#include "core/model/ModelWriter.h"
#include "core/recipe/Recipe.h"

#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace pleat::cli {

// --data keep, inline or external.
void addDataOption(CLI::App& command, std::string& word);

// With a progress bar; notices go to standard error. `data` is a word of --data.
Result<Saved> writeModel(const Model& model, const std::string& output, const std::string& data,
                         const std::stop_token& stop);

// "Written to OUT and DATA", on standard output.
void sayWritten(const std::string& output, const std::string& dataFile);

// What was done to the model of this file, for pleat-cli apply and the window. Errors: those of
// recipeSource() and writeRecipe().
Result<void> saveRecipe(Recipe recipe, const std::string& file, const Model& model,
                        const std::stop_token& stop);

// Whether a recipe would be written over the model that it is made from or makes; says so.
bool overwritesModel(const std::string& recipe, const std::string& model, const std::string& output);

// Also where one is spelled in another way, or is a link to the other.
bool areOneFile(const std::string& a, const std::string& b);

} // namespace pleat::cli
