// SPDX-License-Identifier: GPL-3.0-or-later
// `pleat-cli pairs` and `fold` on chains of Conv and BatchNormalization of growing length: time beside that
// of onnx.checker on the same file, memory, and how many instructions a pair takes. A quadratic step makes
// ten times the pairs take a hundred times the time; a linear one ten times, and up to twice that while what
// it looks up leaves the caches.
//     bench_pairs [PAIRS…]     1000 10000 100000 without any
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

using namespace pleat::bench;

namespace {

constexpr int rounds = 3;
constexpr double limitPerTenfold = 20;
constexpr double timesOfChecker = 1;
constexpr double megabytes = 400; // at 100,000 pairs
constexpr double instructionsPerPair = 70000;
constexpr int countedPairs = 10000; // valgrind is slow

struct Times {
    double wall, processor, megabytes;
};

Times measure(const std::vector<std::string>& command)
{
    std::vector<double> wall, processor, memory;
    for (int round = 0; round < rounds; ++round) {
        const Ran ran = runWell(command);
        wall.push_back(ran.seconds);
        processor.push_back(ran.processorSeconds);
        memory.push_back(ran.peakMegabytes);
    }
    return {median(wall), median(processor), median(memory)};
}

// What the checker alone takes, without starting Python: of its processor and of the clock.
struct Checker {
    double wall, processor;
};

Checker checker(const std::string& python, const std::filesystem::path& model)
{
    const std::string times = model.string() + ".times";
    const std::string script = "import onnx, sys, time\n"
                               "w, p = time.perf_counter(), time.process_time()\n"
                               "onnx.checker.check_model(sys.argv[1])\n"
                               "w, p = time.perf_counter() - w, time.process_time() - p\n"
                               "open(sys.argv[2], 'w').write(f'{w} {p}')\n";
    std::vector<double> wall, processor;
    for (int round = 0; round < rounds; ++round) {
        runWell({python, "-c", script, model.string(), times});
        std::ifstream(times) >> wall.emplace_back() >> processor.emplace_back();
    }
    return {median(wall), median(processor)};
}

// The instructions of `pairs`, counted by valgrind; nothing where there is none.
double instructions(const std::filesystem::path& model)
{
    const std::string log = model.string() + ".log";
    const Ran ran = run({"sh", "-c",
                         "exec valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "
                         "--log-file=\"$0\" \"$1\" pairs \"$2\"",
                         log, PLEAT_CLI, model.string()});
    std::ifstream lines(log);
    for (std::string line; ran.exitCode == 0 && std::getline(lines, line);) {
        const std::size_t at = line.find("I   refs:");
        if (at == line.npos)
            continue;
        std::string digits;
        for (const char character : line.substr(at)) {
            if (character >= '0' && character <= '9')
                digits += character;
        }
        return std::strtod(digits.c_str(), nullptr);
    }
    return 0;
}

void count(Report& report, const std::filesystem::path& model)
{
    inAnotherProcess([&] { writeChain(model, countedPairs, 8); });
    const double counted = instructions(model);
    if (counted == 0)
        return report.note("instructions are not counted: there is no valgrind");
    report.add({.what = std::to_string(countedPairs) + " pairs, instructions a pair",
                .value = counted / countedPairs,
                .unit = "",
                .atMost = instructionsPerPair});
}

} // namespace

int main(int argc, char** argv)
{
    Report report("pairs", argc, argv);
    std::vector<int> lengths;
    for (int i = 1; i < argc; ++i)
        lengths.push_back(std::max(1, std::atoi(argv[i])));
    if (lengths.empty())
        lengths = {1000, 10000, 100000};
    const Scratch scratch;
    const auto model = scratch.path() / "chain.onnx";
    const std::string python = pythonWithOnnx();
    if (python.empty())
        report.note(
            "onnx.checker is skipped: there is no Python with onnx (tests/run makes one, build/venv)");
    report.heading("pleat-cli on a chain of Conv and BatchNormalization");
    Times before{};
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const int pairs = lengths[i];
        inAnotherProcess([&] { writeChain(model, pairs, 8); });
        const Times now = measure({PLEAT_CLI, "pairs", model.string()});
        const std::string name = std::to_string(pairs) + " pairs";
        Row time{.what = name + ", processor time", .value = now.processor * 1000, .unit = "ms"};
        if (!python.empty()) {
            const Checker other = checker(python, model);
            time.anchor = "onnx.checker";
            time.anchorValue = other.processor * 1000;
            time.ratio = now.processor / other.processor;
            time.atMost = timesOfChecker;
        }
        report.add(time);
        report.add({.what = name + ", time", .value = now.wall * 1000, .unit = "ms"});
        if (i > 0) {
            const double tenfolds = std::log10(static_cast<double>(pairs) / lengths[i - 1]);
            report.add({.what = name + ", growth of processor time a tenfold",
                        .value = std::pow(now.processor / before.processor, 1 / tenfolds),
                        .unit = "x",
                        .atMost = limitPerTenfold});
        }
        before = now;
        const std::string folded = (scratch.path() / "folded.onnx").string();
        const auto memory = [&](const std::string& what, double used) {
            report.add({.what = name + ", memory" + what, .value = used, .unit = "MB", .atMost = megabytes});
        };
        memory("", now.megabytes);
        memory(" with --json", runWell({PLEAT_CLI, "pairs", "--json", model.string()}).peakMegabytes);
        memory(" of fold --report",
               runWell({PLEAT_CLI, "fold", model.string(), "-o", folded, "--report", folded + ".json"})
                   .peakMegabytes);
    }
    count(report, model);
    return report.finish();
}
