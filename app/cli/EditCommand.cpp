// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/EditOptions.h"
#include "app/cli/EditRun.h"
#include "app/cli/Terminal.h"

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
    EditTarget target;
    std::vector<std::vector<std::string>> texts; // by option, as the parser has them
    std::vector<std::string> cut, cutFrom;
    std::vector<Given> given; // in the order of the command line
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

int runEdit(const EditArguments& options, const std::stop_token& stop)
{
    if (options.target.output.empty() && !options.target.dryRun) {
        say("pleat-cli: edit needs -o OUT, or --dry-run to write nothing");
        return Usage;
    }
    if (options.given.empty()) {
        say("pleat-cli: edit needs something to do: see --help");
        return Usage;
    }
    std::vector<MakeStep> steps;
    steps.reserve(options.given.size());
    for (const Given& given : options.given)
        steps.emplace_back([&](const GraphView& view) { return stepOf(given, options, view); });
    return runEdits(options.target, steps, stop);
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
    command.add_option("MODEL", options->target.model, "An ONNX file")->required();
    addTargetOptions(command, options->target);
    for (std::size_t o = 0; o < editOptions().size(); ++o)
        command.add_option(editOptions()[o].flag, options->texts[o], editOptions()[o].about)
            ->allow_extra_args(false);
    command.add_option("--cut", options->cut,
                       "TENSOR…: become the outputs; what they do not need goes, with its weights");
    command.add_option("--cut-from", options->cutFrom,
                       "TENSOR…: become inputs; what only they needed goes, with its weights");
    return [options, &command](const std::stop_token& stop) {
        collect(command, *options);
        return runEdit(*options, stop);
    };
}

} // namespace pleat::cli
