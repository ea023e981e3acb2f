// SPDX-License-Identifier: GPL-3.0-or-later
// The drawing of a graph, judged by its geometry alone.
#include "tests/bench/LayoutChecks.h"

#include <QtTest>
#include <algorithm>
#include <numeric>
#include <random>

using namespace pleat::layout;

namespace {

LayoutInput nodes(std::size_t count, SizeF size = {120, 40})
{
    LayoutInput input;
    input.nodes.assign(count, size);
    return input;
}

void feed(LayoutInput& input, std::uint32_t from, std::uint32_t to)
{
    input.edges.push_back({from, to, from, 0, false});
}

double centreX(const LayoutResult& result, std::size_t node)
{
    return result.nodes[node].x + result.nodes[node].width / 2;
}

// A network with skips, parallel branches and dense blocks, every node of another size.
LayoutInput network(std::size_t wanted, unsigned seed)
{
    LayoutInput input;
    std::mt19937 random(seed);
    const auto add = [&] {
        input.nodes.push_back(
            {100.0 + static_cast<double>(random() % 20) * 8, 24.0 + static_cast<double>(random() % 8) * 16});
        input.keys.push_back(random());
        return static_cast<std::uint32_t>(input.nodes.size() - 1);
    };
    std::uint32_t last = add();
    while (input.nodes.size() < wanted) {
        const std::uint32_t start = last;
        switch (random() % 4) {
        case 0:
            for (int i = 0; i < 6; ++i) {
                const std::uint32_t next = add();
                feed(input, last, next);
                last = next;
            }
            feed(input, start, last);
            break;
        case 1: {
            const std::uint32_t join = add();
            for (unsigned b = 0; b < 2 + random() % 4; ++b) {
                std::uint32_t v = start;
                for (unsigned i = 0; i <= random() % 4; ++i) {
                    const std::uint32_t next = add();
                    feed(input, v, next);
                    v = next;
                }
                feed(input, v, join);
            }
            last = join;
            break;
        }
        case 2: {
            std::vector<std::uint32_t> seen{start};
            for (int layer = 0; layer < 5; ++layer) {
                const std::uint32_t next = add();
                for (const std::uint32_t v : seen)
                    feed(input, v, next);
                seen.push_back(next);
            }
            last = seen.back();
            break;
        }
        default: {
            const std::uint32_t constant = add(), next = add();
            feed(input, last, next);
            feed(input, constant, next);
            last = next;
        }
        }
    }
    return input;
}

// The same graph listed in another order; permutation[i] is the new number of node i.
LayoutInput shuffled(const LayoutInput& input, std::vector<std::uint32_t>& permutation, unsigned seed)
{
    std::mt19937 random(seed);
    permutation.resize(input.nodes.size());
    std::iota(permutation.begin(), permutation.end(), 0u);
    std::shuffle(permutation.begin(), permutation.end(), random);
    LayoutInput result = input;
    for (std::size_t i = 0; i < input.nodes.size(); ++i) {
        result.nodes[permutation[i]] = input.nodes[i];
        if (!input.keys.empty())
            result.keys[permutation[i]] = input.keys[i];
    }
    // Tensor numbers are names: they say which edges belong together and nothing about order.
    for (LayoutEdge& edge : result.edges)
        edge = {permutation[edge.from], permutation[edge.to], permutation[edge.tensor], edge.toPort,
                edge.rigid};
    std::shuffle(result.edges.begin(), result.edges.end(), random);
    return result;
}

void verifyDrawing(const LayoutInput& input, const LayoutResult& result)
{
    QCOMPARE(result.nodes.size(), input.nodes.size());
    QCOMPARE(result.branches.size(), input.edges.size());
    QCOMPARE(checks::overlaps(result), 0u);
    QCOMPARE(checks::edgesThroughNodes(input, result), 0u);
    QCOMPARE(checks::looseEnds(input, result), 0u);
    for (const RectF& r : result.nodes) {
        QVERIFY(r.x >= -0.5 && r.y >= -0.5);
        QVERIFY(r.right() <= result.size.width + 0.5 && r.bottom() <= result.size.height + 0.5);
    }
}

} // namespace

