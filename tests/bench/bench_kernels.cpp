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
    WeightLayout (*ofElements)(std::uint64_t elements); // about as many
};

// Channels as in real networks; what is left of the size goes into outputs (or inputs, where those are the
// rows).
const Weight weights[] = {
    {"Conv 3×3, 256 inputs",
     [](std::uint64_t n) { return WeightLayout::convolution(n / (256 * 9), 256, 9, 1); }},
    {"Conv 1×1, 512 inputs", [](std::uint64_t n) { return WeightLayout::convolution(n / 512, 512, 1, 1); }},
    {"Conv 7×7, 3 inputs", [](std::uint64_t n) { return WeightLayout::convolution(n / (3 * 49), 3, 49, 1); }},
    {"Conv 3×3, groups of 8",
     [](std::uint64_t n) {
         const std::uint64_t groups = n / (8 * 8 * 9);
         return WeightLayout::convolution(groups * 8, groups * 8, 9, groups);
     }},
    {"Conv 1×1, groups of 32",
     [](std::uint64_t n) {
         const std::uint64_t groups = n / (32 * 32);
         return WeightLayout::convolution(groups * 32, groups * 32, 1, groups);
     }},
    {"Conv 3×3, depthwise",
     [](std::uint64_t n) { return WeightLayout::convolution(n / 9, n / 9, 9, n / 9); }},
    {"Conv 5×5, depthwise",
     [](std::uint64_t n) { return WeightLayout::convolution(n / 25, n / 25, 25, n / 25); }},
    {"ConvTranspose 2×2, 256 outputs",
     [](std::uint64_t n) { return WeightLayout::transposedConvolution(256, n / (256 * 4), 4, 1); }},
    {"ConvTranspose 3×3, 256 outputs",
     [](std::uint64_t n) { return WeightLayout::transposedConvolution(256, n / (256 * 9), 9, 1); }},
    {"ConvTranspose 1×1, 512 outputs",
     [](std::uint64_t n) { return WeightLayout::transposedConvolution(512, n / 512, 1, 1); }},
    {"ConvTranspose 4×4, groups of 8",
     [](std::uint64_t n) {
         const std::uint64_t groups = n / (8 * 8 * 16);
         return WeightLayout::transposedConvolution(groups * 8, groups * 8, 16, groups);
     }},
    {"ConvTranspose 4×4, depthwise",
     [](std::uint64_t n) { return WeightLayout::transposedConvolution(n / 16, n / 16, 16, n / 16); }},
    {"Gemm, MatMul [K, 1000]", [](std::uint64_t n) { return WeightLayout::matrix(n / 1000, 1000, false); }},
    {"Gemm transB [N, 2048]", [](std::uint64_t n) { return WeightLayout::matrix(2048, n / 2048, true); }},
    {"Gemm, MatMul [K, 10]", [](std::uint64_t n) { return WeightLayout::matrix(n / 10, 10, false); }},
    {"Gemm transB [N, 7]", [](std::uint64_t n) { return WeightLayout::matrix(7, n / 7, true); }},
};

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

void scaleAll(const Buffers& buffers, DataType type, const WeightLayout& layout,
              std::span<const double> output, std::span<const double> input)
{
    const std::uint64_t width = storedBytes(type, 1), bytes = layout.elements() * width;
    for (std::uint64_t at = 0; at < bytes; at += blockBytes) {
        const std::uint64_t part = std::min(blockBytes, bytes - at);
        scale(type, {buffers.weights.get() + at, part}, at / width, layout, output, input);
    }
}

void measure(Report& report, const Buffers& buffers, DataType type, const Weight& weight, bool byOutputs,
             bool byInputs)
{
    const WeightLayout layout = weight.ofElements(buffers.bytes / storedBytes(type, 1));
    const auto output = byOutputs ? factors(layout.outputs, 1) : std::vector<double>();
    const auto input = byInputs ? factors(layout.inputs, 2) : std::vector<double>();
    const std::uint64_t bytes = layout.elements() * storedBytes(type, 1);
    const auto seconds = interleaved(rounds,
                                     {[&] { scaleAll(buffers, type, layout, output, input); },
                                      [&] { std::memcpy(buffers.to.get(), buffers.from.get(), bytes); }},
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
        for (const Weight& weight : weights) {
            measure(report, buffers, type, weight, true, false);
            measure(report, buffers, type, weight, false, true);
            measure(report, buffers, type, weight, true, true);
        }
    }
    return report.finish();
}
