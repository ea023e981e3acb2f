// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Output.h"

#include "app/cli/Terminal.h"
#include "core/base/Visible.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

DataPlacement placement(const std::string& word)
{
    return word == "inline"     ? DataPlacement::Inline
           : word == "external" ? DataPlacement::External
                                : DataPlacement::Keep;
}

} // namespace

void addDataOption(CLI::App& command, std::string& word)
{
    command
        .add_option("--data", word,
                    "Weights: keep (inside or in data files, as they are), inline (all inside the model), "
                    "external (all in one data file)")
        ->check(CLI::IsMember({"keep", "inline", "external"}));
}

Result<Saved> writeModel(const Model& model, const std::string& output, const std::string& data,
                         const std::stop_token& stop)
{
    ProgressBar bar("Writing");
    auto saved = saveModel(model, output, bar, stop, placement(data));
    if (saved) {
        for (const std::string& notice : saved->notices)
            say("pleat-cli: warning: " + notice);
    }
    return saved;
}

void sayWritten(const std::string& output, const std::string& dataFile)
{
    fmt::print("Written to {}{}\n", visible(output), dataFile.empty() ? "" : " and " + visible(dataFile));
}

Result<void> saveRecipe(Recipe recipe, const std::string& file, const Model& model,
                        const std::stop_token& stop)
{
    ProgressBar bar("Reading");
    auto source = recipeSource(*model.source, bar, stop);
    if (!source)
        return tl::make_unexpected(std::move(source.error()));
    recipe.source = std::move(*source);
    return writeRecipe(recipe, file);
}

bool overwritesModel(const std::string& recipe, const std::string& model, const std::string& output)
{
    const bool does = !recipe.empty() && (areOneFile(recipe, model) || areOneFile(recipe, output));
    if (does)
        say("pleat-cli: --recipe would overwrite the model; give it a file of its own");
    return does;
}

bool areOneFile(const std::string& a, const std::string& b)
{
    const auto plain = [](const std::string& file) {
        std::error_code error;
        return std::filesystem::weakly_canonical(std::filesystem::absolute(file, error), error);
    };
    return plain(a) == plain(b);
}

} // namespace pleat::cli
