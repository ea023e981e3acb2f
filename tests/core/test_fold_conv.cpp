// SPDX-License-Identifier: GPL-3.0-or-later
// A batch norm after Conv and ConvTranspose of every kind (resources/guide/folding.md, cases 1 to 11):
// folded, and equal to the original in ONNX Runtime.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder convThenBatchNorm(const Shape& input, const ConvSpec& spec, std::uint32_t seed = 1)
{
    ModelBuilder model(seed);
    model.input("x", input).conv("c1", spec).batchNorm("bn1").relu();
    return model;
}

ModelBuilder transposedThenBatchNorm(const Shape& input, const ConvSpec& spec, std::uint32_t seed = 1)
{
    ModelBuilder model(seed);
    model.input("x", input).convTranspose("d1", spec).batchNorm("bn1").relu();
    return model;
}

} // namespace

class FoldConvTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsConvWithBias()
    {
        assertFolds(convThenBatchNorm({"N", 3, 8, 8}, {.out = 8, .bias = true}), {{"c1", {"bn1"}}});
    }

    void foldsConvWithoutBias()
    {
        const Folded folded = assertFolds(convThenBatchNorm({"N", 3, 8, 8}, {.out = 8}), {{"c1", {"bn1"}}});
        const onnx::NodeProto* conv = findNode(folded.model, "c1");
        QVERIFY(conv);
        QCOMPARE(conv->input_size(), 3);
        const onnx::TensorProto* bias = findInitializer(folded.model, conv->input(2));
        QVERIFY(bias);
        QCOMPARE(bias->dims_size(), 1);
        QCOMPARE(bias->dims(0), 8);
    }

    void foldsConvWhoseBiasIsTheEmptyName()
    {
        assertFolds(convThenBatchNorm({"N", 3, 8, 8}, {.out = 8, .emptyBias = true}), {{"c1", {"bn1"}}});
    }

    void foldsConv1d()
    {
        assertFolds(convThenBatchNorm({"N", 3, 20}, {.out = 5, .kernel = {3}, .bias = true}),
                    {{"c1", {"bn1"}}});
    }

    void foldsConv3d()
    {
        assertFolds(convThenBatchNorm({"N", 3, 5, 6, 4}, {.out = 5, .kernel = {2, 3, 1}}), {{"c1", {"bn1"}}});
    }

    void foldsDepthwiseConv()
    {
        assertFolds(convThenBatchNorm({"N", 6, 8, 8}, {.out = 6, .in = 6, .group = 6, .bias = true}),
                    {{"c1", {"bn1"}}});
        assertFolds(convThenBatchNorm({"N", 3, 8, 8}, {.out = 6, .in = 3, .group = 3}), {{"c1", {"bn1"}}});
    }

    void foldsGroupedConv()
    {
        assertFolds(convThenBatchNorm({"N", 4, 8, 8}, {.out = 6, .in = 4, .group = 2, .bias = true}),
                    {{"c1", {"bn1"}}});
    }

    void foldsConvWithStridePadsAndDilation()
    {
        assertFolds(convThenBatchNorm({"N", 4, 9, 8}, {.out = 6,
                                                       .in = 4,
                                                       .kernel = {3, 2},
                                                       .group = 2,
                                                       .strides = {2, 1},
                                                       .pads = {1, 0, 2, 1},
                                                       .dilations = {2, 1}}),
                    {{"c1", {"bn1"}}});
    }

    void foldsConvWithAutoPad()
    {
        for (const char* pad : {"SAME_UPPER", "SAME_LOWER", "VALID"})
            assertFolds(convThenBatchNorm({"N", 3, 9, 8}, {.strides = {2, 2}, .autoPad = pad}),
                        {{"c1", {"bn1"}}});
    }

    void foldsConvOfManyChannelsWhoseWeightStaysInTheFile()
    {
        assertFolds(convThenBatchNorm({"N", 48, 4, 4}, {.out = 64, .in = 48, .bias = true}),
                    {{"c1", {"bn1"}}});
    }

    void foldsTransposedConvWithMoreInputsThanOutputs()
    {
        assertFolds(transposedThenBatchNorm({"N", 5, 4, 4}, {.out = 3, .in = 5}), {{"d1", {"bn1"}}});
        assertFolds(transposedThenBatchNorm({"N", 3, 4, 4}, {.out = 5, .in = 3}), {{"d1", {"bn1"}}});
    }

    void foldsGroupedTransposedConv()
    {
        assertFolds(transposedThenBatchNorm({"N", 4, 4, 4}, {.out = 8, .in = 4, .group = 2}),
                    {{"d1", {"bn1"}}});
        assertFolds(transposedThenBatchNorm({"N", 6, 4, 4}, {.out = 6, .in = 6, .group = 3}, 2),
                    {{"d1", {"bn1"}}});
        assertFolds(transposedThenBatchNorm({"N", 8, 4, 4}, {.out = 4, .in = 8, .group = 2}, 3),
                    {{"d1", {"bn1"}}});
    }

    void foldsTransposedConvWhoseScalesDifferWidelyBetweenGroups()
    {
        ModelBuilder model;
        model.input("x", {"N", 4, 4, 4})
            .convTranspose("d1", {.out = 8, .in = 4, .group = 2})
            .batchNorm("bn1", {.scale = {1, -2, 3, -4, 50, 60, -70, 80}, .bias = {1, 2, 3, 4, 5, 6, 7, 8}});
        assertFolds(model, {{"d1", {"bn1"}}});
    }

    void foldsDepthwiseTransposedConv()
    {
        assertFolds(transposedThenBatchNorm({"N", 4, 4, 4}, {.out = 4, .in = 4, .group = 4}),
                    {{"d1", {"bn1"}}});
        assertFolds(transposedThenBatchNorm({"N", 4, 4, 4}, {.out = 8, .in = 4, .group = 4}, 2),
                    {{"d1", {"bn1"}}});
    }

    void foldsTransposedConvWithStrideOutputPaddingAndBias()
    {
        assertFolds(
            transposedThenBatchNorm(
                {"N", 3, 4, 5},
                {.out = 4, .bias = true, .strides = {2, 2}, .pads = {1, 1, 1, 1}, .outputPadding = {1, 1}}),
            {{"d1", {"bn1"}}});
    }

    void foldsTransposedConvOfOneAndThreeAxes()
    {
        assertFolds(
            transposedThenBatchNorm(
                {"N", 4, 9}, {.out = 6, .in = 4, .kernel = {4}, .group = 2, .bias = true, .strides = {3}}),
            {{"d1", {"bn1"}}});
        assertFolds(transposedThenBatchNorm({"N", 3, 3, 4, 2}, {.out = 2, .kernel = {2, 1, 3}}),
                    {{"d1", {"bn1"}}});
    }

    void foldsDynamicBatchAndSpatialSizes() // case 45
    {
        assertFolds(convThenBatchNorm({"N", 3, "H", "W"}, {.out = 4, .bias = true}), {{"c1", {"bn1"}}},
                    {.symbols = {{"N", 3}, {"H", 9}, {"W", 6}}});
    }

    void foldsConvBnConvBn() // case 25
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8})
            .conv("c1", {.out = 5})
            .batchNorm("bn1")
            .conv("c2", {.out = 4, .in = 5, .bias = true})
            .batchNorm("bn2");
        assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
    }

    void foldsOnlyTheChosen()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.out = 5}).batchNorm("bn1").relu();
        model.conv("c2", {.out = 4, .in = 5}).batchNorm("bn2").relu();
        const auto candidates = candidatesOf(model.bytes());
        QVERIFY(candidates);
        QCOMPARE(candidates->size(), std::size_t{2});
        const auto folded = foldThroughFiles(model.bytes(), std::vector{candidates->at(1).id});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(findNode(folded->model, "bn1"));
        QVERIFY(!findNode(folded->model, "bn2"));
        QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
        QCOMPARE(folded->outcome.pairs.size(), std::size_t{2});
        QVERIFY(!folded->outcome.pairs[0].folded && folded->outcome.pairs[1].folded);
    }

    void refusesAnIdThatItDoesNotKnow()
    {
        const auto folded = foldThroughFiles(convThenBatchNorm({"N", 3, 8, 8}, {}).bytes(),
                                             std::vector<FoldId>{"no-such-fold"});
        QVERIFY(!folded);
        QVERIFY2(folded.error().find("no-such-fold") != std::string::npos, folded.error().c_str());
    }

    void keepsTheBytesWhenNothingIsChosen()
    {
        const auto folded =
            foldThroughFiles(convThenBatchNorm({"N", 3, 8, 8}, {}).bytes(), std::vector<FoldId>{});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(folded->before == folded->after);
    }
};

QTEST_APPLESS_MAIN(FoldConvTest)
#include "test_fold_conv.moc"
