// SPDX-License-Identifier: GPL-3.0-or-later
// The arithmetic of folding against memcpy of as many bytes, both beyond every cache, in turn: each type,
// each layout of a weight, by its outputs, its inputs and both.
//     bench_kernels [MEGABYTES]     256 without; more than the last-level cache
#include "core/tensor/Kernels.h"
#include "tests/bench/Report.h"

#include <charconv>
#include <cstring>
#include <memory>
#include <random>
#include <string_view>

using namespace pleat;
using namespace pleat::bench;

namespace {

constexpr int rounds = 7;
constexpr std::uint64_t blockBytes = 1 << 20; // as the writer computes them

struct Weight {
    const char* name;
    WeightLayout layout;
};

// Sizes as in real networks; one such weight lies behind the other until the buffer is full.
std::vector<Weight> weights()
{
    using Layout = WeightLayout;
    return {{"Conv 3×3, 256 → 256", Layout::convolution(256, 256, 9, 1)},
            {"Conv 1×1, 512 → 2048", Layout::convolution(2048, 512, 1, 1)},
            {"Conv 7×7, 3 → 64", Layout::convolution(64, 3, 49, 1)},
            {"Conv 3×3, 512 → 512, 64 groups", Layout::convolution(512, 512, 9, 64)},
            {"Conv 1×1, 1024 → 1024, 32 groups", Layout::convolution(1024, 1024, 1, 32)},
            {"Conv 3×3, depthwise, 960", Layout::convolution(960, 960, 9, 960)},
            {"Conv 5×5, depthwise, 960", Layout::convolution(960, 960, 25, 960)},
            {"ConvTranspose 2×2, 512 → 256", Layout::transposedConvolution(256, 512, 4, 1)},
            {"ConvTranspose 3×3, 256 → 256", Layout::transposedConvolution(256, 256, 9, 1)},
            {"ConvTranspose 1×1, 512 → 512", Layout::transposedConvolution(512, 512, 1, 1)},
            {"ConvTranspose 4×4, 512 → 512, 64 groups", Layout::transposedConvolution(512, 512, 16, 64)},
            {"ConvTranspose 4×4, depthwise, 512", Layout::transposedConvolution(512, 512, 16, 512)},
            {"Gemm, MatMul [2048, 1000]", Layout::matrix(2048, 1000, false)},
            {"Gemm transB, transposed [1000, 2048]", Layout::matrix(2048, 1000, true)},
            {"Gemm, MatMul [4096, 10]", Layout::matrix(4096, 10, false)},
            {"Gemm transB, transposed [4096, 7]", Layout::matrix(7, 4096, true)}};
}

std::vector<double> factors(std::uint64_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<double> values(count);
    for (double& value : values)
        value = random() & 1 ? 1.25 : 0.8; // many rounds over the same weights must not drift out of range
    return values;
}

struct Buffers {
    std::uint64_t bytes;
    std::unique_ptr<std::byte[]> weights, from, to;
};

void fill(const Buffers& buffers, DataType type)
{
    std::mt19937 random(1);
    std::vector<double> some(1 << 16);
    for (double& value : some)
        value = std::normal_distribution<double>(0, 0.05)(random);
    std::vector<std::byte> stored(storedBytes(type, some.size()));
    narrow(type, some, stored);
    for (std::uint64_t at = 0; at < buffers.bytes; at += stored.size())
        std::memcpy(buffers.weights.get() + at, stored.data(),
                    std::min<std::uint64_t>(stored.size(), buffers.bytes - at));
}

// Weight by weight, each in the writer's blocks.
void scaleAll(const Buffers& buffers, std::uint64_t bytes, DataType type, const WeightLayout& layout,
              std::span<const double> output, std::span<const double> input)
{
    const std::uint64_t width = storedBytes(type, 1), weightBytes = layout.elements() * width;
    for (std::uint64_t weight = 0; weight < bytes; weight += weightBytes) {
        for (std::uint64_t at = 0; at < weightBytes; at += blockBytes) {
            const std::uint64_t part = std::min(blockBytes, weightBytes - at);
            scale(type, {buffers.weights.get() + weight + at, part}, at / width, layout, output, input);
        }
    }
}

void measure(Report& report, const Buffers& buffers, DataType type, const Weight& weight, bool byOutputs,
             bool byInputs)
{
    const WeightLayout& layout = weight.layout;
    const auto output = byOutputs ? factors(layout.outputs, 1) : std::vector<double>();
    const auto input = byInputs ? factors(layout.inputs, 2) : std::vector<double>();
    const std::uint64_t weightBytes = layout.elements() * storedBytes(type, 1);
    const std::uint64_t bytes = buffers.bytes / weightBytes * weightBytes;
    const auto seconds = interleaved(rounds,
                                     {[&] {
                                          scaleAll(buffers, bytes, type, layout, output, input);
                                          return nullptr;
                                      },
                                      [&] {
                                          std::memcpy(buffers.to.get(), buffers.from.get(), bytes);
                                          return nullptr;
                                      }},
                                     processorSeconds);
    const auto gigabytes = [&](double time) { return static_cast<double>(bytes) / time / 1e9; };
    const bool wide = type == DataType::Float || type == DataType::Double;
    report.add({std::string(weight.name) + (byOutputs && byInputs ? ", by both"
                                            : byOutputs           ? ", by outputs"
                                                                  : ", by inputs"),
                gigabytes(seconds[0]), "GB/s", "memcpy", gigabytes(seconds[1]), seconds[1] / seconds[0],
                wide ? 0.9 : 0.3});
}

} // namespace

int main(int argc, char** argv)
{
    Report report("kernels", argc, argv);
    std::uint64_t megabytes = 256;
    if (argc > 1)
        std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), megabytes);
    const std::uint64_t bytes = megabytes << 20;
    const Buffers buffers{bytes, std::make_unique<std::byte[]>(bytes), std::make_unique<std::byte[]>(bytes),
                          std::make_unique<std::byte[]>(bytes)};
    for (const DataType type : {DataType::Float, DataType::Double, DataType::Float16, DataType::BFloat16}) {
        report.heading(name(type));
        fill(buffers, type);
        for (const Weight& weight : weights()) {
            measure(report, buffers, type, weight, true, false);
            measure(report, buffers, type, weight, false, true);
            measure(report, buffers, type, weight, true, true);
        }
    }
    return report.finish();
}
