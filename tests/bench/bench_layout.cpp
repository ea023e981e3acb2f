// SPDX-License-Identifier: GPL-3.0-or-later
// The time that the layout of a graph takes.
//     bench_layout [FILE… | skip N | mixed N | dense N | chain N | wide N]…
// A file holds "n m", n lines "width height [label]", m lines "from to"; edges from one node carry one
// tensor.
#include "tests/bench/Graphs.h"
#include "tests/bench/LayoutChecks.h"
#include "tests/bench/Report.h"

#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

using namespace pleat::bench;
using namespace pleat::layout;

namespace {

LayoutInput read(const std::string& path)
{
    LayoutInput input;
    std::ifstream file(path);
    std::string line;
    std::size_t nodes = 0, edges = 0;
    std::getline(file, line);
    std::istringstream(line) >> nodes >> edges;
    for (std::size_t i = 0; i < nodes && std::getline(file, line); ++i) {
        SizeF size;
        std::istringstream(line) >> size.width >> size.height;
        input.nodes.push_back(size);
    }
    for (std::size_t i = 0; i < edges && std::getline(file, line); ++i) {
        LayoutEdge edge;
        std::istringstream(line) >> edge.from >> edge.to;
        edge.tensor = edge.from;
        input.edges.push_back(edge);
    }
    return input;
}

void measure(Report& report, const std::string& name, const LayoutInput& input)
{
    std::vector<double> times;
    LayoutResult result;
    for (int run = 0; run < 5; ++run) {
        const double start = processorSeconds();
        result = *layOut(input);
        times.push_back(1000.0 * (processorSeconds() - start));
        if (times.back() > 1000)
            break;
    }
    report.add({.what = fmt::format("{}: {} nodes, {} edges", name, input.nodes.size(), input.edges.size()),
                .value = median(times),
                .unit = "ms"});
    report.note(fmt::format("{} crossings, {:.0f} × {:.0f}", result.crossings, result.size.width,
                            result.size.height));
    const std::size_t overlaps = checks::overlaps(result), through = checks::edgesThroughNodes(input, result),
                      loose = checks::looseEnds(input, result);
    if (overlaps + through + loose > 0)
        report.note(fmt::format("WRONG: {} overlaps, {} edges through nodes, {} loose ends", overlaps,
                                through, loose));
}

} // namespace

int main(int argc, char** argv)
{
    Report report("layout", argc, argv);
    std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.empty()) {
        for (const std::string_view kind : graphKinds) {
            for (const char* nodes : {"1000", "50000"})
                arguments.insert(arguments.end(), {std::string(kind), nodes});
        }
    }
    report.heading("Layout, processor time");
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (std::ranges::find(graphKinds, argument) != graphKinds.end() && i + 1 < arguments.size()) {
            const std::string& number = arguments[++i];
            std::size_t nodes = 0;
            std::from_chars(number.data(), number.data() + number.size(), nodes);
            measure(report, argument + " " + number, generateGraph(argument, nodes));
        } else {
            measure(report, argument.substr(argument.rfind('/') + 1), read(argument));
        }
    }
    return report.finish();
}
