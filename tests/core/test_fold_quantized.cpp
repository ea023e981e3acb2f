// SPDX-License-Identifier: GPL-3.0-or-later
// Weights behind DequantizeLinear, folded on request (resources/guide/folding.md, the paragraph below the
// reasons): scales take |s|, a negative s negates the integers, a bias in integers is rounded to them again.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

const FoldExpectations onRequest{.options = {.quantizedToo = true}};
constexpr DataType Int8 = DataType::Int8, UInt8 = DataType::UInt8, Int32 = DataType::Int32;

struct QuantizedSpec {
    DataType type = Int8;
    bool perChannel = true;
    std::optional<double> zeroPoint = {}; // in every channel
    double lowest = -127;                 // a number in channel 1
    enum { NoBias, FloatBias, IntegerBias } bias = NoBias;
    double biasStep = 0.01; // times 1 … 1.75 in the channels
    bool negative = true;   // s < 0 in channel 1
};

// Numbers in all channels as the layer's weight, the channels along `axis`: "w".
void addWeight(ModelBuilder& model, const Dims& dims, int axis, const QuantizedSpec& spec)
{
    std::vector<double> integers, scales, zeroPoints;
    const bool is8 = spec.type == Int8;
    for (std::int64_t i = 0; i < elementCount(dims); ++i)
        integers.push_back(static_cast<double>(model.integer(is8 ? -127 : 0, is8 ? 127 : 255)));
    std::int64_t behind = 1;
    for (std::size_t d = dims.size() - 1; d > static_cast<std::size_t>(axis); --d)
        behind *= dims[d];
    integers[static_cast<std::size_t>(behind)] = std::max(spec.lowest, is8 ? -128.0 : 0);
    const std::int64_t count = spec.perChannel ? dims[static_cast<std::size_t>(axis)] : 1;
    for (std::int64_t c = 0; c < count; ++c) {
        scales.push_back(0.005 * (1 + 0.3 * static_cast<double>(c)));
        zeroPoints.push_back(spec.zeroPoint.value_or(0));
    }
    const Dims shape = spec.perChannel ? Dims{count} : Dims{};
    std::vector<std::string> inputs = {model.constant("W", dims, integers, spec.type),
                                       model.constant("W_scale", shape, scales)};
    if (spec.zeroPoint)
        inputs.push_back(model.constant("W_zero", shape, zeroPoints, spec.type));
    const Attributes attributes = spec.perChannel ? Attributes{{"axis", axis}} : Attributes{};
    model.node("DequantizeLinear", inputs, {"w"}, attributes, "dequantize");
}

std::vector<std::string> withBias(ModelBuilder& model, const QuantizedSpec& spec)
{
    if (spec.bias == QuantizedSpec::NoBias)
        return {"x", "w"};
    if (spec.bias == QuantizedSpec::FloatBias)
        return {"x", "w", model.random("B", {4}, -1, 1)};
    std::vector<double> steps;
    for (int c = 0; c < 4; ++c)
        steps.push_back(spec.biasStep * (1 + 0.25 * c));
    model.constant("B", {4}, {100, -37, 5, 81}, Int32);
    model.constant("B_scale", {4}, steps);
    model.node("DequantizeLinear", {"B", "B_scale"}, {"b"}, {{"axis", 0}}, "dequantize_bias");
    return {"x", "w", "b"};
}

BatchNormSpec signs(const QuantizedSpec& spec)
{
    return {.scale = {0.7, spec.negative ? -1.3 : 1.3, 1.1, 0.4}};
}

ModelBuilder conv(const QuantizedSpec& spec, const Attributes& attributes = {}, std::int64_t in = 3)
{
    ModelBuilder model;
    model.input("x", {2, 3, 6, 6});
    addWeight(model, {4, in, 3, 3}, 0, spec);
    const std::vector<std::string> inputs = withBias(model, spec);
    model.node("Conv", inputs, {"y"}, attributes, "c1").from("y", 4).batchNorm("bn1", signs(spec)).relu();
    return model;
}

