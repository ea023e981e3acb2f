// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Rehearsing.h"

#include "app/cli/Terminal.h"

#include <CLI/CLI.hpp>

namespace pleat::cli {

CLI::Option* addRehearsalOptions(CLI::App& command, RehearsalArguments& arguments)
{
    CLI::Option* const bits =
        command
            .add_option(
                "--bits", arguments.bits,
                "Rehearses quantization: both run again with the weights rounded to so many bits and back")
            ->check(CLI::Range(2, 16));
    for (const auto& [name, flag, words] :
         {std::tuple("--per-channel", &arguments.perChannel, "Each output channel has a range of its own"),
          std::tuple("--asymmetric", &arguments.asymmetric, "Ranges need not be centred at 0"),
          std::tuple("--activations", &arguments.activations, "What layers make is rounded too, to 8 bits"),
          std::tuple("--sensitivity", &arguments.sensitivity, "Also rounds each layer alone")})
        command.add_flag(name, *flag, words)->needs(bits);
    command.add_option("--samples", arguments.samples, "How many random inputs the rehearsal runs on")
        ->check(CLI::Range(1, 100000));
    return bits;
}

std::vector<std::string> wordsOf(const RehearsalArguments& arguments)
{
    std::vector<std::string> words;
    if (!arguments.isWanted())
        return words;
    words = {"--bits", std::to_string(arguments.bits)};
    for (const auto& [word, isGiven] :
         {std::pair("--per-channel", arguments.perChannel), std::pair("--asymmetric", arguments.asymmetric),
          std::pair("--activations", arguments.activations),
          std::pair("--sensitivity", arguments.sensitivity)})
        if (isGiven)
            words.emplace_back(word);
    if (arguments.samples != RehearsalArguments().samples)
        words.insert(words.end(), {"--samples", std::to_string(arguments.samples)});
    return words;
}

Result<Rehearsal> rehearsed(const std::shared_ptr<const GraphView>& before,
                            const std::shared_ptr<const GraphView>& after, const Inputs& inputs,
                            const RehearsalArguments& arguments, const WorkerPlace& place,
                            const std::stop_token& stop)
{
    const RehearsalOptions options{.scheme = {.bits = arguments.bits,
                                              .perChannel = arguments.perChannel,
                                              .symmetric = !arguments.asymmetric},
                                   .activations = arguments.activations,
                                   .sensitivity = arguments.sensitivity};
    ProgressBar bar("Rehearsing");
    return rehearse(before, after, inputs, options, place, bar, stop);
}

} // namespace pleat::cli
