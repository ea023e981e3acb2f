// SPDX-License-Identifier: GPL-3.0-or-later
// Names, numbers and the outlier's rule: what the window says.
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/weights/WeightsComparison.h"

#include <QTest>
#include <limits>

using namespace pleat;
using namespace pleat::ui;

class TestWords final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void namesTheModuleOfANode_data()
    {
        QTest::addColumn<QString>("node");
        QTest::addColumn<QString>("op");
        QTest::addColumn<QString>("module");
        QTest::newRow("torch, nested sequences") << "/features/features.1/conv/conv.0/conv.0.0/Conv"
                                                 << "Conv"
                                                 << "features.1.conv.0.0";
        QTest::newRow("torch, attributes") << "/layer1/layer1.0/conv1/Conv"
                                           << "Conv"
                                           << "layer1.0.conv1";
        QTest::newRow("torch, numbered operator") << "/fc/Gemm_1"
                                                  << "Gemm"
                                                  << "fc";
        QTest::newRow("no path") << "Conv_12"
                                 << "Conv"
                                 << "Conv_12";
        QTest::newRow("no name") << ""
                                 << "Conv"
                                 << "";
        QTest::newRow("only an operator") << "/Conv"
                                          << "Conv"
                                          << "Conv";
    }
    void namesTheModuleOfANode()
    {
        QFETCH(QString, node);
        QFETCH(QString, op);
        QTEST(moduleName(node, op), "module");
    }

    void shortensTheNamesInAReason()
    {
        FoldCandidate candidate;
        candidate.affine = {{NodeId{1}, "/block/norm1/BatchNormalization", "BatchNormalization"}};
        candidate.layer = NodeRef{NodeId{2}, "/block/conv1/Conv", "Conv"};
        const Argument clip(Argument::Kind::Operation, "/block/relu6/Clip", "Clip", NodeId{3});
        const Argument norm(Argument::Kind::Node, candidate.affine.front().name, "BatchNormalization",
                            NodeId{1});
        const Argument conv(Argument::Kind::Node, candidate.layer->name, "Conv", NodeId{2});
        candidate.message = sentence(
            "{}; after it, {}", sentence("{} lies between the two and does not commute with {}", clip, norm),
            sentence("{} pads by {} of its size", conv, "1/2"));
        QCOMPARE(foldMessage(candidate),
                 QStringLiteral("Clip lies between the two and does not commute with it; after it, "
                                "block.conv1 pads by 1/2 of its size"));
    }

    // Whatever nodes are called, they change nothing in the sentence around them.
    void isNotGarbledByNamesThatAreWords()
    {
        for (const std::string name : {"a", "the", "Add", "1", "it", "{}", "%1", "a a"}) {
            FoldCandidate candidate;
            candidate.affine = {{NodeId{1}, name, "BatchNormalization"}};
            candidate.layer = NodeRef{NodeId{2}, name, "Conv"};
            candidate.message =
                sentence("the scale of {} has {} values, {} has {} input channels, as Add {} has a {}",
                         Argument(Argument::Kind::Node, name, "BatchNormalization", NodeId{1}), 1,
                         Argument(Argument::Kind::Node, name, "Conv", NodeId{2}), 11,
                         Argument(Argument::Kind::Node, name, "Add", NodeId{3}),
                         Argument(Argument::Kind::Tensor, name, {}, NodeId::None));
            QCOMPARE(foldMessage(candidate), QStringLiteral("the scale of it has 1 values, ") + toQt(name) +
                                                 QStringLiteral(" has 11 input channels, as Add ") +
                                                 toQt(name) + QStringLiteral(" has a ") + toQt(name));
        }
    }

    void writesNumbers()
    {
        QCOMPARE(number(-0.412), QStringLiteral("−0.41"));
        QCOMPARE(number(0), QStringLiteral("0"));
        QCOMPARE(number(15.44), QStringLiteral("15.4"));
        QCOMPARE(number(std::numeric_limits<double>::infinity()), QStringLiteral("∞"));
        QCOMPARE(compactCount(864), QStringLiteral("864"));
        QCOMPARE(compactCount(3504872), QStringLiteral("3.5\u00a0M"));
        QCOMPARE(byteCount(3456), QStringLiteral("3.5\u00a0kB"));
        const std::vector<std::int64_t> dims{32, 3, 3, 3};
        QCOMPARE(dimensions(dims, QStringLiteral("×")), QStringLiteral("32×3×3×3"));
    }

    void keepsBytesThatAreNoText()
    {
        QCOMPARE(toQt(std::string_view("a\xff"
                                       "b")),
                 QStringLiteral("a\ufffdb"));
    }

    void findsAChannelFourTimesWiderThanTheMedian()
    {
        std::vector<Range> channels(9, Range{-1, 1});
        QVERIFY(!findOutlier(channels));
        channels[4] = {-3.9, 4.1}; // exactly four times: not yet
        QVERIFY(!findOutlier(channels));
        channels[4] = {-5, 5};
        const auto outlier = findOutlier(channels);
        QVERIFY(outlier.has_value());
        QCOMPARE(outlier->channel, std::size_t(4));
        QCOMPARE(outlier->ratio, 5.0);
        QVERIFY(!findOutlier({{-1, 1}, {-100, 100}})); // of two, neither is the odd one
        QVERIFY(!findOutlier(std::vector<Range>(5, Range{0, 0})));
    }
};

QTEST_MAIN(TestWords)
#include "test_words.moc"