class TestLayout final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void drawsAnEmptyGraph()
    {
        const auto result = layOut({});
        QVERIFY(result);
        QVERIFY(result->nodes.empty());
    }

    void drawsASingleNode()
    {
        const auto result = layOut(nodes(1));
        QVERIFY(result);
        QCOMPARE(result->nodes[0], (RectF{0, 0, 120, 40}));
        QCOMPARE(result->size.width, 120.0);
    }

    void keepsAChainInOneLine()
    {
        LayoutInput input = nodes(40);
        for (std::uint32_t i = 0; i < 40; ++i)
            input.nodes[i] = {100.0 + 16 * (i % 5), 30.0 + 8 * (i % 3)};
        for (std::uint32_t i = 0; i + 1 < 40; ++i)
            feed(input, i, i + 1);
        const auto result = *layOut(input);
        verifyDrawing(input, result);
        for (std::size_t i = 1; i < 40; ++i) {
            QVERIFY(std::abs(centreX(result, i) - centreX(result, 0)) <= 0.5);
            QVERIFY(result.nodes[i].y >= result.nodes[i - 1].bottom());
        }
    }

    void keepsTheSpineStraightBesideSkips()
    {
        LayoutInput input = nodes(60);
        for (std::uint32_t i = 0; i + 1 < 60; ++i)
            feed(input, i, i + 1);
        for (std::uint32_t i = 0; i + 5 < 60; i += 5)
            feed(input, i, i + 5);
        const auto result = *layOut(input);
        verifyDrawing(input, result);
        QCOMPARE(result.crossings, 0u);
        for (std::size_t i = 1; i < 60; ++i)
            QCOMPARE(centreX(result, i), centreX(result, 0));
    }

    void placesEqualBranchesOnEitherSideOfTheSpine()
    {
        LayoutInput input = nodes(4);
        feed(input, 0, 1);
        feed(input, 0, 2);
        feed(input, 1, 3);
        feed(input, 2, 3);
        const auto result = *layOut(input);
        QCOMPARE(centreX(result, 0), centreX(result, 3));
        QCOMPARE((centreX(result, 1) + centreX(result, 2)) / 2, centreX(result, 0));
    }

    void pointsEveryEdgeDownwards()
    {
        const LayoutInput input = network(500, 3);
        const auto result = *layOut(input);
        for (const LayoutEdge& edge : input.edges)
            QVERIFY(result.nodes[edge.from].bottom() < result.nodes[edge.to].y);
    }

    void drawsNetworksWithoutOverlapAndWithoutEdgesThroughNodes_data()
    {
        QTest::addColumn<unsigned>("seed");
        for (unsigned seed = 1; seed <= 12; ++seed)
            QTest::addRow("network %u", seed) << seed;
    }
    void drawsNetworksWithoutOverlapAndWithoutEdgesThroughNodes()
    {
        QFETCH(unsigned, seed);
        for (const Direction direction : {Direction::TopDown, Direction::LeftRight}) {
            LayoutInput input = network(300, seed);
            input.direction = direction;
            verifyDrawing(input, *layOut(input));
        }
    }

    void doesNotDependOnTheOrderOfTheFile_data()
    {
        drawsNetworksWithoutOverlapAndWithoutEdgesThroughNodes_data();
    }
    void doesNotDependOnTheOrderOfTheFile()
    {
        QFETCH(unsigned, seed);
        const LayoutInput input = network(200, seed);
        std::vector<std::uint32_t> permutation;
        const LayoutInput other = shuffled(input, permutation, seed + 100);
        const auto a = *layOut(input), b = *layOut(other);
        QCOMPARE(a.crossings, b.crossings);
        for (std::size_t i = 0; i < input.nodes.size(); ++i)
            QCOMPARE(b.nodes[permutation[i]], a.nodes[i]);
    }

    void doesNotNeedKeysWhereSizesAndStructureTellNodesApart()
    {
        LayoutInput input = network(120, 5);
        input.keys.clear();
        for (std::size_t i = 0; i < input.nodes.size(); ++i)
            input.nodes[i].width += static_cast<double>(i); // no two are alike
        std::vector<std::uint32_t> permutation;
        const LayoutInput other = shuffled(input, permutation, 77);
        const auto a = *layOut(input), b = *layOut(other);
        for (std::size_t i = 0; i < input.nodes.size(); ++i)
            QCOMPARE(b.nodes[permutation[i]], a.nodes[i]);
    }

    void givesTheSameDrawingTwice()
    {
        const LayoutInput input = network(400, 8);
        const auto a = *layOut(input), b = *layOut(input);
        QCOMPARE(a.nodes, b.nodes);
    }

    void reversesCycles()
    {
        LayoutInput input = nodes(4);
        feed(input, 0, 1);
        feed(input, 1, 2);
        feed(input, 2, 1);
        feed(input, 2, 3);
        feed(input, 3, 3);
        const auto result = *layOut(input);
        verifyDrawing(input, result);
        QCOMPARE(result.reversed.size(), 1u);
        QVERIFY(result.branches[4].points.empty());
    }

    void standsPartsThatAreNotConnectedSideBySide()
    {
        LayoutInput input = nodes(30);
        for (std::uint32_t i = 0; i < 30; i += 3) {
            feed(input, i, i + 1);
            feed(input, i, i + 2);
        }
        verifyDrawing(input, *layOut(input));
    }

    void ignoresEdgesThatLeadNowhere()
    {
        LayoutInput input = nodes(2);
        feed(input, 0, 1);
        feed(input, 0, 9);
        const auto result = *layOut(input);
        QVERIFY(result.branches[1].points.empty());
        QCOMPARE(result.branches[0].points.size(), 2u);
    }

    void sharesOneTrunkATensor()
    {
        LayoutInput input = nodes(8);
        for (std::uint32_t i = 0; i + 1 < 8; ++i)
            feed(input, i, i + 1);
        for (std::uint32_t i = 2; i < 8; ++i)
            feed(input, 0, i);
        const auto result = *layOut(input);
        verifyDrawing(input, result);
        for (std::size_t e = 7; e < input.edges.size(); ++e)
            QCOMPARE(result.branches[e].trunk, result.branches[0].trunk);
    }

    void placesAConstantBesideItsReader()
    {
        LayoutInput input = nodes(22);
        for (std::uint32_t i = 0; i + 1 < 20; ++i)
            feed(input, i, i + 1);
        feed(input, 20, 21); // a constant and its cast, read at the very end
        feed(input, 21, 19);
        const auto result = *layOut(input);
        QCOMPARE(result.ranks[21], result.ranks[19] - 1);
        QCOMPARE(result.ranks[20], result.ranks[19] - 2);
    }

    void keepsRoomForFrames()
    {
        LayoutInput input = nodes(6);
        for (const auto& [from, to] : {std::pair(0u, 1u), {0u, 2u}, {1u, 3u}, {2u, 4u}, {3u, 5u}, {4u, 5u}})
            feed(input, from, to);
        input.insets.assign(6, {});
        input.insets[1] = {30, 40, 30, 0};
        input.insets[3] = {30, 0, 30, 25};
        input.edges[2].rigid = true;
        const auto result = *layOut(input);
        verifyDrawing(input, result);
        QCOMPARE(centreX(result, 1), centreX(result, 3));
        QCOMPARE(result.ranks[3], result.ranks[1] + 1);
        const double gap = std::max(result.nodes[1].x, result.nodes[2].x) -
                           std::min(result.nodes[1].right(), result.nodes[2].right());
        QVERIFY(gap >= 30);
        QVERIFY(result.nodes[1].y - result.nodes[0].bottom() >= 40);
    }

    void staysFastWithTenThousandNodes()
    {
        const LayoutInput input = network(10'000, 21);
        QElapsedTimer timer;
        timer.start();
        const auto result = *layOut(input);
        // A fiftieth of what any library needs; generous enough for a sanitizer on a busy machine.
        QVERIFY2(timer.elapsed() < 5'000, qPrintable(QString::number(timer.elapsed())));
        verifyDrawing(input, result);
    }

    // Every node read again by the last one: three million dummies if each trunk ran through the ranks.
    void runsTrunksBesideTheDrawingRatherThanFillTheMemory()
    {
        constexpr std::uint32_t count = 2'500;
        LayoutInput input = nodes(count);
        for (std::uint32_t i = 0; i + 1 < count; ++i)
            feed(input, i, i + 1);
        for (std::uint32_t i = 0; i + 2 < count; ++i)
            feed(input, i, count - 1);
        const auto result = *layOut(input);
        QCOMPARE(checks::overlaps(result), 0u);
        QCOMPARE(checks::edgesThroughNodes(input, result), 0u);
        QCOMPARE(checks::looseEnds(input, result), 0u);
        QVERIFY(result.size.width < 40'000);
    }

    void stopsWhenAsked()
    {
        std::stop_source source;
        source.request_stop();
        QVERIFY(!layOut(network(1'000, 2), source.get_token()));
    }
};

QTEST_APPLESS_MAIN(TestLayout)
#include "test_layout.moc"
