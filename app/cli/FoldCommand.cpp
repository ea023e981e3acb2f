// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/RehearsalLines.h"
#include "app/cli/Rehearsing.h"
#include "app/cli/Report.h"
#include "app/cli/Terminal.h"
#include "app/cli/Verdict.h"
#include "core/base/Text.h"
#include "core/base/Visible.h"
#include "core/recipe/Recipe.h"
#include "core/report/FoldHtml.h"
#include "core/report/Json.h"
#include "core/report/Safetensors.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <unordered_map>

namespace pleat::cli {

namespace {

struct FoldArguments {
    std::string model, output, report, recipe, stateDict, rest, data = "keep";
    std::vector<std::string> only;
    bool dryRun = false, affine = false, quantized = false, padUniform = false, freezeInputs = false,
         allowOverflow = false, verify = false, json = false;
    RehearsalArguments rehearsal;
};

// The options that decide what the result is, as they were given.
std::vector<std::string> wordsOf(const FoldArguments& options)
{
    std::vector<std::string> words;
    const auto add = [&words](bool given, std::string word) {
        if (given)
            words.push_back(std::move(word));
    };
    for (const std::string& id : options.only)
        words.push_back("--only " + id);
    add(options.affine, "--affine");
    add(options.quantized, "--qdq");
    add(options.padUniform, "--pad-uniform");
    add(options.freezeInputs, "--freeze-inputs");
    add(options.allowOverflow, "--allow-overflow");
    add(!options.rest.empty(), "--normalize-rest=" + options.rest);
    add(options.data != "keep", "--data " + options.data);
    return words;
}

Result<void> writePage(const FoldArguments& options, const FoldFiles& files, const GraphView& before,
                       const FoldOutcome& outcome, const std::stop_token& stop)
{
    ProgressBar bar("Reporting");
    auto model = recipeSource(*before.model().source, bar, stop);
    if (!model)
        return tl::make_unexpected(std::move(model.error()));
    FoldPage page{std::move(*model), std::nullopt, files.data, wordsOf(options), today()};
    if (!files.output.empty()) {
        auto output = fileFacts(files.output, bar, stop);
        if (!output)
            return tl::make_unexpected(std::move(output.error()));
        page.output = std::move(*output);
    }
    return saveText(
        options.report,
        [&](const TextSink& write) { return foldHtml(page, before, outcome, write, bar, stop); }, stop);
}

Result<void> writeReport(const FoldArguments& options, const FoldFiles& files, const GraphView& before,
                         const FoldOutcome& outcome, const std::stop_token& stop)
{
    if (isPage(options.report))
        return writePage(options, files, before, outcome, stop);
    return saveText(
        options.report,
        [&](const TextSink& write) { return foldJson(files, outcome.pairs, Arrays::Include, write); }, stop);
}

void print(const FoldArguments& options, const FoldFiles& files, const FoldOutcome& outcome)
{
    std::size_t folded = 0, left = 0, batchNorms = 0;
    for (const FoldedPair& pair : outcome.pairs) {
        folded += pair.folded;
        batchNorms += pair.candidate.batchNorm;
        left += pair.candidate.batchNorm && !pair.folded;
        if (!pair.folded && pair.candidate.reason)
            fmt::print("left      {}\n          [{}] {}\n", visible(pair.candidate.id),
                       code(*pair.candidate.reason), visible(pair.candidate.message.text()));
    }
    if (batchNorms == 0 && folded == 0)
        fmt::print("There is no batch norm in this model, nothing to fold.\n");
    else if (folded == 0)
        fmt::print("Nothing was folded; {} of {} batch norms are left.\n", batchNorms, batchNorms);
    else
        fmt::print("{} {}; {} of {} batch norms are left.\n", options.dryRun ? "Would fold" : "Folded",
                   folded, left, batchNorms);
    if (!options.dryRun)
        sayWritten(files.output, files.data);
    if (!files.written)
        return;
    fmt::print("Written to {}: {} under the names of the PyTorch network\n", visible(files.stateDict),
               counted(files.written->tensors.size(), "tensor"));
    for (const MappedName& name : files.written->mapped)
        fmt::print("mapped    {} is {}, by {}\n", visible(name.from), visible(name.to), visible(name.how));
    for (const std::string& name : files.written->leftOut)
        fmt::print("left out  {}, which is no name of a parameter\n", visible(name));
}

// The result first, so that a report never tells of a file that is not there.
int write(const FoldArguments& options, const std::shared_ptr<const GraphView>& before,
          const FoldOutcome& outcome, const std::stop_token& stop)
{
    FoldFiles files{.model = options.model, .output = {}, .data = {}};
    std::optional<StateDict> dict;
    if (!options.stateDict.empty()) {
        auto made = stateDict(before, outcome);
        if (!made)
            return fail(made.error(), CannotWrite);
        dict = std::move(*made);
    }
    if (!options.dryRun) {
        const auto saved = writeModel(outcome.after, options.output, options.data, stop);
        if (!saved)
            return fail(saved.error(), CannotWrite);
        files.output = options.output;
        files.data = saved->dataFile.string();
    }
    if (dict) {
        if (const auto saved = saveSafetensors(options.stateDict, dict->tensors, {{"format", "pt"}}, stop);
            !saved)
            return fail(saved.error(), CannotWrite);
        for (const std::string& notice : dict->notices)
            say("pleat-cli: warning: " + notice);
        files.stateDict = options.stateDict;
        files.written = &*dict;
    }
    if (!options.report.empty()) {
        if (const auto reported = writeReport(options, files, *before, outcome, stop); !reported)
            return fail(reported.error(), CannotWrite);
    }
    if (!options.json) {
        print(options, files, outcome);
        return Done;
    }
    if (const auto printed = foldJson(files, outcome.pairs, Arrays::LeaveOut, printText); !printed)
        return fail(printed.error(), CannotWrite);
    return Done;
}

// What the options ask for, as steps.
Recipe recipeOf(const FoldArguments& options)
{
    const FoldOptions rules{.allowOverflow = options.allowOverflow,
                            .constantsToo = options.affine,
                            .quantizedToo = options.quantized,
                            .padUniform = options.padUniform,
                            .freezeInputs = options.freezeInputs};
    Recipe recipe;
    recipe.steps.emplace_back(
        FoldStep{options.only.empty() ? std::nullopt : std::optional(options.only), rules});
    if (!options.rest.empty())
        recipe.steps.emplace_back(
            CanonicalizeStep{options.rest == "mul-add" ? Rest::MulAdd : Rest::Normalise, rules});
    return recipe;
}

// The model after all steps, with every pair as the last one left it.
Result<FoldOutcome> applied(const Recipe& recipe, const std::shared_ptr<const GraphView>& view,
                            const std::stop_token& stop)
{
    NoProgress quiet;
    auto first = apply(recipe.steps.front(), view, quiet, stop);
    if (!first)
        return tl::make_unexpected(std::move(first.error()));
    FoldOutcome outcome = std::move(first->outcome);
    for (std::size_t s = 1; s < recipe.steps.size(); ++s) {
        auto next = apply(recipe.steps[s], GraphView::of(outcome.after), quiet, stop);
        if (!next)
            return tl::make_unexpected(std::move(next.error()));
        std::unordered_map<FoldId, FoldedPair*> left;
        for (FoldedPair& pair : next->outcome.pairs)
            left.emplace(pair.candidate.id, &pair);
        for (FoldedPair& pair : outcome.pairs) {
            const auto found = left.find(pair.candidate.id);
            if (!pair.folded && found != left.end())
                pair = std::move(*found->second);
        }
        outcome.after = std::move(next->outcome.after);
    }
    return outcome;
}

// Says on standard error what the folded weights will lose by being rounded, where somebody asks.
int rehearsedBeforeWriting(const std::shared_ptr<const GraphView>& before,
                           const std::shared_ptr<const GraphView>& after, const RehearsalArguments& arguments,
                           const std::stop_token& stop)
{
    if (!arguments.isWanted())
        return Done;
    const auto inputs = randomBatches(before, VerifyOptions().seed, {}, arguments.samples);
    if (!inputs)
        return fail(inputs.error(), CannotVerify);
    const auto rehearsal = rehearsed(before, after, *inputs, arguments, {.program = thisProgram()}, stop);
    if (!rehearsal)
        return fail(rehearsal.error(), CannotVerify);
    for (const std::string& line : linesOf(*rehearsal))
        say("pleat-cli: " + line);
    return Done;
}

int runFold(const FoldArguments& options, const std::stop_token& stop)
{
    if (options.output.empty() && !options.dryRun) {
        say("pleat-cli: fold needs -o OUT, or --dry-run to write nothing");
        return Usage;
    }
    const std::array beside{std::pair("--report", options.report), std::pair("--recipe", options.recipe),
                            std::pair("--state-dict", options.stateDict)};
    for (const auto& [option, file] : beside) {
        if (!file.empty() && (areOneFile(file, options.model) || areOneFile(file, options.output))) {
            say(fmt::format("pleat-cli: {} would overwrite the model; give it a file of its own", option));
            return Usage;
        }
        for (const auto& [other, otherFile] : beside) {
            if (!file.empty() && other != option && areOneFile(file, otherFile)) {
                say(fmt::format("pleat-cli: {} and {} name the same file", option, other));
                return Usage;
            }
        }
    }
    const auto& view = untilExit(openView(options.model, stop));
    if (!view)
        return fail(view.error(), CannotRead);
    const Recipe recipe = recipeOf(options);
    auto& outcome = untilExit(applied(recipe, *view, stop));
    if (!outcome)
        return fail(outcome.error(), CannotRead);
    if (options.json || (!options.report.empty() && !isPage(options.report))) {
        ProgressBar bar("Measuring");
        if (const auto measured = measureRanges((*view)->model(), *outcome, bar, stop); !measured)
            return fail(measured.error(), CannotRead);
    }
    return guarded(CannotWrite, [&]() -> int {
        if (options.verify) {
            const auto after = GraphView::of(outcome->after);
            if (const Exit code = verifiedBeforeWriting(**view, *after, stop); code != Done)
                return code;
            if (const int code = rehearsedBeforeWriting(*view, after, options.rehearsal, stop); code != Done)
                return code;
        }
        if (const int code = write(options, *view, *outcome, stop); code != Done || options.recipe.empty())
            return code;
        const auto saved = saveRecipe(recipe, options.recipe, (*view)->model(), stop);
        return saved ? Done : fail(saved.error(), CannotWrite);
    });
}

} // namespace

Run addFold(CLI::App& parser)
{
    const auto options = std::make_shared<FoldArguments>();
    CLI::App& command =
        *parser.add_subcommand("fold", "Folds batch norms into their layers and writes the model");
    command.add_option("MODEL", options->model, "An ONNX file")->required();
    command.add_option("-o,--output", options->output, "The file to write; replaced if it exists");
    command
        .add_option("--only", options->only,
                    "Fold just this one; may be given again (ids are those of pairs)")
        ->allow_extra_args(false);
    auto* affine = command.add_flag("--affine", options->affine,
                                    "Fold scales and shifts by constants too, not only batch norms");
    addDataOption(command, options->data);
    command.add_flag("--dry-run", options->dryRun, "Write no model");
    auto* rest =
        command
            .add_flag("--normalize-rest{in-place}", options->rest,
                      "Write what is left with mean 0, variance 1, epsilon 0; =mul-add: as a Mul and an Add")
            ->check(CLI::IsMember({"in-place", "mul-add"}));
    command.add_flag("--allow-overflow", options->allowOverflow,
                     "Fold even if weights or new constants become infinite in their type");
    auto* quantized =
        command.add_flag("--qdq", options->quantized, "Fold into quantized weights (DequantizeLinear) too");
    auto* pad =
        command.add_flag("--pad-uniform", options->padUniform,
                         "Put a Pad before a padded Conv to fold a shift that is the same in every channel");
    command.add_flag(
        "--freeze-inputs", options->freezeInputs,
        "Take away inputs that have an initializer, so that nobody replaces them, and fold them");
    auto* verify =
        command.add_flag("--verify", options->verify,
                         "Write nothing unless ONNX Runtime computes the same before and after: see verify");
    addRehearsalOptions(command, options->rehearsal)->needs(verify);
    command.add_option("--report", options->report,
                       "Write a report to this file: a page to read (.html), or JSON with all parameters");
    command.add_option("--recipe", options->recipe,
                       "Write what was done to this file, for pleat-cli apply and the window");
    auto* dict = command.add_option(
        "--state-dict", options->stateDict,
        "Write the folded weights to this .safetensors file, under the names of the PyTorch network");
    for (auto* other : {affine, rest, quantized, pad}) // they change more of a network than its batch norms
        dict->excludes(other);
    command.add_flag("--json", options->json, "One JSON object on standard output");
    return [options](const std::stop_token& stop) { return runFold(*options, stop); };
}

} // namespace pleat::cli
