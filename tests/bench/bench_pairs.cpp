// SPDX-License-Identifier: GPL-3.0-or-later
// `pleat-cli pairs` on chains of Conv and BatchNormalization of growing length. A quadratic step makes ten
// times the pairs take a hundred times the time; a linear one ten times, and up to twice that while what it
// looks up leaves the caches.
//     bench_pairs [PAIRS…]     1000 10000 100000 without any
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <cmath>
#include <cstdlib>

using namespace pleat::bench;

namespace {

constexpr int rounds = 3;
constexpr double limitPerTenfold = 20;

struct Times {
    double wall, processor, megabytes;
};

Times measure(const std::string& command, const std::filesystem::path& model)
{
    std::vector<double> wall, processor, memory;
    for (int round = 0; round < rounds; ++round) {
        const Ran ran = runWell({PLEAT_CLI, command, model.string()});
        wall.push_back(ran.seconds);
        processor.push_back(ran.processorSeconds);
        memory.push_back(ran.peakMegabytes);
    }
    return {median(wall), median(processor), median(memory)};
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
    report.heading("pleat-cli pairs on a chain of Conv and BatchNormalization");
    Times before{};
    for (std::size_t i = 0; i < lengths.size(); ++i) {
        const auto model = scratch.path() / "chain.onnx";
        const int pairs = lengths[i];
        inAnotherProcess([&] { writeChain(model, pairs, 8); });
        const Times now = measure("pairs", model);
        const std::string name = std::to_string(pairs) + " pairs";
        report.add({.what = name + ", time", .value = now.wall * 1000, .unit = "ms"});
        report.add({.what = name + ", memory", .value = now.megabytes, .unit = "MB"});
        if (i > 0) {
            const double tenfolds = std::log10(static_cast<double>(pairs) / lengths[i - 1]);
            report.add({.what = name + ", growth of processor time a tenfold",
                        .value = std::pow(now.processor / before.processor, 1 / tenfolds),
                        .unit = "x",
                        .atMost = limitPerTenfold});
        }
        before = now;
    }
    return report.finish();
}
