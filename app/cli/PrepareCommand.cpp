// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/Sizes.h"
#include "app/cli/Terminal.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/prepare/Dims.h"
#include "core/prepare/WorkerEngine.h"
#include "core/report/Json.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

struct PrepareArguments {
    std::string model, output, recipe, data = "keep";
    std::vector<std::string> passes, dims;
    std::uint64_t largestResult = PrepareOptions().largestResult;
    std::int64_t opset = 0;
    bool list = false, verbose = false, dryRun = false, json = false;
};

Result<PrepareOptions> prepareOptions(const PrepareArguments& options)
{
    PrepareOptions made;
    made.largestResult = options.largestResult;
    if (options.opset != 0)
        made.opset = options.opset;
    auto sizes = sizesOf(options.dims);
    if (!sizes)
        return tl::make_unexpected(std::move(sizes.error()));
    made.dims = std::move(*sizes);
    return made;
}

// The ids in the order of the table; what --dim and --opset need comes by itself.
Result<std::vector<std::string>> chosenPasses(const PrepareArguments& options)
{
    std::vector<std::string> wanted;
    for (const std::string& id : options.passes) {
        if (id == "default") {
            const auto all = defaultPasses();
            wanted.insert(wanted.end(), all.begin(), all.end());
        } else if (findPass(id)) {
            wanted.push_back(id);
        } else {
            return failure(ErrorCode::Usage,
                           fmt::format("There is no pass called \"{}\"; --list names them.", id));
        }
    }
    if (!options.dims.empty())
        wanted.emplace_back("dims");
    if (options.opset != 0)
        wanted.emplace_back("opset");
    std::vector<std::string> chosen;
    for (const Pass& pass : passes()) {
        if (std::ranges::find(wanted, pass.id) != wanted.end())
            chosen.emplace_back(pass.id);
    }
    return chosen;
}

std::string operatorsText(const std::map<std::string, std::int64_t>& changes)
{
    std::string text;
    for (const auto& [op, change] : changes)
        text += fmt::format("{}{:+} {}", text.empty() ? "" : ", ", change, op);
    return text;
}

void printLeft(const std::vector<LeftPlace>& places, std::string_view pass, const GraphView& view)
{
    for (const LeftPlace& place : places)
        fmt::print("left      {}\n          [{}: {}] {}\n", visible(lastingId(view, view.find(place.node))),
                   pass, place.code, visible(place.why.text()));
}

int list(const PrepareArguments& options, const std::vector<ListedPass>& listed, const std::stop_token& stop)
{
    const auto runtime = findOnnxRuntime({.program = thisProgram()}, stop);
    if (options.json) {
        const auto printed = printText(passesJson(options.model, listed, runtime));
        return printed ? Done : fail(printed.error(), CannotWrite);
    }
    for (const ListedPass& each : listed) {
        fmt::print("{:<24}{:<12}{}\n", each.pass->id, each.pass->byDefault ? "default" : "on request",
                   each.alone ? fmt::format("{:>6}  {}", each.alone->done.size(), each.pass->about)
                              : std::string(each.pass->about));
        if (!options.verbose)
            continue;
        if (each.alone)
            printLeft(each.alone->left, each.pass->id, each.alone->after.view());
        else if (!each.problem.empty())
            fmt::print("          {}\n", visible(each.problem));
    }
    if (runtime)
        fmt::print("fold-constants has ONNX Runtime {} too, from {}\n", runtime->version,
                   visible(runtime->path.string()));
    else
        fmt::print("fold-constants goes without ONNX Runtime. {}\n", visible(runtime.error().message));
    return Done;
}

// With what each pass alone would do to the model, where one is given.
int listPasses(const PrepareArguments& options, const PrepareOptions& rules, const std::stop_token& stop)
{
    std::vector<ListedPass> listed;
    for (const Pass& pass : passes())
        listed.push_back({&pass, {}, {}});
    if (options.model.empty())
        return list(options, listed, stop);
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    if (const auto known = requireSymbols(**view, rules.dims); !known)
        return fail(known.error(), Usage);
    const Subject subject(*view);
    const auto engine = workerEngine({.program = thisProgram()});
    for (ListedPass& each : listed) {
        if (each.pass->id == "dims" && rules.dims.empty())
            continue;
        ProgressBar bar("Looking");
        auto alone = prepare(each.pass->id, subject, rules, bar, stop, engine.get());
        if (!alone && alone.error().code == ErrorCode::Cancelled)
            return fail(alone.error(), CannotRead);
        if (alone)
            each.alone = std::move(*alone);
        else
            each.problem = std::move(alone.error().message);
        if (!each.problem.empty() && !options.verbose)
            say(fmt::format("pleat-cli: {}: {}", each.pass->id, each.problem));
    }
    return list(options, listed, stop);
}

