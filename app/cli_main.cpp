// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/Commands.h"
#include "app/cli/Terminal.h"
#include "core/base/Visible.h"
#include "core/io/File.h"
#include "core/worker/Tasks.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>
#include <unistd.h>

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
    } catch (const std::system_error& error) {
        if (std::ferror(stdout) == 0) // not of fmt::print
            throw;
        problem = error.code();
    }
    if (!problem)
        return code;
    say("pleat-cli: standard output cannot be written: " + problem.message() + ".");
    return CannotWrite;
}

// CLI11's own sentence repeats the arguments.
std::string usageMessage(const CLI::App*, const CLI::Error& problem)
{
    return pleat::visible(problem.what()) + "\nRun with --help for more information.\n";
}

int runCommand(int argc, char** argv)
{
    using namespace pleat::cli;
    const Interrupts interrupts;
    CLI::App parser("Sees and folds the batch norms of an ONNX model.", "pleat-cli");
    parser.set_version_flag("--version", "pleat-cli " PLEAT_VERSION);
    parser.require_subcommand(1);
    parser.failure_message(usageMessage);
    parser.footer("Exit codes: 0 done, 2 usage, 3 cannot read the model, 4 cannot write the result, 5 not "
                  "equivalent, 6 cannot "
                  "be verified, 130 interrupted.");
    const std::array runs{addInfo(parser),    addPairs(parser),   addFold(parser),  addApply(parser),
                          addPrepare(parser), addEdit(parser),    addMerge(parser), addStats(parser),
                          addCompare(parser), addTensors(parser), addVerify(parser)};
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

// Where even an exception cannot be caught: at the start of a library, in a destructor, or with no memory for
// the exception itself.
[[noreturn]] void endWithASentence()
{
    constexpr std::string_view sentence = "pleat-cli: there is not enough memory to go on.\n";
    static_cast<void>(!::write(STDERR_FILENO, sentence.data(), sentence.size()));
    ::_exit(pleat::cli::CannotRead);
}

// Before the libraries that are linked in start up, which allocate too.
using Start = void (*)(int, char**, char**);
[[gnu::used, gnu::section(".preinit_array")]] const Start atStart = [](int, char**, char**) {
    std::set_terminate(endWithASentence);
};

} // namespace

int main(int argc, char** argv)
{
    std::set_terminate(endWithASentence);
    if (const auto worked = pleat::runAsWorker(argc, argv))
        return *worked;
    pleat::cli::keepStandardDescriptors();
    pleat::allowManyFiles();
    return pleat::cli::guarded(pleat::cli::CannotRead, [&] { return runCommand(argc, argv); });
}
