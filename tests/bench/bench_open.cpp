// SPDX-License-Identifier: GPL-3.0-or-later
// What leaving the weights in the file is worth: the time to open a model's structure, the memory that
// `pleat-cli info` takes, against parsing the whole file and against onnx.load.
//     bench_open [MODEL.onnx]     without one: ResNet-50 (102 MB), and 10 GB of external data in a sparse
//     file
#include "core/model/ModelReader.h"
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <malloc.h>
#include <onnx/onnx_pb.h>

using namespace pleat::bench;

namespace {

constexpr int rounds = 15;
constexpr double limitMilliseconds = 1.0, limitMicrosecondsPerNode = 2.0, limitMegabytes = 60;
constexpr int sparsePairs = 266; // 10 GB

std::shared_ptr<pleat::OpenedModel> open(const std::filesystem::path& path)
{
    pleat::NoProgress progress;
    auto opened = pleat::openModel(path, progress, {});
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().message.c_str());
        std::exit(1);
    }
    return std::make_shared<pleat::OpenedModel>(std::move(*opened));
}

std::shared_ptr<onnx::ModelProto> parse(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    auto model = std::make_shared<onnx::ModelProto>();
    if (!model->ParseFromIstream(&file))
        std::exit(1);
    return model;
}

std::uint64_t bytesWithData(const std::filesystem::path& model)
{
    const std::filesystem::path data = model.string() + ".data";
    return std::filesystem::file_size(model) +
           (std::filesystem::exists(data) ? std::filesystem::file_size(data) : 0);
}

void measure(Report& report, const std::filesystem::path& model)
{
    // The memory first: a program that we start never seems smaller than we are.
    const Ran info = runWell({PLEAT_CLI, "info", model.string()});
    const std::size_t nodes = open(model)->model.graph->nodes.size();
    report.heading(model.filename().string() + ", " + std::to_string(bytesWithData(model) / 1000000) +
                   " MB, " + std::to_string(nodes) + " nodes");
    report.add({.what = "pleat-cli info, memory",
                .value = info.peakMegabytes,
                .unit = "MB",
                .atMost = limitMegabytes});
    report.add({.what = "pleat-cli info, time", .value = info.seconds * 1000, .unit = "ms"});
    if (const std::string python = pythonWithOnnx(); python.empty()) {
        report.note("onnx.load is skipped: there is no Python with onnx (tests/run makes one, build/venv)");
    } else {
        const std::string script = "import sys, onnx; onnx.load(sys.argv[1], load_external_data=False)";
        const Ran peer = runWell({python, "-c", script, model.string()});
        report.add(
            {.what = "onnx.load without external data, memory", .value = peer.peakMegabytes, .unit = "MB"});
        report.add(
            {.what = "onnx.load without external data, time", .value = peer.seconds * 1000, .unit = "ms"});
    }
    const auto times = interleaved(rounds, {[&] { return open(model); }, [&] { return parse(model); }});
    report.add({.what = "structure, opened in process",
                .value = times[0] * 1000,
                .unit = "ms",
                .anchor = "parse",
                .anchorValue = times[1] * 1000,
                .atMost = limitMilliseconds + limitMicrosecondsPerNode / 1000 * static_cast<double>(nodes)});
}

} // namespace

int main(int argc, char** argv)
{
    // Memory once used stays with this program. A virtual machine may give what is freed back to its host and
    // get it again ten times slower; that is not what is measured here.
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_MMAP_MAX, 0);
    Report report("open", argc, argv);
    if (argc > 1) {
        measure(report, argv[1]);
        return report.finish();
    }
    const Scratch scratch;
    const auto resNet = scratch.path() / "resnet50.onnx", sparse = scratch.path() / "sparse.onnx";
    inAnotherProcess([&] {
        writeResNet(resNet, 50);
        writeExternal(sparse, sparsePairs, Contents::Sparse);
    });
    measure(report, sparse);
    measure(report, resNet);
    return report.finish();
}
