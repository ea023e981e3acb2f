// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/EditRun.h"
#include "app/cli/Output.h"
#include "app/cli/Terminal.h"
#include "core/recipe/Recipe.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

struct MergeArguments {
    EditTarget target;
    MergeModel step;
    std::vector<std::string> joins;
};

Result<std::vector<Join>> joinsOf(const std::vector<std::string>& texts)
{
    std::vector<Join> joins;
    for (const std::string& text : texts) {
        const std::size_t at = text.rfind('=');
        if (at == std::string::npos || at == 0 || at + 1 == text.size())
            return failure(ErrorCode::Usage, fmt::format("--join: \"{}\" must be OUT=IN.", text));
        joins.push_back({text.substr(0, at), text.substr(at + 1)});
    }
    return joins;
}

int runMerge(const MergeArguments& options, const std::stop_token& stop)
{
    if (options.target.output.empty() && !options.target.dryRun) {
        say("pleat-cli: merge needs -o OUT, or --dry-run to write nothing");
        return Usage;
    }
    if (overwritesModel(options.target.recipe, options.step.file, options.target.output))
        return Usage;
    MergeModel step = options.step;
    auto joins = joinsOf(options.joins);
    if (!joins)
        return fail(joins.error(), Usage);
    step.joins = std::move(*joins);
    if (!options.target.recipe.empty()) { // which says what was meant
        ProgressBar bar("Reading");
        const auto file = File::open(step.file);
        const auto source =
            file ? recipeSource(**file, bar, stop) : Result<RecipeSource>(tl::make_unexpected(file.error()));
        if (!source)
            return fail(source.error(), CannotRead);
        step.bytes = source->bytes;
        step.sha256 = source->sha256;
    }
    return runEdits(options.target, {[&](const GraphView&) -> Result<EditStep> { return step; }}, stop);
}

} // namespace

Run addMerge(CLI::App& parser)
{
    const auto options = std::make_shared<MergeArguments>();
    CLI::App& command = *parser.add_subcommand(
        "merge", "Puts another model behind a model, or beside it, and writes both as one");
    command.add_option("MODEL", options->target.model, "An ONNX file")->required();
    command.add_option("OTHER", options->step.file, "The ONNX file that is put into it")->required();
    addTargetOptions(command, options->target);
    CLI::Option* const join =
        command
            .add_option("--join", options->joins,
                        "OUT=IN: a tensor of MODEL becomes an input of OTHER; without it, outputs become the "
                        "inputs of their name, or the only one the only one")
            ->allow_extra_args(false);
    command.add_option("--prefix", options->step.prefix, "Before the names of all that comes from OTHER");
    command.add_flag("--beside", options->step.beside, "Join nothing")->excludes(join);
    return [options](const std::stop_token& stop) { return runMerge(*options, stop); };
}

} // namespace pleat::cli
