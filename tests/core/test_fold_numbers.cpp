// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers (resources/guide/folding.md): ε, γ of either sign and zero, every element type, overflow, and how
// near the folded weights are to the exact products (cases 31 to 36).
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>
#include <set>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder convOf(DataType type, const BatchNormSpec& batchNorm = {}, bool typedData = false)
{
    ModelBuilder model;
    if (typedData)
        model.weightsAsTypedData();
    model.opset(15).ir(8).dataType(type).input("x", {"N", 8, 8, 8});
    model.conv("c1", {.out = 16, .in = 8, .bias = true}).batchNorm("bn1", batchNorm).relu();
    return model;
}

} // namespace

class FoldNumbersTest final : public QObject {
    Q_OBJECT

private slots:
    void takesTheDefaultEpsilon()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {});
        model.batchNorm("bn1", {.variance = {1e-5, 2e-5, 0, 1}, .epsilon = {}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void takesAnyEpsilon()
    {
        for (const double epsilon : {0.0, 1e-3, 0.5}) {
            ModelBuilder model;
            model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.epsilon = epsilon});
            assertFolds(model, {{"c1", {"bn1"}}});
        }
    }

    void foldsZeroVarianceWhenEpsilonIsPositive()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.variance = {0, 0.5, 0, 1}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void foldsASlightlyNegativeVarianceThatEpsilonLifts()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.variance = {-1e-7, 0.5, 1, 1}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void blocksVarianceThatIsNotPositive()
    {
        for (const auto& [variance, epsilon] : {std::pair{-1.0, 1e-5}, std::pair{0.0, 0.0}}) {
            ModelBuilder model;
            model.input("x", {"N", 3, 8, 8}).conv("c1", {});
            model.batchNorm("bn1", {.variance = {0.5, 1, variance, 1}, .epsilon = epsilon});
            const FoldCandidate blocked = assertBlocked(model, Reason::Variance, "bn1");
            QVERIFY2(blocked.message.text().find("channel 2") != std::string::npos,
                     blocked.message.text().c_str());
        }
    }

    void zeroGammaLeavesBeta()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.bias = true});
        model.batchNorm("bn1", {.scale = {0, 1, 0, -1}, .bias = {0.25, 1, -0.5, 1}});
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        const auto weight = numbersOf(findInitializer(folded.model, "c1.weight"));
        const auto bias = numbersOf(findInitializer(folded.model, "c1.bias"));
        QCOMPARE(weight.size(), std::size_t{4 * 27});
        for (std::size_t i = 0; i < 27; ++i)
            QCOMPARE(weight[i], 0.0L);
        QCOMPARE(bias[0], 0.25L);
        QCOMPARE(bias[2], -0.5L);
    }

    void blocksParametersThatAreNotFinite_data()
    {
        QTest::addColumn<int>("parameter");
        QTest::addColumn<double>("value");
        const char* names[] = {"scale", "bias", "mean", "variance"};
        for (int parameter = 0; parameter < 4; ++parameter)
            for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL})
                QTest::addRow("%s %g", names[parameter], value) << parameter << value;
    }

    void blocksParametersThatAreNotFinite()
    {
        QFETCH(int, parameter);
        QFETCH(double, value);
        BatchNormSpec spec;
        const std::vector<double> values = {1, value, 1, 1};
        (parameter == 0   ? spec.scale
         : parameter == 1 ? spec.bias
         : parameter == 2 ? spec.mean
                          : spec.variance) = values;
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", spec);
        const FoldCandidate blocked = assertBlocked(model, Reason::NonFinite, "bn1");
        QVERIFY2(blocked.message.text().find("[1]") != std::string::npos, blocked.message.text().c_str());
    }

    void foldsWeightsToTheNearest_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("ulps");
        QTest::addColumn<bool>("typed");
        QTest::newRow("float") << static_cast<int>(DataType::Float) << 0.5001 << false;
        QTest::newRow("float16") << static_cast<int>(DataType::Float16) << 0.5001 << false;
        QTest::newRow("bfloat16") << static_cast<int>(DataType::BFloat16) << 0.5001 << false;
        QTest::newRow("double") << static_cast<int>(DataType::Double) << 2.5 << false;
        QTest::newRow("float_data") << static_cast<int>(DataType::Float) << 0.5001 << true;
        QTest::newRow("float16 in int32_data") << static_cast<int>(DataType::Float16) << 0.5001 << true;
        QTest::newRow("bfloat16 in int32_data") << static_cast<int>(DataType::BFloat16) << 0.5001 << true;
        QTest::newRow("double_data") << static_cast<int>(DataType::Double) << 2.5 << true;
    }

    void foldsWeightsToTheNearest() // case 36
    {
        QFETCH(int, type);
        QFETCH(double, ulps);
        QFETCH(bool, typed);
        const auto dataType = static_cast<DataType>(type);
        const ModelBuilder model = convOf(dataType, {}, typed);
        const double tolerance = dataType == DataType::Double ? 1e-14
                                 : dataType == DataType::Float
                                     ? 1e-6
                                     : static_cast<double>(ulp(formatOf(dataType), 1)) * 2;
        const Folded folded =
            assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = tolerance});
        const onnx::ModelProto before = convOf(dataType).proto(); // the same numbers as raw data
        const auto scales = exactScales(before);
        const auto* stored = findInitializer(folded.model, "c1.weight");
        QVERIFY(stored);
        QCOMPARE(stored->data_type(), type);
        const auto old = numbersOf(findInitializer(before, "c1.weight")), now = numbersOf(stored);
        QCOMPARE(now.size(), old.size());
        const Format format = formatOf(dataType);
        for (std::size_t i = 0; i < old.size(); ++i) {
            const long double exact = old[i] * scales[i / (8 * 9)];
            QVERIFY2(std::fabs(now[i] - exact) <= ulps * ulp(format, exact), qPrintable(QString::number(i)));
        }
        // The bias is computed in double and rounded once.
        const auto bias = numbersOf(findInitializer(before, "c1.bias")),
                   mean = numbersOf(findInitializer(before, "bn1.running_mean"));
        const auto beta = numbersOf(findInitializer(before, "bn1.bias")),
                   newBias = numbersOf(findInitializer(folded.model, "c1.bias"));
        QCOMPARE(newBias.size(), bias.size());
        for (std::size_t c = 0; c < bias.size(); ++c) {
            const long double exact = (bias[c] - mean[c]) * scales[c] + beta[c];
            const long double size =
                std::fabs(bias[c] * scales[c]) + std::fabs(mean[c] * scales[c]) + std::fabs(beta[c]);
            QVERIFY(std::fabs(newBias[c] - exact) <= 0.5001L * ulp(format, exact) + 0x1p-50L * size);
        }
    }

    void foldsFloat16ThatOnnxRuntimeRuns()
    {
        assertFolds(convOf(DataType::Float16), {{"c1", {"bn1"}}}, {.tolerance = 1e-2});
    }

    void foldsBatchNormOfMixedTypes() // BN-15: statistics of another type than the data
    {
        const Folded folded = assertFolds(
            convOf(DataType::Float16, {.scaleType = DataType::Float, .statisticsType = DataType::Float}),
            {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 2e-3});
        const auto* bias = findInitializer(folded.model, "c1.bias");
        QVERIFY(bias);
        QCOMPARE(bias->data_type(), static_cast<int>(DataType::Float16));
        assertFolds(
            convOf(DataType::BFloat16, {.scaleType = DataType::BFloat16, .statisticsType = DataType::Float}),
            {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 2e-2});
    }

    void foldsGemmOfEveryType()
    {
        for (const DataType type : {DataType::Double, DataType::Float16, DataType::BFloat16}) {
            ModelBuilder model;
            model.opset(15)
                .ir(8)
                .dataType(type)
                .input("x", {3, 6})
                .gemm("g1", {.in = 6, .alpha = 0.5})
                .batchNorm("bn1");
            assertFolds(
                model, {{"g1", {"bn1"}}},
                {.engine = Engine::Definition, .tolerance = static_cast<double>(2 * ulp(formatOf(type), 1))});
        }
    }

    void blocksHalvesThatWouldOverflowUnlessAsked() // case 35
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 1, 4, 4});
        model.constant("W", {2, 1, 1, 1}, {40000, 1});
        model.conv("c1", {.out = 2, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm("bn1", {.scale = {4, 1}, .variance = {1, 1}, .epsilon = 0.0});
        assertBlocked(model, Reason::Overflow, "float16");
        const auto folded = foldThroughFiles(model.bytes(), {}, {.allowOverflow = true});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        const onnx::NodeProto* conv = findNode(folded->model, "c1");
        QVERIFY(conv);
        QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
        const auto weight = numbersOf(findInitializer(folded->model, conv->input(1)));
        QCOMPARE(weight.size(), std::size_t{2});
        QVERIFY(std::isinf(weight[0]));
        QCOMPARE(weight[1], 1.0L);
    }

    void doesNotCallTheLargestHalfAnOverflow()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 1, 4, 4});
        model.constant("W", {2, 1, 1, 1}, {32752, 1}); // × 2 = 65504, the largest
        model.conv("c1", {.out = 2, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm("bn1", {.scale = {2, 1}, .variance = {1, 1}, .epsilon = 0.0});
        assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-3});
    }

    void overflowIsJudgedPerChannel()
    {
        ModelBuilder model; // The large weight and the large scale are in different channels.
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 1, 4, 4});
        model.constant("W", {2, 1, 1, 1}, {40000, 1});
        model.conv("c1", {.out = 2, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm(
            "bn1", {.scale = {1, 4}, .bias = {0, 0}, .mean = {0, 0}, .variance = {1, 1}, .epsilon = 0.0});
        assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-3});
    }

    void flushesHalvesTheWayRoundingDoes() // case 35
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 1, 4, 4});
        model.constant("W", {3, 1, 1, 1}, {6e-5, 1e-3, 1});
        model.conv("c1", {.out = 3, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm("bn1", {.scale = {1e-4, 1e-2, 1},
                                .bias = {0, 0, 0},
                                .mean = {0, 0, 0},
                                .variance = {1, 1, 1},
                                .epsilon = 0.0,
                                .scaleType = DataType::Float,
                                .statisticsType = DataType::Float});
        const Folded folded =
            assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-3});
        const auto weight = numbersOf(findInitializer(folded.model, "W"));
        QCOMPARE(weight.size(), std::size_t{3});
        const Format format = formatOf(DataType::Float16);
        const long double w1 = decode(format, encode(format, 1e-3L));
        QCOMPARE(weight[0], 0.0L);
        QCOMPARE(weight[1], decode(format, encode(format, w1 * static_cast<long double>(0.01F))));
        const auto& warnings = folded.candidates.at(0).warnings;
        const auto underflow = std::find_if(warnings.begin(), warnings.end(),
                                            [](const FoldWarning& each) { return each.code == "underflow"; });
        QVERIFY(underflow != warnings.end());
        QVERIFY2(underflow->message.text().find("1 weights become 0") != std::string::npos &&
                     underflow->message.text().find("1 subnormal") != std::string::npos,
                 underflow->message.text().c_str());
    }

    void doesNotWarnOfHalvesThatStayNormal()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {1, 1, 4, 4});
        model.constant("W", {2, 1, 1, 1}, {1, -0.5});
        model.conv("c1", {.out = 2, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm("bn1", {.scale = {0.5, 2}, .bias = {1, 0}, .mean = {0, 0}, .variance = {1, 1}});
        const Folded folded =
            assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 2e-3});
        QVERIFY(folded.candidates.at(0).warnings.empty());
    }

    void warnsOfScalesThatQuantizeBadly()
    {
        const auto codes = [](const std::vector<double>& scales) {
            ModelBuilder model;
            model.input("x", {"N", 3, 8, 8}).conv("c1", {});
            model.batchNorm("bn1", {.scale = scales, .variance = {1, 1, 1, 1}});
            std::set<std::string> found;
            for (const FoldCandidate& candidate : assertFolds(model, {{"c1", {"bn1"}}}).candidates)
                for (const FoldWarning& warning : candidate.warnings)
                    found.insert(warning.code);
            return found;
        };
        const auto wide = codes({1, 0.9e-4, -1, 1}), narrow = codes({1, 1.1e-4, -1, 1});
        QVERIFY(narrow.empty());
        QCOMPARE(wide.size(), std::size_t{1});
        QVERIFY(!codes({1, 0, 1e-3, 1}).contains(*wide.begin())); // zero does not count
    }

    // Modes of the batch norm.

    void blocksTrainingMode() // case 31
    {
        ModelBuilder model;
        model.opset(15).ir(8).input("x", {"N", 3, 8, 8}).conv("c1", {});
        model.batchNorm("bn1",
                        {.attributes = {{"training_mode", 1}}, .extraOutputs = {"new_mean", "new_var"}});
        assertBlocked(model, Reason::TrainingMode, "bn1");
    }

    void blocksExtraOutputsOfOpset13AndFoldsThoseOfOpset14() // case 31
    {
        ModelBuilder old;
        old.opset(13).input("x", {"N", 3, 8, 8}).conv("c1", {});
        old.batchNorm("bn1", {.extraOutputs = {"mean", "var", "saved_mean", "saved_var"}});
        assertBlocked(old, Reason::TrainingMode, "bn1");
        ModelBuilder now;
        now.opset(14)
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1", {.extraOutputs = {"mean", "var"}});
        assertFolds(now, {{"c1", {"bn1"}}}, {.engine = Engine::Definition});
    }

    void ignoresExtraOutputsWithoutNames()
    {
        ModelBuilder model;
        model.opset(13)
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1", {.extraOutputs = {"", ""}});
        assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition});
    }

    void blocksExtraOutputsThatAreUsed()
    {
        ModelBuilder model;
        model.opset(14)
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1", {.extraOutputs = {"mean", "var"}});
        model.output().node("Relu", {"mean"}, {"y"}).output();
        assertBlocked(model, Reason::ExtraOutputs, "bn1");
        ModelBuilder asOutput;
        asOutput.opset(14)
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {})
            .batchNorm("bn1", {.extraOutputs = {"mean", "var"}});
        asOutput.output().output("var");
        assertBlocked(asOutput, Reason::ExtraOutputs, "bn1");
    }

    void looksAtIsTestBeforeOpset7() // case 32
    {
        ModelBuilder inference;
        inference.ir(3)
            .opset(6)
            .input("x", {2, 3, 6, 6})
            .conv("c1", {})
            .batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        assertFolds(inference, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-6});
        for (const Attributes& attributes : {Attributes{{"is_test", 0}}, Attributes{}}) {
            ModelBuilder training;
            training.ir(3)
                .opset(6)
                .input("x", {2, 3, 6, 6})
                .conv("c1", {})
                .batchNorm("bn1", {.attributes = attributes});
            assertBlocked(training, Reason::TrainingMode, "bn1");
        }
    }

    void foldsTheFirstBatchNormWithItsConsumedInputs() // case 32
    {
        ModelBuilder model;
        model.ir(3).opset(5).input("x", {2, 3, 6, 6}).conv("c1", {});
        model.batchNorm("bn1", {.attributes = {{"is_test", 1}, {"consumed_inputs", Dims{0, 0, 0, 1, 1}}}});
        assertFolds(model, {{"c1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-6});
    }

    void blocksStatisticsPerPosition() // case 32
    {
        ModelBuilder oldExporter; // [C] parameters: the attribute is wrong, and can be repaired
        oldExporter.ir(3).opset(7).input("x", {2, 3, 6, 6}).conv("c1", {});
        oldExporter.batchNorm("bn1", {.attributes = {{"spatial", 0}}});
        assertBlocked(oldExporter, Reason::Spatial, "bn1");
        ModelBuilder perPosition;
        perPosition.ir(3).opset(7).input("x", {2, 3, 6, 6}).conv("c1", {});
        perPosition.batchNorm("bn1", {.channels = 4 * 4 * 4, .attributes = {{"spatial", 0}}});
        assertBlocked(perPosition, Reason::Spatial, "bn1");
        ModelBuilder spatial;
        spatial.ir(3).opset(7).input("x", {2, 3, 6, 6}).conv("c1", {});
        spatial.batchNorm("bn1", {.attributes = {{"spatial", 1}, {"momentum", 0.5}}});
        assertFolds(spatial, {{"c1", {"bn1"}}});
    }
};

QTEST_APPLESS_MAIN(FoldNumbersTest)
#include "test_fold_numbers.moc"
