// SPDX-License-Identifier: GPL-3.0-or-later
// `pleat-cli fold` of whole networks against `cp` of the same files to a new target, in turn, both flushed to
// the disk; and the memory of the fold.
//     bench_fold [--rounds N] [NETWORK…]     resnet50 resnet152 external4 (4 GB of external data); externalN:
//     N GB
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace pleat::bench;
namespace fs = std::filesystem;

namespace {

constexpr double limitMegabytes = 64; // and twice the largest tensor

struct Network {
    std::string name;
    double limit;            // of the time, in times of cp
    std::uint64_t bytes;     // about
    double largestMegabytes; // of a tensor
    bool external;
};

Network network(const std::string& name)
{
    if (name == "resnet50")
        return {name, 1.2, 103'000'000, 9.4, false};
    if (name == "resnet152")
        return {name, 1.2, 242'000'000, 9.4, false};
    if (name.starts_with("external"))
        return {name, 1.1, std::strtoull(name.c_str() + 8, nullptr, 10) * 1'000'000'000,
                static_cast<double>(externalTensorBytes) / 1e6, true};
    std::fprintf(stderr, "bench_fold: there is no network %s\n", name.c_str());
    std::exit(2);
}

void write(const Network& network, const fs::path& model)
{
    if (network.external)
        writeExternal(model, static_cast<int>(network.bytes / externalTensorBytes) + 1, Contents::Random);
    else
        writeResNet(model, network.name == "resnet50" ? 50 : 152);
}

// A virtual machine gives memory that is freed in large pieces back to its host, and gets it again page by
// page, ten times slower than it is filled. What `cp` leaves behind is in large pieces, so whatever came
// after it would pay for it. Filling as much before each measurement gives all the same memory.
void useMemory(const fs::path& folder, std::uint64_t bytes)
{
    const fs::path file = folder / "memory";
    const std::vector<char> zeros(1 << 20);
    std::ofstream out(file, std::ios::binary);
    for (std::uint64_t done = 0; done < bytes; done += zeros.size())
        out.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
    out.close();
    flushFiles(folder);
    fs::remove(file);
}

// The seconds of one way to make files in a folder, and what its program took.
struct Way {
    std::string name;
    std::vector<std::string> command; // the folder is appended
    std::string target;               // in the folder; empty: the folder itself
    std::vector<double> wall{}, processor{}, memory{};

    void measure(const fs::path& folder, std::uint64_t bytes)
    {
        useMemory(folder, bytes);
        ::sync(); // what others left to be written is not ours to wait for
        auto whole = command;
        whole.push_back((folder / target).string());
        const double start = wallSeconds();
        const Ran ran = runWell(whole);
        flushFiles(folder);
        wall.push_back(wallSeconds() - start);
        processor.push_back(ran.processorSeconds);
        memory.push_back(ran.peakMegabytes);
    }
};

std::vector<Way> ways(const Network& network, const fs::path& source)
{
    const std::string model = (source / "model.onnx").string();
    Way fold{"fold", {PLEAT_CLI, "fold", model, "-o"}, "model.onnx"};
    Way copy{"cp", {"cp"}, ""};
    for (const auto& entry : fs::directory_iterator(source))
        copy.command.push_back(entry.path().string());
    std::vector<Way> all = {fold, copy};
    if (const std::string python = pythonWithOnnx(); !python.empty() && !network.external) {
        const std::string script = "import sys, onnx; onnx.save(onnx.load(sys.argv[1]), sys.argv[2])";
        all.push_back({"onnx.load, onnx.save", {python, "-c", script, model}, "model.onnx"});
    }
    return all;
}

void measure(Report& report, const Scratch& scratch, const Network& network, int rounds)
{
    const fs::path source = scratch.fresh("source");
    inAnotherProcess([&] { write(network, source / "model.onnx"); });
    std::vector<Way> all = ways(network, source);
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(source))
        bytes += entry.file_size();
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t turn = 0; turn < all.size(); ++turn)
            all[(turn + static_cast<std::size_t>(round)) % all.size()].measure(scratch.fresh("target"),
                                                                               bytes);
    }
    fs::remove_all(scratch.path() / "target");
    report.heading(network.name + ", " + std::to_string(bytes / 1'000'000) + " MB");
    std::vector<double> ratios;
    for (std::size_t round = 0; round < all[0].wall.size(); ++round)
        ratios.push_back(all[0].wall[round] / all[1].wall[round]);
    report.add({.what = "pleat-cli fold and flush",
                .value = median(all[0].wall) * 1000,
                .unit = "ms",
                .anchor = "cp",
                .anchorValue = median(all[1].wall) * 1000,
                .ratio = median(ratios),
                .atMost = network.limit});
    report.add({.what = "  of which processor time",
                .value = median(all[0].processor) * 1000,
                .unit = "ms",
                .anchor = "cp",
                .anchorValue = median(all[1].processor) * 1000});
    report.add({.what = "  memory",
                .value = *std::max_element(all[0].memory.begin(), all[0].memory.end()),
                .unit = "MB",
                .atMost = limitMegabytes + 2 * network.largestMegabytes});
    for (std::size_t peer = 2; peer < all.size(); ++peer) {
        report.add(
            {.what = all[peer].name + " and flush", .value = median(all[peer].wall) * 1000, .unit = "ms"});
        report.add({.what = "  memory", .value = median(all[peer].memory), .unit = "MB"});
    }
}

} // namespace

int main(int argc, char** argv)
{
    Report report("fold", argc, argv);
    int rounds = 5;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        if (std::string(argv[i]) == "--rounds" && i + 1 < argc)
            rounds = std::max(1, std::atoi(argv[++i]));
        else
            names.emplace_back(argv[i]);
    }
    if (names.empty())
        names = {"resnet50", "resnet152", "external4"};
    const Scratch scratch;
    for (const std::string& name : names) {
        const Network chosen = network(name);
        if (scratch.hasRoom(chosen.bytes * 3))
            measure(report, scratch, chosen, rounds);
        else
            report.note(name + " is skipped: " + scratch.path().string() + " has too little room");
    }
    if (pythonWithOnnx().empty())
        report.note("onnx.load, onnx.save is skipped: there is no Python with onnx (tests/run makes one, "
                    "build/venv)");
    return report.finish();
}
