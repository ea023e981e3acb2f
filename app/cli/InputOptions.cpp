// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/InputOptions.h"

#include "app/cli/Terminal.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pleat::cli {

void addInputOptions(CLI::App& command, InputArguments& arguments)
{
    CLI::Option* const file = command.add_option("--inputs", arguments.inputs,
                                                 "Your own samples in place of random ones: .npz by the "
                                                 "names of the inputs, .npy, or .csv with a row a sample");
    CLI::Option* const images = command
                                    .add_option("--images", arguments.images,
                                                "PNG and JPEG files, or folders of them, as the samples")
                                    ->excludes(file);
    command.add_option(
        "--scale", arguments.scale,
        "Pixels and numbers of a table are divided by it; usually 255 for images, 1 for tables");
    command
        .add_option("--mean", arguments.mean,
                    "Subtracted then: a number, or one a channel: 0.485,0.456,0.406")
        ->delimiter(',');
    command.add_option("--std", arguments.deviation, "What it is divided by then, likewise")->delimiter(',');
    command
        .add_option("--layout", arguments.layout, "nchw or nhwc: where an input has the channels of an image")
        ->check(CLI::IsMember({"nchw", "nhwc"}))
        ->needs(images);
    command.add_option(
        "--labels", arguments.labels,
        "A file with the class of each sample: one a line, in order, or behind the name of the image");
    command
        .add_option("--label-column", arguments.labelColumn,
                    "The column of a .csv with the class: its name, its number from 1 on, or last")
        ->needs(file);
}

Result<Inputs> readInputs(const GraphView& view, const InputArguments& arguments,
                          const std::map<std::string, std::int64_t>& sizes, const std::stop_token& stop)
{
    OwnInputs own{.files = {arguments.images.begin(), arguments.images.end()},
                  .scale = arguments.scale,
                  .mean = arguments.mean,
                  .deviation = arguments.deviation,
                  .labelColumn = arguments.labelColumn,
                  .labels = arguments.labels};
    if (!arguments.inputs.empty())
        own.files = {arguments.inputs};
    if (!arguments.layout.empty())
        own.channelsLast = arguments.layout == "nhwc";
    ProgressBar bar("Reading inputs");
    return ownInputs(view, own, sizes, bar, stop);
}

std::vector<std::string> wordsOf(const InputArguments& arguments)
{
    const InputArguments usual;
    std::vector<std::string> words;
    words.reserve(16 + arguments.images.size());
    const auto add = [&](const char* option, const std::string& value) {
        if (!value.empty())
            words.insert(words.end(), {option, value});
    };
    add("--inputs", arguments.inputs);
    if (!arguments.images.empty())
        words.emplace_back("--images");
    words.insert(words.end(), arguments.images.begin(), arguments.images.end());
    add("--scale", arguments.scale ? fmt::format("{}", *arguments.scale) : "");
    if (arguments.mean != usual.mean)
        add("--mean", fmt::format("{}", fmt::join(arguments.mean, ",")));
    if (arguments.deviation != usual.deviation)
        add("--std", fmt::format("{}", fmt::join(arguments.deviation, ",")));
    add("--layout", arguments.layout);
    add("--labels", arguments.labels);
    add("--label-column", arguments.labelColumn);
    return words;
}

std::string shellWord(const std::string& word)
{
    const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos)
        return word;
    std::string quoted = "'";
    for (const char c : word)
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

} // namespace pleat::cli
