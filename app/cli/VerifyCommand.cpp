// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/InputOptions.h"
#include "app/cli/OpenedView.h"
#include "app/cli/Output.h"
#include "app/cli/RehearsalLines.h"
#include "app/cli/Rehearsing.h"
#include "app/cli/Report.h"
#include "app/cli/Sizes.h"
#include "app/cli/Verdict.h"
#include "core/report/VerifyHtml.h"
#include "core/report/VerifyJson.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

struct VerifyArguments {
    std::string before, after;
    std::vector<std::string> dims;
    std::uint64_t seed = VerifyOptions().seed;
    std::optional<double> absolute, relative;
    bool trace = false, speed = false, json = false;
    RehearsalArguments rehearsal;
    std::optional<std::int64_t> seconds; // that one run may take
    InputArguments inputs;
    std::string page;
};

WorkerPlace placeOf(const VerifyArguments& options)
{
    WorkerPlace place{.program = thisProgram()};
    if (options.seconds)
        place.time = std::chrono::seconds(*options.seconds);
    return place;
}

// As a shell takes them.
std::string commandOf(const VerifyArguments& options)
{
    std::vector<std::string> words{"pleat-cli", "verify", options.before, options.after};
    const auto add = [&](const char* option, const std::string& value) {
        words.insert(words.end(), {option, value});
    };
    add("--seed", std::to_string(options.seed)); // of parts, whatever the inputs of the whole are
    for (const std::string& dim : options.dims)
        add("--dim", dim);
    if (options.absolute)
        add("--atol", fmt::format("{}", *options.absolute));
    if (options.relative)
        add("--rtol", fmt::format("{}", *options.relative));
    const std::vector<std::string> inputs = wordsOf(options.inputs);
    words.insert(words.end(), inputs.begin(), inputs.end());
    for (const auto& [word, isGiven] :
         {std::pair("--trace", options.trace), std::pair("--speed", options.speed)})
        if (isGiven)
            words.emplace_back(word);
    if (options.seconds)
        add("--time-limit", std::to_string(*options.seconds));
    const std::vector<std::string> rehearsal = wordsOf(options.rehearsal);
    words.insert(words.end(), rehearsal.begin(), rehearsal.end());
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + shellWord(word);
    return line;
}

// The files again, with their hashes: they are as they were opened.
Result<VerifyRecord> recordOf(const VerifyArguments& options, const std::stop_token& stop)
{
    ProgressBar bar("Hashing");
    auto before = fileFacts(options.before, bar, stop), after = fileFacts(options.after, bar, stop);
    if (!before || !after)
        return tl::make_unexpected(before ? after.error() : before.error());
    return VerifyRecord{.before = std::move(*before),
                        .after = std::move(*after),
                        .command = commandOf(options),
                        .date = today(),
                        .inputs = {}};
}

// Runs the rehearsal that is asked for, on the user's own samples or on random ones.
Result<void> rehearse(const std::shared_ptr<const GraphView>& before,
                      const std::shared_ptr<const GraphView>& after, const VerifyArguments& options,
                      const VerifyOptions& rules, VerifyRecord& record, const std::stop_token& stop)
{
    if (!record.inputs) {
        auto inputs = randomBatches(before, rules.seed, rules.sizes, options.rehearsal.samples);
        if (!inputs)
            return tl::make_unexpected(std::move(inputs.error()));
        record.inputs = std::move(*inputs);
    }
    auto made = rehearsed(before, after, *record.inputs, options.rehearsal, placeOf(options), stop);
    if (!made)
        return tl::make_unexpected(std::move(made.error()));
    record.rehearsal = std::move(*made);
    return {};
}

