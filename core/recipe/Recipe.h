// SPDX-License-Identifier: GPL-3.0-or-later
// A list of steps with what they were made for: what is saved, replayed and kept as a session. Its JSON
// (resources/guide/design.md, "Recipes") has a version; RecipeJson.cpp reads and writes it. A plain value.
#pragma once

#include "core/io/File.h"
#include "core/recipe/Step.h"

#include <string_view>

namespace pleat {

// The model file that a recipe was made with.
struct RecipeSource {
    std::string file; // its name, without folders
    std::uint64_t bytes = 0;
    std::string sha256; // 64 hexadecimal digits
    bool operator==(const RecipeSource&) const = default;
};

struct Recipe {
    std::optional<RecipeSource> source;
    std::vector<Step> steps;
};

// What a recipe made with this file says of it. Reads the whole file; errors: those of sha256().
Result<RecipeSource> recipeSource(const File& file, Progress& progress, const std::stop_token& stop);

// As JSON, with a line break at its end.
std::string recipeText(const Recipe& recipe);

// Errors: Unreadable for what is no recipe, is of a newer version or holds a step or parameter that is not
// known; the message says where. `name` is what messages call it.
Result<Recipe> parseRecipe(std::string_view text, const std::string& name);

// Errors: those of File and parseRecipe(), of OutputFile.
Result<Recipe> readRecipe(const std::filesystem::path& path);
Result<void> writeRecipe(const Recipe& recipe, const std::filesystem::path& path);

// What became of one step of a replay.
struct ReplayedStep {
    enum class Status { Applied, Refused, NotReached } status = Status::NotReached;
    Sentence what; // what was done
    Error error;   // why it was refused
    std::size_t changed = 0;
    std::vector<Finding> findings;
};

struct Replay {
    std::shared_ptr<const GraphView> view; // after the steps that were applied
    std::vector<ReplayedStep> steps;       // one for each of the recipe
    bool complete() const;                 // every step was applied
};

enum class OnRefusal { Stop, GoOn };

// Applies the steps in turn. A step that does not fit the model is refused; those behind it are applied or
// not reached. `engine` as for apply(). Errors: what is not about a step: Cancelled, unreadable data.
Result<Replay> replay(const Recipe& recipe, std::shared_ptr<const GraphView> view, OnRefusal onRefusal,
                      Progress& progress, const std::stop_token& stop, Engine* engine = nullptr);

} // namespace pleat
