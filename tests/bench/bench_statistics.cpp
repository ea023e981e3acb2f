// SPDX-License-Identifier: GPL-3.0-or-later
// What is measured of a weight against memcpy of as many bytes, both beyond every cache, in turn: statistics
// in one pass, a histogram, the quantization ratios; from memory and from a file in the page cache.
// Statistics and histogram against numpy's min, max and histogram of the same file, where there is a Python
// with onnx ($PLEAT_BENCH_PYTHON).
//     bench_statistics [MEGABYTES]     256 without
#include "core/tensor/Sqnr.h"
#include "tests/bench/Networks.h"
#include "tests/bench/Process.h"
#include "tests/bench/Report.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <random>

using namespace pleat;
using namespace pleat::bench;

namespace {

constexpr int rounds = 5;
constexpr std::size_t bins = 160;

struct Layouts {
    const char* name;
    WeightLayout layout;
};

template<class T>
T valueOf(Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().message);
        std::exit(1);
    }
    return std::move(*result);
}

// Seconds that numpy takes; below 0 where there is none.
double numpySeconds(const std::filesystem::path& file)
{
    const std::string python = pythonWithOnnx();
    if (python.empty())
        return -1;
    const std::string command =
        fmt::format("{} -c \"import numpy, time\n"
                    "x = numpy.fromfile('{}', dtype='float32')\n"
                    "best = 1e9\n"
                    "for _ in range(3):\n"
                    "    t = time.perf_counter(); a = x.min(); b = x.max(); numpy.histogram(x, {}, (a, b))\n"
                    "    best = min(best, time.perf_counter() - t)\n"
                    "print(best)\" 2>/dev/null",
                    python, file.string(), bins);
    FILE* const pipe = popen(command.c_str(), "r");
    if (!pipe)
        return -1;
    double seconds = -1;
    if (std::fscanf(pipe, "%lf", &seconds) != 1)
        seconds = -1;
    pclose(pipe);
    return seconds;
}

} // namespace

int main(int argc, char** argv)
{
    Report report("statistics", argc, argv);
    std::uint64_t megabytes = 256;
    if (argc > 1)
        std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), megabytes);
    const std::uint64_t count = (megabytes << 20) / sizeof(float), rows = 1024;
    auto bytes = std::make_shared<std::vector<std::byte>>(count * sizeof(float));
    std::vector<std::byte> copy(bytes->size());
    std::mt19937 random(1);
    std::vector<float> some(1 << 16);
    for (float& value : some)
        value = std::normal_distribution<float>(0, 0.05f)(random);
    for (std::size_t at = 0; at < bytes->size(); at += some.size() * sizeof(float))
        std::memcpy(bytes->data() + at, some.data(),
                    std::min(some.size() * sizeof(float), bytes->size() - at));
    const Scratch scratch;
    const std::filesystem::path path = scratch.path() / "weights.bin";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
    const FileRange range{valueOf(File::open(path)), 0, bytes->size()};
    const std::vector<std::int64_t> dims{static_cast<std::int64_t>(rows),
                                         static_cast<std::int64_t>(count / rows)};
    NoProgress quiet;
    const auto gigabytes = [&](double seconds) { return static_cast<double>(bytes->size()) / seconds / 1e9; };
    const std::vector<Layouts> layouts{
        {"channel after channel", WeightLayout::matrix(count / rows, rows, true)},
        {"channels side by side", WeightLayout::matrix(rows, count / rows, false)},
        {"depthwise 8×8", WeightLayout::convolution(count / 64, count / 64, 64, count / 64)}};
    for (const bool inFile : {false, true}) {
        const TensorView tensor("w", DataType::Float, dims, inFile ? Payload{range} : Payload{Bytes(bytes)});
        report.heading(inFile ? "from a file in the page cache" : "from memory");
        const auto against = [&](const std::string& what, const auto& work, std::optional<double> least) {
            const auto seconds = interleaved(rounds,
                                             {[&] {
                                                  work();
                                                  return nullptr;
                                              },
                                              [&] {
                                                  std::memcpy(copy.data(), bytes->data(), copy.size());
                                                  return nullptr;
                                              }},
                                             processorSeconds);
            report.add({what, gigabytes(seconds[0]), "GB/s", "memcpy", gigabytes(seconds[1]),
                        seconds[1] / seconds[0], least});
            return seconds[0];
        };
        double measured = 0;
        for (const Layouts& each : layouts) {
            if (each.layout.elements() != count)
                continue;
            const double seconds = against(
                fmt::format("statistics, {}", each.name),
                [&] { valueOf(statistics(tensor, each.layout, quiet, {})); },
                &each == &layouts.front() && !inFile ? std::optional(0.8) : std::nullopt);
            if (&each == &layouts.front())
                measured = seconds;
        }
        const Statistics known = valueOf(statistics(tensor, layouts.front().layout, quiet, {}));
        measured += against(
            fmt::format("histogram of {} bins", bins),
            [&] { valueOf(histogram(tensor, known.range, bins, quiet, {})); }, std::nullopt);
        against(
            "16 quantization ratios",
            [&] { valueOf(sqnr(tensor, layouts.front().layout, known, commonSchemes(), quiet, {})); },
            std::nullopt);
        if (const double numpy = numpySeconds(path); inFile && numpy > 0)
            report.add({"statistics and histogram", gigabytes(measured), "GB/s", "numpy", gigabytes(numpy),
                        numpy / measured, 4.0});
    }
    return report.finish();
}
