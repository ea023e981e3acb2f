// SPDX-License-Identifier: GPL-3.0-or-later
// A batch norm before its layer: what the padding of a Conv, the border of a ConvTranspose and an explicit
// Pad allow, Gemm and MatMul, and several layers at once (resources/guide/folding.md, cases 16, 38 to 41).
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// Statistics that make t = 0: scales only.
BatchNormSpec withoutShift(std::size_t channels)
{
    return {.bias = std::vector<double>(channels, 0), .mean = std::vector<double>(channels, 0)};
}

ModelBuilder thenConv(const ConvSpec& spec, const BatchNormSpec& batchNorm = {},
                      const Shape& input = {"N", 4, 8, 8})
{
    ModelBuilder model;
    ConvSpec sized = spec;
    sized.in = 4;
    model.input("x", input).batchNorm("bn1", batchNorm).conv("c1", sized);
    return model;
}

ModelBuilder thenTransposed(const ConvSpec& spec, const BatchNormSpec& batchNorm = {})
{
    ModelBuilder model;
    ConvSpec sized = spec;
    sized.in = 4;
    sized.out = 6;
    model.input("x", {"N", 4, 5, 5}).batchNorm("bn1", batchNorm).convTranspose("d1", sized);
    return model;
}

ModelBuilder padThenConv(const std::string& mode, const BatchNormSpec& batchNorm,
                         std::optional<double> value = {})
{
    ModelBuilder model;
    model.input("x", {"N", 4, 8, 8}).batchNorm("bn1", batchNorm);
    std::vector<std::string> inputs = {model.shapeConstant("pads", {0, 0, 1, 1, 0, 0, 1, 2})};
    if (value)
        inputs.push_back(model.constant("value", {}, {*value}));
    model.then("Pad", "pad", inputs, {{"mode", mode}}).conv("c1", {.in = 4, .bias = true});
    return model;
}

const std::vector<ExpectedFold> intoConv = {{"c1", {"bn1"}, FoldDirection::Before}};
const std::vector<ExpectedFold> intoTransposed = {{"d1", {"bn1"}, FoldDirection::Before}};

} // namespace

class FoldBeforeTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsIntoConvWithoutPadding() // case 38
    {
        assertFolds(thenConv({}), intoConv);
        assertFolds(thenConv({.bias = true}), intoConv);
        assertFolds(thenConv({.emptyBias = true, .pads = {0, 0, 0, 0}}), intoConv);
        assertFolds(thenConv({.bias = true, .strides = {2, 1}, .dilations = {2, 2}}), intoConv);
        assertFolds(thenConv({.autoPad = "VALID"}), intoConv);
    }

    void foldsIntoGroupedConv() // case 39
    {
        assertFolds(thenConv({.out = 6, .group = 2, .bias = true}), intoConv);
        assertFolds(thenConv({.out = 8, .group = 4}), intoConv);
    }

    void foldsIntoConvOfOneAndThreeAxes()
    {
        assertFolds(thenConv({.kernel = {3}}, {}, {"N", 4, 9}), intoConv);
        assertFolds(thenConv({.kernel = {2, 1, 3}}, {}, {"N", 4, 4, 3, 5}), intoConv);
    }

    void blocksAShiftInFrontOfPadding() // case 38
    {
        const FoldCandidate blocked = assertBlocked(thenConv({.pads = {1, 1, 1, 1}}), Reason::Padding, "bn1");
        QVERIFY2(blocked.message.text().find("c1") != std::string::npos, blocked.message.text().c_str());
        assertBlocked(thenConv({.kernel = {1, 1}, .pads = {1, 1, 1, 1}}), Reason::Padding, "bn1");
        assertBlocked(thenConv({.pads = {0, 0, 0, 1}}), Reason::Padding, "bn1");
        assertBlocked(thenConv({.autoPad = "SAME_UPPER"}), Reason::Padding, "bn1");
    }

    void foldsAScaleInFrontOfPadding() // case 38
    {
        assertFolds(thenConv({.bias = true, .pads = {1, 1, 1, 1}}, withoutShift(4)), intoConv);
        assertFolds(thenConv({.autoPad = "SAME_LOWER"}, withoutShift(4)), intoConv);
    }

    void foldsAShiftWhoseWeightsAreZero()
    {
        ModelBuilder model;
        model.input("x", {"N", 2, 8, 8});
        model.batchNorm("bn1", {.scale = {2, 3}, .bias = {0, 1}, .mean = {0, 0}, .variance = {1, 1}});
        model.constant("W", {1, 2, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        model.conv("c1", {.out = 1, .in = 2, .pads = {1, 1, 1, 1}, .weight = "W"});
        assertFolds(model, intoConv);
    }

    void foldsSamePaddingThatPadsNothing() // case 38
    {
        assertFolds(thenConv({.kernel = {1, 1}, .autoPad = "SAME_UPPER"}), intoConv);
        assertFolds(thenConv({.kernel = {2, 2}, .strides = {2, 2}, .autoPad = "SAME_UPPER"}), intoConv);
    }

    void blocksSamePaddingOfUnknownSizes()
    {
        assertBlocked(
            thenConv({.kernel = {2, 2}, .strides = {2, 2}, .autoPad = "SAME_UPPER"}, {}, {"N", 4, "H", "W"}),
            Reason::PaddingUnknown, "c1");
        assertFolds(thenConv({.kernel = {1, 1}, .autoPad = "SAME_LOWER"}, {}, {"N", 4, "H", "W"}), intoConv);
    }

    void foldsIntoTransposedConv() // case 39
    {
        assertFolds(thenTransposed({.kernel = {1, 1}, .bias = true}), intoTransposed);
        assertFolds(thenTransposed({.kernel = {3, 3}, .pads = {2, 2, 2, 2}}), intoTransposed);
        assertFolds(thenTransposed({.kernel = {3, 3}, .group = 2, .pads = {2, 2, 2, 2}}), intoTransposed);
        assertFolds(thenTransposed({.kernel = {2, 2}, .pads = {2, 2, 2, 2}, .dilations = {2, 2}}),
                    intoTransposed);
        assertFolds(thenTransposed({.strides = {2, 2}, .outputPadding = {1, 1}}, withoutShift(4)),
                    intoTransposed);
    }

    void blocksAShiftInFrontOfAStride() // case 39
    {
        assertBlocked(thenTransposed({.kernel = {2, 2}, .strides = {2, 2}}), Reason::TransposedStride, "bn1");
    }

    void blocksAShiftAtTheBorder() // case 39
    {
        assertBlocked(thenTransposed({.kernel = {3, 3}}), Reason::TransposedBorder, "bn1");
        assertBlocked(thenTransposed({.kernel = {3, 3}, .pads = {2, 2, 2, 1}}), Reason::TransposedBorder,
                      "bn1");
    }

    void judgesDerivedPadsByTheOutputShape() // case 39: `pads` is ignored then
    {
        assertBlocked(thenTransposed({.kernel = {3, 3}, .pads = {2, 2, 2, 2}, .outputShape = {7, 7}}),
                      Reason::TransposedBorder, "bn1");
        assertFolds(thenTransposed({.kernel = {3, 3}, .outputShape = {3, 3}}), intoTransposed);
    }

    void foldsAUniformShiftInFrontOfPadsOnRequest() // by an explicit Pad of −t/s
    {
        const auto each = [](double value) { return std::vector<double>(4, value); };
        const BatchNormSpec uniform{
            .scale = each(1.5), .bias = each(0.7), .mean = each(-0.4), .variance = each(0.9)};
        assertBlocked(thenConv({.pads = {1, 1, 1, 1}}, uniform), Reason::Padding, "c1");
        const FoldExpectations onRequest{.options = {.padUniform = true}};
        assertFolds(thenConv({.bias = true, .pads = {1, 0, 2, 1}}, uniform), intoConv, onRequest);
        assertBlocked(thenConv({.pads = {1, 1, 1, 1}}), Reason::Padding, "c1", {}, onRequest.options);
    }

    // auto_pad is worth as many zeros as ONNX's page of Conv says, where the size is known.
    void foldsAUniformShiftInFrontOfAutoPadOnRequest()
    {
        const auto each = [](double value) { return std::vector<double>(4, value); };
        const BatchNormSpec uniform{
            .scale = each(1.5), .bias = each(0.7), .mean = each(-0.4), .variance = each(0.9)};
        const FoldExpectations onRequest{.options = {.padUniform = true}};
        for (const std::string pad : {"SAME_UPPER", "SAME_LOWER"}) {
            for (const Dims& strides : {Dims{}, Dims{2, 1}, Dims{3, 2}}) {
                for (const Dims& kernel : {Dims{3, 3}, Dims{4, 2}, Dims{1, 5}})
                    assertFolds(thenConv({.kernel = kernel, .strides = strides, .autoPad = pad}, uniform,
                                         {"N", 4, 8, 7}),
                                intoConv, onRequest);
            }
            assertBlocked(thenConv({.autoPad = pad}, uniform, {"N", 4, "H", 8}), Reason::PaddingUnknown, "c1",
                          {}, onRequest.options);
            assertBlocked(thenConv({.autoPad = pad}, uniform, {"N", 4, 8, "W"}), Reason::Padding, "c1", {},
                          onRequest.options);
        }
    }

    void foldsThroughAPadThatRepeatsItsData() // case 40
    {
        assertFolds(padThenConv("reflect", {}), intoConv);
        assertFolds(padThenConv("edge", {}), intoConv);
    }

    void foldsThroughAPadWhoseConstantIsTheShift() // case 40
    {
        const std::vector<double> shift(4, 0.75), zero(4, 0);
        assertFolds(padThenConv("constant", {.bias = shift, .mean = zero}, 0.75), intoConv);
        assertFolds(padThenConv("constant", withoutShift(4)), intoConv);
        // The Pad is to blame: what it pads with would have to differ by channel.
        assertBlocked(padThenConv("constant", {}), Reason::OperatorBetween, "pad");
    }

    void foldsIntoGemmAndMatMul()
    {
        ModelBuilder gemm;
        gemm.input("x", {"N", 6}).batchNorm("bn1").gemm("g1", {.in = 6, .alpha = 0.5, .beta = 2.0});
        assertFolds(gemm, {{"g1", {"bn1"}, FoldDirection::Before}});
        ModelBuilder plain;
        plain.input("x", {"N", 6}).batchNorm("bn1").gemm("g1", {.in = 6, .transB = false, .c = std::nullopt});
        assertFolds(plain, {{"g1", {"bn1"}, FoldDirection::Before}});
        ModelBuilder matMul;
        matMul.input("x", {"N", 6}).batchNorm("bn1").matMul("mm", 6, 4);
        assertFoldsAway(matMul);
    }

    void blocksGemmThatTransposesItsData() // case 16
    {
        ModelBuilder model;
        model.input("x", {6, 3}).batchNorm("bn1").gemm("g1", {.in = 6, .transA = true});
        assertBlocked(model, Reason::TransA, "g1");
    }

    void foldsThroughFlatten() // case 41
    {
        ModelBuilder model;
        model.input("x", {"N", 4, 3, 2}).batchNorm("bn1").then("Flatten", "f").gemm("g1", {.in = 24});
        assertFolds(model, {{"g1", {"bn1"}, FoldDirection::Before}});
        ModelBuilder reshape;
        reshape.input("x", {"N", 4, 3, 2}).batchNorm("bn1");
        reshape.then("Reshape", "r", {reshape.shapeConstant("to", {-1, 24})}).gemm("g1", {.in = 24});
        assertFolds(reshape, {{"g1", {"bn1"}, FoldDirection::Before}});
    }

    void foldsIntoAllReadersOrNone()
    {
        ModelBuilder all;
        all.input("x", {"N", 4, 8, 8}).batchNorm("bn1").conv("c1", {.in = 4}).output();
        all.from("bn1_out", 4).conv("c2", {.in = 4, .bias = true}).output();
        assertFoldsAway(all);
        ModelBuilder none;
        none.input("x", {"N", 4, 8, 8}).batchNorm("bn1").conv("c1", {.in = 4}).output();
        none.from("bn1_out", 4).conv("c2", {.in = 4, .pads = {1, 1, 1, 1}}).output();
        assertBlocked(none, Reason::Padding, "c2");
    }

    void prefersTheLayerBefore()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1").conv("c2", {.in = 4});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void foldsForwardWhereTheLayerBeforeCannot()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).relu().batchNorm("bn1").conv("c2", {.in = 4});
        assertFolds(model, {{"c2", {"bn1"}, FoldDirection::Before}});
    }

    void tellsTheReasonOfTheLayerBeforeFirst()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).then("Relu", "r1").batchNorm("bn1");
        model.conv("c2", {.in = 4, .pads = {1, 1, 1, 1}});
        assertBlocked(model, Reason::OperatorBetween, "bn1");
    }
};

QTEST_APPLESS_MAIN(FoldBeforeTest)
#include "test_fold_before.moc"
