// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/EditRun.h"

#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/StepLines.h"
#include "app/cli/Terminal.h"
#include "core/prepare/WorkerEngine.h"
#include "core/report/Json.h"

#include <CLI/CLI.hpp>

namespace pleat::cli {

void addTargetOptions(CLI::App& command, EditTarget& target)
{
    command.add_option("-o,--out", target.output, "The file to write; replaced if it exists");
    addDataOption(command, target.data);
    command.add_flag("--dry-run", target.dryRun, "Write no model");
    command.add_option("--recipe,--save-recipe", target.recipe,
                       "Write what was done to this file, for pleat-cli apply and the window");
    command.add_flag("--json", target.json, "One JSON object on standard output");
}

int runEdits(const EditTarget& target, const std::vector<MakeStep>& steps, const std::stop_token& stop)
{
    if (overwritesModel(target.recipe, target.model, target.output))
        return Usage;
    const auto& view = untilExit(openView(target.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    Recipe recipe;
    Replay done{*view, {}};
    NoProgress quiet;
    const auto engine = workerEngine({.program = thisProgram()});
    for (const MakeStep& make : steps) {
        auto step = make(*done.view);
        if (!step)
            return fail(step.error(), Usage);
        const Recipe one{{}, {std::move(*step)}};
        auto replayed = replay(one, done.view, OnRefusal::Stop, quiet, stop, engine.get());
        if (!replayed)
            return fail(replayed.error(), CannotRead);
        if (!replayed->complete())
            return fail(replayed->steps.front().error, Usage);
        done.view = std::move(replayed->view);
        done.steps.push_back(std::move(replayed->steps.front()));
        recipe.steps.push_back(one.steps.front());
    }
    warnOfProblems(**view, *done.view);
    return guarded(CannotWrite, [&]() -> int {
        ReplayFiles files{
            .recipe = target.recipe, .model = target.model, .output = {}, .data = {}, .sameSource = {}};
        if (!target.dryRun) {
            const auto saved = writeModel(done.view->model(), target.output, target.data, stop);
            if (!saved)
                return fail(saved.error(), CannotWrite);
            files.output = target.output;
            files.data = saved->dataFile.string();
        }
        if (!target.recipe.empty()) {
            if (const auto saved = saveRecipe(recipe, target.recipe, (*view)->model(), stop); !saved)
                return fail(saved.error(), CannotWrite);
        }
        if (target.json) {
            const auto printed = printText(replayJson(files, recipe, done));
            return printed ? Done : fail(printed.error(), CannotWrite);
        }
        printSteps(recipe, done);
        if (!files.output.empty())
            sayWritten(files.output, files.data);
        return Done;
    });
}

} // namespace pleat::cli
