// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/EditOptions.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/StepLines.h"
#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/edit/Problems.h"
#include "core/prepare/WorkerEngine.h"
#include "core/report/Json.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

// One option as it was given.
struct Given {
    const EditOption* option = nullptr; // null: the cut
    std::string text;
};

struct EditArguments {
    std::string model, output, recipe, data = "keep";
    std::vector<std::vector<std::string>> texts; // by option, as the parser has them
    std::vector<std::string> cut, cutFrom;
    std::vector<Given> given; // in the order of the command line
    bool dryRun = false, json = false;
};

Result<EditStep> stepOf(const Given& given, const EditArguments& options, const GraphView& view)
{
    if (!given.option)
        return CutOut{options.cutFrom, options.cut};
    auto step = given.option->step(view, given.text);
    if (!step)
        step.error().message = fmt::format("{}: {}", given.option->flag, step.error().message);
    return step;
}

// What does not fit together any more is written all the same, and said.
void warnOfProblems(const GraphView& before, const GraphView& after)
{
    std::vector<std::string> warnings;
    for (const Finding& problem : newProblems(before, after))
        warnings.push_back(fmt::format("{} [{}]", problem.message.text(), problem.code));
    for (const std::string& warning : shortened(std::move(warnings), "things do not fit together"))
        say("pleat-cli: warning: " + warning);
}

int runEdit(const EditArguments& options, const std::stop_token& stop)
{
    if (options.output.empty() && !options.dryRun) {
        say("pleat-cli: edit needs -o OUT, or --dry-run to write nothing");
        return Usage;
    }
    if (options.given.empty()) {
        say("pleat-cli: edit needs something to do: see --help");
        return Usage;
    }
    if (!options.recipe.empty() &&
        (areOneFile(options.recipe, options.model) || areOneFile(options.recipe, options.output))) {
        say("pleat-cli: --recipe would overwrite the model; give it a file of its own");
        return Usage;
    }
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    Recipe recipe;
    Replay done{*view, {}};
    NoProgress quiet;
    const auto engine = workerEngine({.program = thisProgram()});
    for (const Given& given : options.given) {
        auto step = stepOf(given, options, *done.view);
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
            .recipe = options.recipe, .model = options.model, .output = {}, .data = {}, .sameSource = {}};
        if (!options.dryRun) {
            const auto saved = writeModel(done.view->model(), options.output, options.data, stop);
            if (!saved)
                return fail(saved.error(), CannotWrite);
            files.output = options.output;
            files.data = saved->dataFile.string();
        }
        if (!options.recipe.empty()) {
            if (const auto saved = saveRecipe(recipe, options.recipe, (*view)->model(), stop); !saved)
                return fail(saved.error(), CannotWrite);
        }
        if (options.json) {
            const auto printed = printText(replayJson(files, recipe, done));
            return printed ? Done : fail(printed.error(), CannotWrite);
        }
        printSteps(recipe, done);
        if (!files.output.empty())
            sayWritten(files.output, files.data);
        return Done;
    });
}

// The order of the command line is that of the steps; the cut stands where its first tensor does.
void collect(const CLI::App& command, EditArguments& options)
{
    std::vector<std::size_t> taken(options.texts.size());
    bool hasCut = false;
    for (const CLI::Option* const each : command.parse_order()) {
        const std::string flag = each->get_name();
        const auto known = std::ranges::find(editOptions(), flag, &EditOption::flag);
        if (known != editOptions().end()) {
            const auto place = static_cast<std::size_t>(known - editOptions().begin());
            options.given.push_back({&*known, options.texts[place].at(taken[place]++)});
        } else if ((flag == "--cut" || flag == "--cut-from") && !std::exchange(hasCut, true)) {
            options.given.emplace_back();
        }
    }
}

} // namespace

Run addEdit(CLI::App& parser)
{
    const auto options = std::make_shared<EditArguments>();
    options->texts.resize(editOptions().size());
    CLI::App& command = *parser.add_subcommand(
        "edit",
        "Changes a model by hand, in the order of the options, and writes it: names, nodes, attributes, "
        "inputs, outputs, tensors");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_option("-o,--out", options->output, "The file to write; replaced if it exists");
    addDataOption(command, options->data);
    for (std::size_t o = 0; o < editOptions().size(); ++o)
        command.add_option(editOptions()[o].flag, options->texts[o], editOptions()[o].about)
            ->allow_extra_args(false);
    command.add_option("--cut", options->cut,
                       "TENSOR…: become the outputs; what they do not need goes, with its weights");
    command.add_option("--cut-from", options->cutFrom,
                       "TENSOR…: become inputs; what only they needed goes, with its weights");
    command.add_flag("--dry-run", options->dryRun, "Write no model");
    command.add_option("--recipe,--save-recipe", options->recipe,
                       "Write what was done to this file, for pleat-cli apply and the window");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options, &command](const std::stop_token& stop) {
        collect(command, *options);
        return runEdit(*options, stop);
    };
}

} // namespace pleat::cli
