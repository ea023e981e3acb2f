// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/Terminal.h"
#include "core/io/File.h"
#include "core/model/ShapeInference.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace {

// A result that does not arrive is one that cannot be written.
int runAndDeliver(const pleat::cli::Run& run, const std::stop_token& stop)
{
    using namespace pleat::cli;
    std::error_code problem;
    int code = Done;
    try {
        code = run(stop);
        if (std::fflush(stdout) != 0)
            problem = std::error_code(errno, std::generic_category());
    } catch (const std::system_error& error) { // of fmt::print
        problem = error.code();
    }
    if (!problem)
        return code;
    say("pleat-cli: standard output cannot be written: " + problem.message() + ".");
    return CannotWrite;
}

} // namespace

int main(int argc, char** argv)
{
    using namespace pleat::cli;
    if (const auto worked = pleat::runAsWorker(argc, argv))
        return *worked;
    pleat::allowManyFiles();
    const Interrupts interrupts;
    CLI::App parser("Sees and folds the batch norms of an ONNX model.", "pleat-cli");
    parser.set_version_flag("--version", "pleat-cli " PLEAT_VERSION);
    parser.require_subcommand(1);
    parser.footer(
        "Exit codes: 0 done, 2 usage, 3 cannot read the model, 4 cannot write the result, 130 interrupted.");
    const std::array runs{addInfo(parser), addPairs(parser), addFold(parser)};
    try {
        parser.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return parser.exit(problem) == 0 ? Done : Usage;
    }
    const auto commands = parser.get_subcommands([](const CLI::App*) { return true; });
    for (std::size_t c = 0; c < runs.size(); ++c) {
        if (commands[c]->parsed())
            return runAndDeliver(runs[c], interrupts.token());
    }
    return Usage;
}