void print(const PrepareArguments& options, const PrepareFiles& files, const GraphView& before,
           const PreparedAll& prepared)
{
    const GraphView* last = &before;
    std::size_t places = 0;
    for (const AppliedPass& pass : prepared.applied) {
        places += pass.done.size();
        fmt::print("{:<24}{:>6}  {}\n", pass.pass, pass.done.size(),
                   visible(operatorsText(operatorChanges(*last, pass.after.view()))));
        last = &pass.after.view();
    }
    for (const auto& [pass, place] : prepared.left)
        printLeft({place}, pass, *last);
    const std::string operators = visible(operatorsText(operatorChanges(before, *last)));
    if (prepared.applied.empty())
        fmt::print("There was nothing to prepare.\n");
    else
        fmt::print("{} {}{}.\n", options.dryRun ? "Would change" : "Changed", counted(places, "place"),
                   operators.empty() ? operators : ": " + operators);
    if (!files.output.empty())
        sayWritten(files.output, files.data);
}

int runPrepare(const PrepareArguments& options, const std::stop_token& stop)
{
    const auto rules = prepareOptions(options);
    if (!rules)
        return fail(rules.error(), Usage);
    if (options.list)
        return listPasses(options, *rules, stop);
    if (options.model.empty() || (options.output.empty() && !options.dryRun)) {
        say("pleat-cli: prepare needs MODEL and -o OUT, or --dry-run to write nothing, or --list");
        return Usage;
    }
    if (overwritesModel(options.recipe, options.model, options.output))
        return Usage;
    const auto chosen = chosenPasses(options);
    if (!chosen)
        return fail(chosen.error(), Usage);
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    if (const auto known = requireSymbols(**view, rules->dims); !known)
        return fail(known.error(), Usage);
    ProgressBar bar("Preparing");
    const auto engine = workerEngine({.program = thisProgram()});
    const auto& prepared = untilExit(prepareAll(*chosen, Subject(*view), *rules, bar, stop, engine.get()));
    if (!prepared)
        return fail(prepared.error(), prepared.error().code == ErrorCode::Usage ? Usage : CannotRead);
    return guarded(CannotWrite, [&]() -> int {
        PrepareFiles files{.model = options.model, .output = {}, .data = {}};
        if (!options.dryRun) {
            const auto saved = writeModel(prepared->after.view().model(), options.output, options.data, stop);
            if (!saved)
                return fail(saved.error(), CannotWrite);
            files.output = options.output;
            files.data = saved->dataFile.string();
        }
        if (!options.recipe.empty()) {
            Recipe recipe;
            for (const AppliedPass& pass : prepared->applied)
                recipe.steps.emplace_back(PrepareStep{pass.pass, *rules});
            if (const auto saved = saveRecipe(std::move(recipe), options.recipe, (*view)->model(), stop);
                !saved)
                return fail(saved.error(), CannotWrite);
        }
        if (!options.json) {
            print(options, files, **view, *prepared);
            return Done;
        }
        const auto printed = printText(prepareJson(files, **view, *prepared));
        return printed ? Done : fail(printed.error(), CannotWrite);
    });
}

} // namespace

Run addPrepare(CLI::App& parser)
{
    const auto options = std::make_shared<PrepareArguments>();
    options->passes = {"default"};
    CLI::App& command =
        *parser.add_subcommand("prepare", "Simplifies the model before folding, pass by pass, and writes it");
    command.add_option("MODEL", options->model, "An ONNX file");
    command.add_option("-o,--output", options->output, "The file to write; replaced if it exists");
    addDataOption(command, options->data);
    command
        .add_option("--passes", options->passes,
                    "The passes to apply, by comma; default: those that are on by default")
        ->delimiter(',')
        ->allow_extra_args(false);
    command
        .add_option("--dim", options->dims, "NAME=N: the size of a symbolic dimension; may be given again")
        ->allow_extra_args(false);
    command.add_option("--largest-result", options->largestResult, "Bytes that a computed constant may have")
        ->transform(CLI::AsSizeValue(false))
        ->capture_default_str();
    command.add_option("--opset", options->opset, "Convert to this version of ONNX's operators, a later one")
        ->check(CLI::PositiveNumber);
    command.add_flag("--list", options->list,
                     "Name the passes, and with MODEL how many places each alone would change");
    command.add_flag("-v,--verbose", options->verbose,
                     "With --list and MODEL: what each pass would leave as it is, and why");
    command.add_flag("--dry-run", options->dryRun, "Write no model");
    command.add_option("--recipe", options->recipe,
                       "Write what was done to this file, for pleat-cli apply and the window");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runPrepare(*options, stop); };
}

} // namespace pleat::cli