int runVerify(const VerifyArguments& options, const std::stop_token& stop)
{
    const auto sizes = sizesOf(options.dims);
    if (!sizes)
        return fail(sizes.error(), Usage);
    VerifyOptions rules{.seed = options.seed, .sizes = *sizes, .tolerance = {}};
    rules.trace = options.trace;
    rules.speed = options.speed;
    if (options.absolute || options.relative)
        rules.tolerance = Tolerance{options.absolute.value_or(0), options.relative.value_or(0)};
    if (wouldOverwrite(options.page, options.before, options.after))
        return Usage;
    const auto& views = untilExit(openViews(options.before, options.after, stop));
    if (!views)
        return fail(views.error(), CannotRead);
    const auto& [before, after] = *views;
    auto record = recordOf(options, stop);
    if (!record)
        return fail(record.error(), CannotRead);
    if (options.inputs.isOwn()) {
        auto inputs = readInputs(*before, options.inputs, *sizes, stop);
        if (!inputs)
            return fail(inputs.error(), CannotVerify);
        rules.inputs = std::make_shared<const Inputs>(*inputs);
        record->inputs = std::move(*inputs);
    }
    const auto found = verified(*before, *after, rules, placeOf(options), stop);
    if (!found)
        return fail(found.error(), CannotVerify);
    if (options.rehearsal.isWanted() && found->verdict != Equivalence::Different)
        if (const auto done = rehearse(before, after, options, rules, *record, stop); !done)
            return fail(done.error(), CannotVerify);
    if (!options.page.empty()) {
        const auto write = [&](const TextSink& sink) { return verifyHtml(*record, rules, *found, sink); };
        if (const auto saved = saveText(options.page, write, stop); !saved)
            return fail(saved.error(), CannotWrite);
    }
    if (!options.json) {
        for (const std::string& line : linesOf(*found))
            fmt::print("{}\n", line);
        if (record->rehearsal)
            for (const std::string& line : linesOf(*record->rehearsal))
                fmt::print("{}\n", line);
        return exitOf(*found);
    }
    const auto printed = printText(verificationJson(options.before, options.after, rules, *found, &*record));
    return printed ? exitOf(*found) : fail(printed.error(), CannotWrite);
}

} // namespace

Run addVerify(CLI::App& parser)
{
    const auto options = std::make_shared<VerifyArguments>();
    CLI::App& command = *parser.add_subcommand(
        "verify",
        "Whether two models compute the same: what they take and give, each place in which they differ, and "
        "the whole of both are compared, on the same random inputs");
    command.add_option("BEFORE", options->before, "An ONNX file")->required();
    command.add_option("AFTER", options->after, "What was made of it")->required();
    command.add_option("--seed", options->seed, "Of the random inputs: the same seed, the same inputs");
    command
        .add_option("--dim", options->dims, "NAME=N: the size of a symbolic dimension; may be given again")
        ->allow_extra_args(false);
    command
        .add_option("--atol", options->absolute,
                    "How much a number may differ; together with --rtol in place of what suits each type")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--rtol", options->relative, "The same as a part of the largest number of that output")
        ->check(CLI::NonNegativeNumber);
    addInputOptions(command, options->inputs);
    command.add_flag(
        "--trace", options->trace,
        "Also says how far values between inputs and outputs differ, and where that begins; done by "
        "itself when something differs");
    command.add_flag("--speed", options->speed,
                     "Also measures how long both take, with ONNX Runtime's optimisations off and on");
    addRehearsalOptions(command, options->rehearsal);
    command
        .add_option("--time-limit", options->seconds,
                    "Seconds that one run in ONNX Runtime may take, in place of what suits what is run")
        ->check(CLI::Range(1, 1000000));
    command.add_option("--html", options->page, "Write what was found to this file, as a page to read");
    command.add_flag("--json", options->json, "One JSON object on standard output");
    command.footer(
        "A part of a model is run by itself, so that a model with operators that ONNX Runtime does not have "
        "can be "
        "verified where it was changed. 6 means that neither the whole models nor all changed parts could be "
        "run.\n"
        "Exit codes: 0 they compute the same, 2 usage, 3 cannot read a model or inputs, 5 they do not, 6 it "
        "cannot be "
        "verified, 130 interrupted.");
    return [options](const std::stop_token& stop) { return runVerify(*options, stop); };
}

} // namespace pleat::cli
