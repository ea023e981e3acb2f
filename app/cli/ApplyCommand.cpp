// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/StepLines.h"
#include "app/cli/Terminal.h"
#include "app/cli/Verdict.h"
#include "core/prepare/WorkerEngine.h"
#include "core/recipe/Recipe.h"
#include "core/report/Json.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

struct ApplyArguments {
    std::string recipe, model, output, data = "keep";
    bool dryRun = false, keepGoing = false, verify = false, json = false;
};

// Of the file that a recipe was made with, its name at least is said where it is another one. The same bytes
// under another name are the same source.
Result<bool> isSource(const RecipeSource& source, const Model& model, const std::stop_token& stop)
{
    if (!model.source || model.source->size() != source.bytes)
        return false;
    ProgressBar bar("Comparing");
    const auto now = recipeSource(*model.source, bar, stop);
    if (!now)
        return tl::make_unexpected(now.error());
    return now->sha256 == source.sha256;
}

int runApply(const ApplyArguments& options, const std::stop_token& stop)
{
    if (options.output.empty() && !options.dryRun) {
        say("pleat-cli: apply needs -o OUT, or --dry-run to write nothing");
        return Usage;
    }
    const auto recipe = readRecipe(options.recipe);
    if (!recipe)
        return fail(recipe.error(), CannotRead);
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    ReplayFiles files{
        .recipe = options.recipe, .model = options.model, .output = {}, .data = {}, .sameSource = {}};
    if (recipe->source) {
        const auto same = isSource(*recipe->source, (*view)->model(), stop);
        if (!same)
            return fail(same.error(), CannotRead);
        files.sameSource = *same;
        if (!*same)
            say("pleat-cli: note: the recipe was made with another file, " + recipe->source->file);
    }
    NoProgress quiet;
    const auto engine = workerEngine({.program = thisProgram()});
    const auto& replayed = untilExit(replay(
        *recipe, *view, options.keepGoing ? OnRefusal::GoOn : OnRefusal::Stop, quiet, stop, engine.get()));
    if (!replayed)
        return fail(replayed.error(), CannotRead);
    const bool refused = !replayed->complete();
    if (!refused || options.keepGoing)
        warnOfProblems(**view, *replayed->view);
    return guarded(CannotWrite, [&]() -> int {
        if (options.verify && (!refused || options.keepGoing)) {
            if (const Exit code = verifiedBeforeWriting(**view, *replayed->view, stop); code != Done)
                return code;
        }
        if (!options.dryRun && (!refused || options.keepGoing)) {
            const auto saved = writeModel(replayed->view->model(), options.output, options.data, stop);
            if (!saved)
                return fail(saved.error(), CannotWrite);
            files.output = options.output;
            files.data = saved->dataFile.string();
        }
        if (options.json) {
            if (const auto printed = printText(replayJson(files, *recipe, *replayed)); !printed)
                return fail(printed.error(), CannotWrite);
        } else {
            printSteps(*recipe, *replayed);
            if (!files.output.empty())
                sayWritten(files.output, files.data);
            else if (refused)
                fmt::print("Nothing was written.\n");
        }
        return refused && !options.keepGoing ? Usage : Done;
    });
}

} // namespace

Run addApply(CLI::App& parser)
{
    const auto options = std::make_shared<ApplyArguments>();
    CLI::App& command = *parser.add_subcommand("apply", "Applies the steps of a recipe and writes the model");
    command.add_option("RECIPE", options->recipe, "A recipe (JSON)")->required();
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_option("-o,--output", options->output, "The file to write; replaced if it exists");
    addDataOption(command, options->data);
    command.add_flag("--dry-run", options->dryRun, "Write no model");
    command.add_flag("--keep-going", options->keepGoing,
                     "Leave out the steps that do not apply, instead of stopping at the first");
    command.add_flag("--verify", options->verify,
                     "Write nothing unless ONNX Runtime computes the same before and after: see verify");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runApply(*options, stop); };
}

} // namespace pleat::cli
