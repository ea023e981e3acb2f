// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/InputOptions.h"
#include "app/cli/OpenedView.h"
#include "app/cli/RehearsalLines.h"
#include "app/cli/Sizes.h"
#include "app/cli/Verdict.h"
#include "core/report/VerifyJson.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

constexpr std::size_t mostLayers = 10; // on a terminal; the JSON has them all

struct VerifyArguments {
    std::string before, after;
    std::vector<std::string> dims;
    std::uint64_t seed = VerifyOptions().seed;
    std::optional<double> absolute, relative;
    bool trace = false, speed = false, json = false;
    int bits = 0; // of a rehearsal; 0: none
    bool perChannel = false, asymmetric = false, activations = false, sensitivity = false;
    std::size_t samples = 8;
    InputArguments inputs;
};

RehearsalOptions rehearsalOf(const VerifyArguments& options)
{
    return {
        .scheme = {.bits = options.bits, .perChannel = options.perChannel, .symmetric = !options.asymmetric},
        .activations = options.activations,
        .sensitivity = options.sensitivity};
}

Result<Rehearsal> rehearsed(const std::shared_ptr<const GraphView>& before,
                            const std::shared_ptr<const GraphView>& after, const VerifyArguments& options,
                            const VerifyOptions& rules, const std::stop_token& stop)
{
    const auto inputs = options.inputs.isOwn()
                            ? readInputs(*before, options.inputs, rules.sizes, stop)
                            : randomBatches(before, rules.seed, rules.sizes, options.samples);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    for (const std::string& note : inputs->notes)
        say("pleat-cli: note: " + note);
    ProgressBar bar("Rehearsing");
    return rehearse(before, after, *inputs, rehearsalOf(options), {.program = thisProgram()}, bar, stop);
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
    const auto& before = untilExit(openView(options.before, stop));
    if (!before)
        return fail(before.error(), CannotRead);
    const auto& after = untilExit(openView(options.after, stop));
    if (!after)
        return fail(after.error(), CannotRead);
    const auto found = verified(**before, **after, rules, stop);
    if (!found)
        return fail(found.error(), CannotVerify);
    std::optional<Rehearsal> rehearsal;
    if (options.bits > 0 && found->verdict != Equivalence::Different) {
        auto made = rehearsed(*before, *after, options, rules, stop);
        if (!made)
            return fail(made.error(), CannotVerify);
        rehearsal = std::move(*made);
    }
    if (!options.json) {
        for (const std::string& line : linesOf(*found))
            fmt::print("{}\n", line);
        if (rehearsal)
            for (const std::string& line : linesOf(*rehearsal, mostLayers))
                fmt::print("{}\n", line);
        return exitOf(*found);
    }
    const auto printed = printText(verificationJson(options.before, options.after, rules, *found));
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
        "itself when an output differs");
    command.add_flag("--speed", options->speed,
                     "Also measures how long both take, with ONNX Runtime's optimisations off and on");
    CLI::Option* const bits =
        command
            .add_option(
                "--bits", options->bits,
                "Rehearses quantization: both run again with the weights rounded to so many bits and back")
            ->check(CLI::Range(2, 16));
    for (const auto& [name, flag, words] :
         {std::tuple("--per-channel", &options->perChannel, "Each output channel has a range of its own"),
          std::tuple("--asymmetric", &options->asymmetric, "Ranges need not be centred at 0"),
          std::tuple("--activations", &options->activations, "What layers make is rounded too, to 8 bits"),
          std::tuple("--sensitivity", &options->sensitivity, "Also rounds each layer alone")})
        command.add_flag(name, *flag, words)->needs(bits);
    command.add_option("--samples", options->samples, "How many random inputs the rehearsal runs on")
        ->check(CLI::Range(1, 100000));
    command.add_flag("--json", options->json, "One JSON object on standard output");
    command.footer(
        "A part of a model is run by itself, so that a model with operators that ONNX Runtime does not have "
        "can be "
        "verified where it was changed. 6 means that neither the whole models nor all changed parts could be "
        "run.\n"
        "Exit codes: 0 they compute the same, 2 usage, 3 cannot read a model, 5 they do not, 6 it cannot be "
        "verified, 130 interrupted.");
    return [options](const std::stop_token& stop) { return runVerify(*options, stop); };
}

} // namespace pleat::cli
