// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/Graphs.h"

#include <random>

namespace pleat::bench {

using namespace pleat::layout;

namespace {

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
    void wideBlock(int branches, int length)
    {
        const std::uint32_t start = m_last, join = node();
        for (int b = 0; b < branches; ++b) {
            std::uint32_t v = start;
            for (int i = 0; i < length; ++i)
                v = after(v);
            edge(v, join);
        }
        m_last = join;
    }
    void chainNode() { m_last = after(m_last); }
    void start() { m_last = node(); }

private:
    LayoutInput m_input;
    std::uint32_t m_last = 0;
};

} // namespace

LayoutInput generateGraph(std::string_view kind, std::size_t nodes)
{
    Generator generator;
    std::mt19937 random(1);
    generator.start();
    while (generator.size() < nodes) {
        if (kind == "skip")
            generator.skipBlock();
        else if (kind == "dense")
            generator.denseBlock(32);
        else if (kind == "chain")
            generator.chainNode();
        else if (kind == "wide")
            generator.wideBlock(100, 9);
        else if (const auto pick = random() % 3; pick == 0)
            generator.skipBlock();
        else if (pick == 1)
            generator.inceptionBlock(2 + static_cast<int>(random() % 5));
        else
            generator.denseBlock(3 + static_cast<int>(random() % 6));
    }
    return generator.take();
}

} // namespace pleat::bench