// What DequantizeLinear makes of the constant behind input `slot` of the node; empty when it is no such.
struct Dequantized {
    std::vector<long double> values, steps, integers;
};
Dequantized behind(const onnx::ModelProto& model, const std::string& name, int slot)
{
    const onnx::NodeProto* layer = findNode(model, name);
    Dequantized result;
    visitNodes(model, [&](const onnx::NodeProto& node) {
        if (!layer || layer->input_size() <= slot || node.output(0) != layer->input(slot) ||
            node.op_type() != "DequantizeLinear")
            return;
        const auto* integers = findInitializer(model, node.input(0));
        result.steps = numbersOf(findInitializer(model, node.input(1)));
        if (!integers || result.steps.empty())
            return;
        for (std::size_t i = 0; i < integers->raw_data().size() / (integers->data_type() == 6 ? 4 : 1); ++i) {
            std::int32_t number = static_cast<std::int8_t>(integers->raw_data()[i]);
            if (integers->data_type() == static_cast<int>(Int32))
                std::memcpy(&number, integers->raw_data().data() + 4 * i, 4);
            result.integers.push_back(number);
            result.values.push_back(number * result.steps[i % result.steps.size()]);
        }
    });
    return result;
}

} // namespace

class FoldQuantizedTest final : public QObject {
    Q_OBJECT

private slots:
    void isBlockedUnlessAsked()
    {
        assertBlocked(conv({}), Reason::Quantized, "c1");
        assertBlocked(conv({.perChannel = false}), Reason::Quantized, "c1");
    }

