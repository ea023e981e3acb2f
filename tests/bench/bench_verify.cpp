// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a folded ResNet-50 computes the same: `pleat-cli verify` beside what Polygraphy and onnxsim look
// at, in turn, each as a whole process on the same two files. Theirs is one run of both models on random
// numbers and a comparison of the outputs; verify's is that, and each of the 53 folds by itself.
//     bench_verify [--rounds N]
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <algorithm>
#include <cstdlib>

using namespace pleat::bench;

namespace {

constexpr const char* polygraphy = "import sys\n"
                                   "from polygraphy.backend.onnxrt import OnnxrtRunner, SessionFromOnnx\n"
                                   "from polygraphy.comparator import Comparator\n"
                                   "runs = Comparator.run([OnnxrtRunner(SessionFromOnnx(model)) for model in "
                                   "sys.argv[1:]])\n"
                                   "Comparator.compare_accuracy(runs)\n";
constexpr const char* onnxsim = "import sys, onnx\n"
                                "from onnxsim import model_checking\n"
                                "before, after = map(onnx.load, sys.argv[1:])\n"
                                "model_checking.compare(after, before, n_times=1, verbose=False)\n";

struct Way {
    std::string name;
    std::vector<std::string> command;
    std::vector<double> wall{}, processor{}, memory{};

    void measure()
    {
        const Ran ran = runWell(command);
        wall.push_back(ran.seconds);
        processor.push_back(ran.processorSeconds);
        memory.push_back(ran.peakMegabytes);
    }
};

std::vector<double> ratios(const std::vector<double>& ours, const std::vector<double>& theirs)
{
    std::vector<double> result(ours.size());
    std::ranges::transform(ours, theirs, result.begin(), [](double a, double b) { return a / b; });
    return result;
}

} // namespace

int main(int argc, char** argv)
{
    Report report("verify", argc, argv);
    const int rounds = argc > 2 && std::string(argv[1]) == "--rounds" ? std::max(1, std::atoi(argv[2])) : 5;
    const Scratch scratch;
    const std::string before = (scratch.path() / "before.onnx").string(),
                      after = (scratch.path() / "after.onnx").string();
    inAnotherProcess([&] { writeResNet(before, 50); });
    runWell({PLEAT_CLI, "fold", before, "-o", after});
    std::vector<Way> ways{{"pleat-cli verify", {PLEAT_CLI, "verify", before, after}}};
    const char* const python = std::getenv("PLEAT_BENCH_PEERS");
    if (python) {
        ways.push_back({"Polygraphy", {python, "-c", polygraphy, before, after}});
        ways.push_back({"onnxsim's check", {python, "-c", onnxsim, before, after}});
    } else {
        report.note("Polygraphy and onnxsim are skipped: PLEAT_BENCH_PEERS names no Python that has them");
    }
    for (int round = 0; round < rounds; ++round)
        for (std::size_t turn = 0; turn < ways.size(); ++turn)
            ways[(turn + static_cast<std::size_t>(round)) % ways.size()].measure();
    report.heading("ResNet-50 and its fold");
    for (std::size_t peer = std::min<std::size_t>(1, ways.size() - 1); peer < ways.size(); ++peer) {
        const auto add = [&](const char* what, std::vector<double> Way::*figure, double factor,
                             const char* unit) {
            Row row{.what = what, .value = median(ways[0].*figure) * factor, .unit = unit};
            if (peer > 0) {
                row.anchor = ways[peer].name;
                row.anchorValue = median(ways[peer].*figure) * factor;
                row.ratio = median(ratios(ways[0].*figure, ways[peer].*figure));
            }
            report.add(row);
        };
        add("pleat-cli verify", &Way::wall, 1, "s");
        add("  of which processor time", &Way::processor, 1, "s");
        add("  memory of the largest process", &Way::memory, 1, "MB");
    }
    return report.finish();
}
