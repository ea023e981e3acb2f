// SPDX-License-Identifier: GPL-3.0-or-later
// The time that the layout of a graph takes.
//     bench_layout [FILE… | skip N | mixed N | dense N]…
// A file holds "n m", n lines "width height [label]", m lines "from to"; edges from one node carry one
// tensor.
#include "tests/bench/LayoutChecks.h"
#include "tests/bench/Report.h"

#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

using namespace pleat::bench;
using namespace pleat::ui;

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

class Generator final {
public:
    std::uint32_t node()
    {
        m_input.nodes.push_back({180, 80});
        return static_cast<std::uint32_t>(m_input.nodes.size() - 1);
    }
    std::uint32_t after(std::uint32_t from)
    {
        const std::uint32_t to = node();
        edge(from, to);
        return to;
    }
    void edge(std::uint32_t from, std::uint32_t to) { m_input.edges.push_back({from, to, from, 0, false}); }
    std::size_t size() const { return m_input.nodes.size(); }
    LayoutInput take() { return std::move(m_input); }

    void skipBlock()
    {
        const std::uint32_t start = m_last;
        for (int i = 0; i < 7; ++i)
            m_last = after(m_last);
        m_last = after(m_last);
        edge(start, m_last);
    }
    void inceptionBlock(int branches)
    {
        const std::uint32_t start = m_last, join = node();
        for (int b = 0; b < branches; ++b) {
            std::uint32_t v = start;
            for (int i = 0; i <= b; ++i)
                v = after(v);
            edge(v, join);
        }
        m_last = join;
    }
    void denseBlock(int layers)
    {
        std::vector<std::uint32_t> seen{m_last};
        for (int layer = 0; layer < layers; ++layer) {
            const std::uint32_t concat = node();
            for (const std::uint32_t v : seen)
                edge(v, concat);
            std::uint32_t v = concat;
            for (int i = 0; i < 5; ++i)
                v = after(v);
            seen.push_back(v);
        }
        m_last = node();
        for (const std::uint32_t v : seen)
            edge(v, m_last);
    }
    void start() { m_last = node(); }

private:
    LayoutInput m_input;
    std::uint32_t m_last = 0;
};

LayoutInput generate(std::string_view kind, std::size_t nodes)
{
    Generator generator;
    std::mt19937 random(1);
    generator.start();
    while (generator.size() < nodes) {
        if (kind == "skip")
            generator.skipBlock();
        else if (kind == "dense")
            generator.denseBlock(32);
        else if (const auto pick = random() % 3; pick == 0)
            generator.skipBlock();
        else if (pick == 1)
            generator.inceptionBlock(2 + static_cast<int>(random() % 5));
        else
            generator.denseBlock(3 + static_cast<int>(random() % 6));
    }
    return generator.take();
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
    if (arguments.empty())
        arguments = {"skip", "1000", "mixed", "1000", "dense", "1000", "skip", "20000"};
    report.heading("Layout, processor time");
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if ((argument == "skip" || argument == "mixed" || argument == "dense") && i + 1 < arguments.size()) {
            const std::string& number = arguments[++i];
            std::size_t nodes = 0;
            std::from_chars(number.data(), number.data() + number.size(), nodes);
            measure(report, argument + " " + number, generate(argument, nodes));
        } else {
            measure(report, argument.substr(argument.rfind('/') + 1), read(argument));
        }
    }
    return report.finish();
}