    // Since opset 19 they may be float16, which has another range than what is folded here.
    void leavesScalesOfSixteenBits()
    {
        ModelBuilder model;
        model.ir(9).opset(19).dataType(DataType::Float16).input("x", {1, 3, 4, 4});
        model.node(
            "DequantizeLinear",
            {model.constant("q", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}, Int8), model.constant("step", {}, {0.5})},
            {"w"}, {}, "dequantize");
        model.node("Conv", {"x", "w"}, {"y"}, {}, "c1").from("y", 2).batchNorm("bn1");
        assertBlocked(model, Reason::Quantized, "float16 scales", "bn1", onRequest.options);
    }

    void foldsWeightsOfEveryKind()
    {
        for (const bool perChannel : {true, false}) {
            assertFolds(conv({.perChannel = perChannel}), {{"c1", {"bn1"}}}, onRequest);
            assertFolds(conv({.perChannel = perChannel, .zeroPoint = 0}), {{"c1", {"bn1"}}}, onRequest);
            assertFolds(conv({.perChannel = perChannel, .zeroPoint = 3, .negative = false}),
                        {{"c1", {"bn1"}}}, onRequest);
            for (const auto zeroPoint : {std::optional<double>(), std::optional<double>(131)})
                assertFolds(
                    conv(
                        {.type = UInt8, .perChannel = perChannel, .zeroPoint = zeroPoint, .negative = false}),
                    {{"c1", {"bn1"}}}, onRequest);
        }
    }

    void givesEveryChannelItsScale()
    {
        const Folded folded =
            assertFolds(conv({.perChannel = false, .zeroPoint = 0}), {{"c1", {"bn1"}}}, onRequest);
        const onnx::NodeProto* dequantize = findNode(folded.model, "dequantize");
        QVERIFY(dequantize);
        QCOMPARE(numbersOf(findInitializer(folded.model, dequantize->input(1))).size(), std::size_t{4});
        QCOMPARE(findInitializer(folded.model, dequantize->input(2))->dims(0), 4);
        QCOMPARE(dequantize->attribute(0).i(), 0);
    }

    void negatesIntegersWhereTheScaleIsNegative()
    {
        const Folded folded = assertFolds(conv({}), {{"c1", {"bn1"}}}, onRequest);
        onnx::ModelProto before;
        QVERIFY(before.ParseFromString(folded.before));
        const auto old = behind(before, "c1", 1), now = behind(folded.model, "c1", 1);
        QCOMPARE(now.integers.size(), std::size_t{4 * 27});
        for (std::size_t i = 0; i < now.integers.size(); ++i)
            QCOMPARE(now.integers[i], i / 27 == 1 ? -old.integers[i] : old.integers[i]);
        for (const long double step : now.steps)
            QVERIFY(step > 0);
    }

    void blocksWhatCannotBeNegated()
    {
        assertBlocked(conv({.lowest = -128}), Reason::Quantized, "-128", {}, onRequest.options);
        assertBlocked(conv({.zeroPoint = 3}), Reason::Quantized, "zero point", {}, onRequest.options);
        assertBlocked(conv({.type = UInt8, .zeroPoint = 128}), Reason::Quantized, "channel 1", {},
                      onRequest.options);
        assertFolds(conv({.lowest = -128, .negative = false}), {{"c1", {"bn1"}}}, onRequest);
    }

    void foldsAScaleOfZero()
    {
        for (const auto bias : {QuantizedSpec::NoBias, QuantizedSpec::FloatBias}) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6});
            const QuantizedSpec spec{.bias = bias};
            addWeight(model, {4, 3, 3, 3}, 0, spec);
            model.node("Conv", withBias(model, spec), {"y"}, {}, "c1").from("y", 4);
            assertFolds(model.batchNorm("bn1", {.scale = {0, 1, -1, 0.5}}), {{"c1", {"bn1"}}}, onRequest);
        }
    }

    void makesAFloatBiasOfAFloatOrNone()
    {
        for (const auto bias : {QuantizedSpec::NoBias, QuantizedSpec::FloatBias}) {
            const Folded folded = assertFolds(conv({.bias = bias}), {{"c1", {"bn1"}}}, onRequest);
            const auto* stored = findInitializer(folded.model, findNode(folded.model, "c1")->input(2));
            QVERIFY(stored);
            QCOMPARE(stored->data_type(), static_cast<int>(DataType::Float));
        }
    }

    void roundsAnIntegerBiasToTheNearestStep()
    {
        const ModelBuilder model = conv({.bias = QuantizedSpec::IntegerBias});
        FoldExpectations expectations = onRequest;
        expectations.tolerance = 0.01; // half a step of 0.0175, of outputs around 1
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}}, expectations);
        const onnx::ModelProto before = model.proto();
        const auto old = behind(before, "c1", 2), now = behind(folded.model, "c1", 2);
        QCOMPARE(now.integers.size(), std::size_t{4});
        const auto parameter = [&](const char* name) { return numbersOf(findInitializer(before, name)); };
        const auto gamma = parameter("bn1.weight"), beta = parameter("bn1.bias"),
                   mean = parameter("bn1.running_mean"), variance = parameter("bn1.running_var");
        for (std::size_t c = 0; c < 4; ++c) {
            const long double s = gamma[c] / std::sqrt(variance[c] + static_cast<long double>(1e-5F));
            const long double exact = (old.values[c] - mean[c]) * s + beta[c];
            QVERIFY(std::fabs(now.values[c] - exact) <= now.steps[c] * 0.5001L);
            QVERIFY(std::fabs(now.steps[c] - old.steps[c] * std::fabs(s)) <= 1e-6L * now.steps[c]);
        }
    }

    // 2³¹ steps of 10⁻¹¹ are no bias of any use: the right answer matters, not the type.
    void keepsABiasRightThatHasTooManySteps()
    {
        assertFolds(conv({.bias = QuantizedSpec::IntegerBias, .biasStep = 1e-11}), {{"c1", {"bn1"}}},
                    onRequest);
    }

    void keepsTheBiasOfAChannelWhoseScaleIsZero()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6});
        const QuantizedSpec spec{.bias = QuantizedSpec::IntegerBias, .biasStep = 1e-4};
        addWeight(model, {4, 3, 3, 3}, 0, spec);
        model.node("Conv", withBias(model, spec), {"y"}, {}, "c1").from("y", 4);
        FoldExpectations expectations = onRequest;
        expectations.tolerance = 1e-3;
        assertFolds(model.batchNorm("bn1", {.scale = {0, 1, -1, 0.5}}), {{"c1", {"bn1"}}}, expectations);
    }

    void foldsIntoGemmOfBothOrientations()
    {
        for (const int transB : {0, 1}) {
            for (const bool perChannel : {true, false}) {
                ModelBuilder model;
                model.input("x", {3, 6});
                const QuantizedSpec spec{.perChannel = perChannel, .bias = QuantizedSpec::FloatBias};
                addWeight(model, transB ? Dims{4, 6} : Dims{6, 4}, transB ? 0 : 1, spec);
                model.node("Gemm", withBias(model, spec), {"y"}, {{"transB", transB}}, "g1").from("y", 4);
                assertFolds(model.batchNorm("bn1", signs(spec)), {{"g1", {"bn1"}}}, onRequest);
            }
        }
    }

    void foldsABiasOfGemmWithBeta()
    {
        for (const double beta : {2.0, 0.0}) {
            ModelBuilder model;
            model.input("x", {3, 6});
            const QuantizedSpec spec{.bias = QuantizedSpec::IntegerBias, .biasStep = 1e-4};
            addWeight(model, {4, 6}, 0, spec);
            model.node("Gemm", withBias(model, spec), {"y"}, {{"transB", 1}, {"beta", beta}, {"alpha", 0.5}},
                       "g1");
            FoldExpectations expectations = onRequest;
            expectations.tolerance = 1e-3;
            assertFolds(model.from("y", 4).batchNorm("bn1"), {{"g1", {"bn1"}}}, expectations);
        }
    }

    void foldsIntoMatMulAndTransposedConv()
    {
        ModelBuilder product;
        product.input("x", {3, 6});
        addWeight(product, {6, 4}, 1, {});
        product.node("MatMul", {"x", "w"}, {"y"}, {}, "p1").from("y", 4).batchNorm("bn1", signs({}));
        assertFolds(product, {{"p1", {"bn1"}}}, onRequest);
        assertBlocked(product, Reason::Quantized, "p1");
        ModelBuilder transposed;
        transposed.input("x", {2, 3, 6, 6});
        addWeight(transposed, {3, 4, 2, 2}, 1, {});
        transposed.node("ConvTranspose", {"x", "w"}, {"y"}, {}, "d1").from("y", 4);
        assertFolds(transposed.batchNorm("bn1", signs({})), {{"d1", {"bn1"}}}, onRequest);
    }

    void foldsGroups()
    {
        ModelBuilder model;
        model.input("x", {2, 4, 6, 6});
        addWeight(model, {4, 1, 3, 3}, 0, {});
        model.node("Conv", {"x", "w"}, {"y"}, {{"group", 4}}, "c1").from("y", 4);
        assertFolds(model.batchNorm("bn1", signs({})), {{"c1", {"bn1"}}}, onRequest);
        ModelBuilder transposed; // its channels lie along no axis
        transposed.input("x", {2, 4, 6, 6});
        addWeight(transposed, {4, 2, 2, 2}, 1, {});
        transposed.node("ConvTranspose", {"x", "w"}, {"y"}, {{"group", 2}}, "d1").from("y", 4);
        assertBlocked(transposed.batchNorm("bn1", signs({})), Reason::Quantized, "d1", {}, onRequest.options);
    }

    void blocksScalesAlongAnotherAxis()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6});
        addWeight(model, {4, 3, 3, 3}, 1, {});
        model.node("Conv", {"x", "w"}, {"y"}, {}, "c1").from("y", 4).batchNorm("bn1", signs({}));
        assertBlocked(model, Reason::Quantized, "axis", {}, onRequest.options);
    }

    void blocksOpsetsWithoutScalesPerChannel()
    {
        ModelBuilder model = conv({.perChannel = false});
        assertBlocked(model.opset(12), Reason::Quantized, "opset 13", {}, onRequest.options);
    }

    void blocksBeforeTheLayer()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6});
        addWeight(model, {4, 3, 3, 3}, 0, {});
        model.from("x", 3).batchNorm("bn1").node("Conv", {"bn1_out", "w"}, {"y"}, {}, "c1");
        assertBlocked(model, Reason::Quantized, "c1", {}, onRequest.options);
    }

    void copiesSharedIntegersAndScales()
    {
        ModelBuilder model = conv({});
        model.output();
        model.node("DequantizeLinear", {"W", "W_scale"}, {"w2"}, {{"axis", 0}}, "dequantize2");
        model.node("Conv", {"x", "w2"}, {"y2"}, {}, "c2").from("y2", 4).batchNorm("bn2").output();
        assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}}, onRequest);
        ModelBuilder bias = conv({.bias = QuantizedSpec::IntegerBias, .biasStep = 1e-5});
        bias.output().node("Relu", {"b"}, {"other"}, {}, "reader").output();
        assertBlocked(bias, Reason::Quantized, "dequantize_bias", {}, onRequest.options);
    }

    void foldsBetweenQuantizedActivations()
    {
        ModelBuilder model;
        model.input("image", {2, 3, 6, 6});
        const auto step = model.constant("step", {}, {0.02}), zero = model.constant("zero", {}, {0}, Int8);
        model.node("QuantizeLinear", {"image", step, zero}, {"q"})
            .node("DequantizeLinear", {"q", step, zero}, {"x"});
        addWeight(model, {4, 3, 3, 3}, 0, {});
        model.node("Conv", {"x", "w"}, {"y"}, {}, "c1").from("y", 4).batchNorm("bn1", signs({}));
        assertFolds(model.relu(), {{"c1", {"bn1"}}}, onRequest);
        ModelBuilder between = conv({});
        between.graphProto().mutable_node()->RemoveLast(); // Relu
        between.graphProto().mutable_node()->RemoveLast(); // batch norm
        between.constant("step", {}, {0.02});
        between.constant("zero", {}, {0}, Int8);
        between.node("QuantizeLinear", {"y", "step", "zero"}, {"q"}, {}, "quantize");
        between.node("DequantizeLinear", {"q", "step", "zero"}, {"z"}).from("z", 4);
        between.batchNorm("bn2");
        assertBlocked(between, Reason::QuantizeBetween, "quantize", {}, onRequest.options);
    }
};

QTEST_APPLESS_MAIN(FoldQuantizedTest)
#include "test_fold_quantized.moc"
