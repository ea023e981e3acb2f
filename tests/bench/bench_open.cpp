// SPDX-License-Identifier: GPL-3.0-or-later
// What leaving the weights in the file is worth: the time to open a model's structure against a full parse of
// the same file, medians of the same run.
//     bench_open [MODEL.onnx]     without a model: one like ResNet-50 is made, 100 MB in 161 tensors
#include "core/model/ModelReader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <onnx/onnx_pb.h>
#include <unistd.h>

namespace {

constexpr int rounds = 15;

template<class Work>
double medianMilliseconds(Work&& work)
{
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        const auto start = std::chrono::steady_clock::now();
        if (!work())
            return -1;
        times.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[rounds / 2];
}

void makeModel(const std::filesystem::path& path)
{
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    auto* graph = model.mutable_graph();
    graph->set_name("chain");
    graph->add_input()->set_name("v0");
    for (int at = 0; at < 161; ++at) {
        const std::string number = std::to_string(at);
        auto* node = graph->add_node();
        node->set_op_type("Conv");
        node->add_input("v" + number);
        node->add_input("w" + number);
        node->add_output("v" + std::to_string(at + 1));
        auto* weight = graph->add_initializer();
        weight->set_name("w" + number);
        weight->set_data_type(onnx::TensorProto::FLOAT);
        for (const int dim : {128, 135, 3, 3})
            weight->add_dims(dim);
        weight->set_raw_data(std::string(std::size_t{128} * 135 * 9 * 4, '\1'));
    }
    graph->add_output()->set_name("v161");
    std::ofstream file(path, std::ios::binary);
    model.SerializeToOstream(&file);
}

} // namespace

int main(int argc, char** argv)
{
    const bool made = argc < 2;
    const std::filesystem::path path =
        made ? std::filesystem::temp_directory_path() / ("bench_open-" + std::to_string(::getpid()) + ".onnx")
             : std::filesystem::path(argv[1]);
    if (made)
        makeModel(path);
    const double parse = medianMilliseconds([&] {
        std::ifstream file(path, std::ios::binary);
        onnx::ModelProto model;
        return model.ParseFromIstream(&file);
    });
    pleat::NoProgress progress;
    std::size_t nodes = 0;
    const double open = medianMilliseconds([&] {
        const auto opened = pleat::openModel(path, progress, {});
        nodes = opened ? opened->model.graph->nodes.size() : 0;
        return opened.has_value();
    });
    const double megabytes = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
    if (made)
        std::filesystem::remove(path);
    if (parse < 0 || open < 0) {
        std::fprintf(stderr, "bench_open: %s cannot be opened\n", path.c_str());
        return 1;
    }
    std::printf("%s: %.1f MB, %zu nodes\nfull parse  %8.2f ms\nstructure   %8.2f ms\nratio       %8.1f\n",
                made ? "generated" : path.filename().c_str(), megabytes, nodes, parse, open, parse / open);
    return 0;
}
