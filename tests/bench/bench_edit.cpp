// SPDX-License-Identifier: GPL-3.0-or-later
// What one fold costs a document that keeps its model, and what undo keeps of it: on a chain of Conv and
// BatchNormalization. It is to cost what it touches, however large the model is.
//     bench_edit [PAIRS…]     1000 10000 100000 without any
#include "core/fold/FoldTable.h"
#include "core/model/ModelReader.h"
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>

using namespace pleat::bench;

namespace {

constexpr double oneFold = 50, allFolds = 3000; // milliseconds, at 100,000 pairs
constexpr double undoStep = 2;                  // megabytes
constexpr int folds = 21;

template<class T>
T wanted(pleat::Result<T> result)
{
    if (result)
        return std::move(*result);
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
}

template<class Work>
double milliseconds(Work work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double heapMegabytes()
{
    const struct mallinfo2 heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd) / 1e6;
}

void measure(Report& report, const std::filesystem::path& path, int pairs, Declared declared)
{
    inAnotherProcess([&] { writeChain(path, pairs, 8, declared); });
    pleat::NoProgress progress;
    const std::string name =
        std::to_string(pairs) + (declared == Declared::Everything ? " declared pairs, " : " pairs, ");
    auto view = pleat::GraphView::of(wanted(pleat::openModel(path, progress, {})).model);
    pleat::FoldTablePointer table;
    report.add({.what = name + "all verdicts",
                .value = milliseconds([&] { table = wanted(pleat::FoldTable::of(view, {}, progress, {})); }),
                .unit = "ms"});
    const std::vector<pleat::CandidatePointer> candidates = table->candidates();
    std::vector<pleat::FoldTablePointer> undo{table};
    std::vector<double> times;
    const double before = heapMegabytes();
    for (std::size_t fold = 0; fold < folds && fold < candidates.size(); ++fold) {
        const std::vector<pleat::FoldId> chosen{candidates[candidates.size() * fold / folds]->id};
        times.push_back(milliseconds([&] {
            undo.push_back(wanted(pleat::FoldTable::fold(undo.back(), chosen, progress, {})).after);
        }));
    }
    const double kept = (heapMegabytes() - before) / static_cast<double>(times.size());
    report.add({.what = name + "one fold", .value = median(times), .unit = "ms", .atMost = oneFold});
    report.add({.what = name + "a step of undo", .value = kept, .unit = "MB", .atMost = undoStep});
    report.add({.what = name + "fold all",
                .value = milliseconds(
                    [&] { wanted(pleat::FoldTable::fold(undo.back(), std::nullopt, progress, {})); }),
                .unit = "ms",
                .atMost = allFolds});
}

} // namespace

int main(int argc, char** argv)
{
    Report report("edit", argc, argv);
    std::vector<int> lengths;
    for (int i = 1; i < argc; ++i)
        lengths.push_back(std::max(1, std::atoi(argv[i])));
    if (lengths.empty())
        lengths = {1000, 10000, 100000};
    const Scratch scratch;
    report.heading("folds on a chain of Conv and BatchNormalization");
    for (const int pairs : lengths)
        measure(report, scratch.path() / "chain.onnx", pairs, Declared::Ports);
    measure(report, scratch.path() / "chain.onnx", lengths.back(), Declared::Everything);
    return report.finish();
}
