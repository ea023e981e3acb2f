// SPDX-License-Identifier: GPL-3.0-or-later
// Folds that are exact though the way is unusual: channels that are followed through any change of shape,
// branches that are left alone, products with something else, phases of a stride, constants that are scaled
// with the layers. Each beside its neighbour that must be refused.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr FoldDirection before = FoldDirection::Before;

BatchNormSpec withoutShift(int channels, bool positive = false)
{
    const std::vector<double> zeros(static_cast<std::size_t>(channels));
    return {.bias = zeros, .mean = zeros, .positive = positive};
}

ModelBuilder batchNormed(const Shape& shape, const BatchNormSpec& spec = {.channels = 4})
{
    ModelBuilder model;
    model.input("x", shape).batchNorm("bn1", spec);
    return model;
}

// x[2, 4, 3, 3] → BN → ConvTranspose of 4 to 2 channels whose kernel is the same for all, as bilinear ones
// are.
ModelBuilder upsampled(const std::vector<double>& kernel, const ConvSpec& spec)
{
    ModelBuilder model = batchNormed({2, 4, 3, 3});
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(kernel.size())));
    std::vector<double> weights;
    for (int pair = 0; pair < 8; ++pair) {
        for (const double w : kernel)
            weights.push_back(w * (pair + 1));
    }
    model.constant("w", {4, 2, side, side}, weights);
    ConvSpec sized = spec;
    sized.out = 2;
    sized.in = 4;
    sized.kernel = {side, side};
    sized.weight = "w";
    model.convTranspose("c1", sized);
    return model;
}

} // namespace

class FoldExactTest final : public QObject {
    Q_OBJECT
private slots:
    void everythingFlattened()
    {
        ModelBuilder flat = batchNormed({2, 4, 3, 3});
        flat.then("Reshape", "flat", {flat.shapeConstant("shape", {1, -1})}).gemm("g1", {.out = 3, .in = 72});
        assertFolds(flat, {{"g1", {"bn1"}, before}});
        ModelBuilder byAxis = batchNormed({2, 4, 3, 3});
        byAxis.then("Flatten", "flat", {}, {{"axis", 0}}).gemm("g1", {.out = 3, .in = 72});
        assertFolds(byAxis, {{"g1", {"bn1"}, before}});
        ModelBuilder inTwo = batchNormed({4, 4, 2, 2});
        inTwo.then("Reshape", "flat", {inTwo.shapeConstant("shape", {2, -1})})
            .gemm("g1", {.out = 3, .in = 32});
        assertFolds(inTwo, {{"g1", {"bn1"}, before}});
    }

    void channelsLastFlattened()
    {
        for (const bool known : {true, false}) {
            ModelBuilder model = known ? batchNormed({2, 4, 3, 2}) : batchNormed({"N", 4, "H", "W"});
            model.then("Transpose", "last", {}, {{"perm", Dims{0, 2, 3, 1}}})
                .then("Flatten", "flat", {}, {{"axis", 1}})
                .gemm("g1", {.out = 3, .in = 24});
            assertFolds(model, {{"g1", {"bn1"}, before}}, {.symbols = {{"N", 2}, {"H", 3}, {"W", 2}}});
        }
    }

    void theMatrixTellsTheSizes()
    {
        for (const bool relu : {false, true}) {
            ModelBuilder model =
                batchNormed({"N", 4, "H", "W"}, relu ? withoutShift(4, true) : BatchNormSpec{.channels = 4});
            model.then("Flatten", "flat", {}, {{"axis", 1}});
            if (relu)
                model.relu();
            model.gemm("g1", {.out = 3, .in = 24, .transB = false});
            assertFolds(model, {{"g1", {"bn1"}, before}}, {.symbols = {{"N", 2}, {"H", 3}, {"W", 2}}});
        }
        ModelBuilder other = batchNormed({"N", 4, "H", "W"}); // 4 channels of 6.5 positions there cannot be
        other.then("Flatten", "flat", {}, {{"axis", 1}}).gemm("g1", {.out = 3, .in = 26});
        assertBlocked(other, Reason::OperatorBetween, "flat");
    }

    void behindAReshape()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).gemm("g1", {.out = 24, .in = 3});
        model.then("Reshape", "image", {model.shapeConstant("shape", {0, 3, 2, 4})})
            .then("Transpose", "first", {}, {{"perm", Dims{0, 3, 1, 2}}})
            .batchNorm("bn1", {.channels = 4});
        assertFolds(model, {{"g1", {"bn1"}}});
    }

    void concatLeavesTheOthersAlone()
    {
        for (const bool shifts : {false, true}) {
            ModelBuilder model;
            model.input("y", {2, 2, 6, 6}).input("x", {2, 4, 6, 6});
            model.batchNorm("bn1", shifts ? BatchNormSpec{.channels = 4} : withoutShift(4));
            const std::string bn = model.current();
            model.node("Concat", {"y", bn, "y", bn}, {"all"}, {{"axis", -3}}, "join");
            model.from("all", 12).conv("c1",
                                       {.out = 3, .in = 12, .pads = shifts ? Dims{} : Dims{1, 1, 1, 1}});
            assertFolds(model, {{"c1", {"bn1"}, before}});
        }
        ModelBuilder rows;
        rows.input("y", {2, 4, 6, 6}).input("x", {2, 4, 6, 6}).batchNorm("bn1", {.channels = 4});
        rows.node("Concat", {"y", rows.current()}, {"all"}, {{"axis", 2}}, "join");
        rows.from("all", 4).conv("c1", {.out = 3, .in = 4});
        assertBlocked(rows, Reason::OperatorBetween, "join");
    }

    void branchesOfAJoinThatAreLeftAlone()
    {
        ModelBuilder model;
        model.input("y", {2, 2, 4, 4}).input("x", {2, 3, 6, 6}).conv("c1", {.out = 2, .bias = true});
        const std::string conv = model.current();
        model.node("Concat", {"y", conv}, {"all"}, {{"axis", 1}}, "join");
        // Channels 0 and 1 stay as they are, exactly.
        model.from("all", 4).batchNorm("bn1", {.scale = {1, 1, 0.5, 2},
                                               .bias = {0, 0, 1, 2},
                                               .mean = {0, 0, 1, 1},
                                               .variance = {1, 1, 0.25, 4},
                                               .epsilon = 0.0});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void productsLetScalesPass()
    {
        for (const char* op : {"Mul", "Div"}) {
            ModelBuilder model;
            model.input("gate", {2, 4, 1, 1}).input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
            model.then(op, "gated", {"gate"}).batchNorm("bn1", withoutShift(4));
            assertFolds(model, {{"c1", {"bn1"}}});
            ModelBuilder down;
            down.input("gate", {2, 4, 1, 1}).input("x", {2, 4, 6, 6}).batchNorm("bn1", withoutShift(4));
            down.then(op, "gated", {"gate"}).conv("c1", {.in = 4, .pads = {1, 1, 1, 1}});
            assertFolds(down, {{"c1", {"bn1"}, before}});
        }
        ModelBuilder second;
        second.input("gate", {2, 1, 4, 4}).input("x", {2, 3, 6, 6}).conv("c1", {});
        second.node("Mul", {"gate", second.current()}, {"gated"}, {}, "mul");
        second.from("gated", 4).batchNorm("bn1", withoutShift(4));
        assertFolds(second, {{"c1", {"bn1"}}});
        ModelBuilder masked; // by a constant that differs by position
        masked.input("x", {2, 3, 6, 6}).conv("c1", {}).affine("Mul", "mask", {4, 4});
        masked.batchNorm("bn1", withoutShift(4));
        assertFolds(masked, {{"c1", {"bn1"}}});
    }

    void productsThatLetNothingPass()
    {
        ModelBuilder shifted;
        shifted.input("gate", {2, 4, 1, 1}).input("x", {2, 3, 6, 6}).conv("c1", {});
        shifted.then("Mul", "gated", {"gate"}).batchNorm("bn1", {.channels = 4});
        assertBlocked(shifted, Reason::OperatorBetween, "gated");
        ModelBuilder square;
        square.input("x", {2, 3, 6, 6}).conv("c1", {});
        square.then("Mul", "square", {square.current()}).batchNorm("bn1", withoutShift(4));
        assertBlocked(square, Reason::OperatorBetween, "square");
        ModelBuilder divisor;
        divisor.input("y", {2, 4, 6, 6}).input("x", {2, 4, 6, 6}).batchNorm("bn1", withoutShift(4));
        divisor.node("Div", {"y", divisor.current()}, {"quotient"}, {}, "div");
        divisor.from("quotient", 4).conv("c1", {.in = 4});
        assertBlocked(divisor, Reason::OperatorBetween, "div");
        ModelBuilder stretched; // one channel that the gate makes four
        stretched.input("gate", {2, 4, 1, 1}).input("x", {2, 1, 6, 6}).batchNorm("bn1", withoutShift(1));
        stretched.then("Mul", "gated", {"gate"}).conv("c1", {.in = 4});
        assertFolds(stretched, {{"c1", {"bn1"}, before}}); // the same number in each of them
    }

    void paddedChannels()
    {
        for (const char* mode : {"edge", "reflect"}) {
            ModelBuilder down = batchNormed({2, 4, 5, 5});
            down.then("Pad", "pad", {down.shapeConstant("pads", {1, 2, 1, 0, 1, 1, 1, 0})},
                      {{"mode", std::string(mode)}});
            down.from(down.current(), 7).conv("c1", {.in = 7});
            assertFolds(down, {{"c1", {"bn1"}, before}});
        }
        ModelBuilder alike;
        alike.input("x", {2, 3, 6, 6}).conv("c1", {.out = 3});
        alike.then("Pad", "pad", {alike.shapeConstant("pads", {0, 1, 0, 0, 0, 0, 0, 0})},
                   {{"mode", std::string("edge")}});
        alike.from(alike.current(), 4)
            .batchNorm("bn1", {.scale = {2, 2, -1, 3},
                               .bias = {1, 1, 0, 2},
                               .mean = {0.5, 0.5, 1, 2},
                               .variance = {1, 1, 2, 3}});
        assertFolds(alike, {{"c1", {"bn1"}}});
        ModelBuilder cropped;
        cropped.input("x", {2, 3, 6, 6}).conv("c1", {.out = 6, .bias = true});
        cropped.then("Pad", "pad", {cropped.shapeConstant("pads", {0, -1, 0, 0, 0, -1, 0, 0})});
        cropped.from(cropped.current(), 4).batchNorm("bn1", {.channels = 4});
        assertFolds(cropped, {{"c1", {"bn1"}}});
        ModelBuilder zeros;
        zeros.input("x", {2, 3, 6, 6}).conv("c1", {.out = 3});
        zeros.then("Pad", "pad", {zeros.shapeConstant("pads", {0, 1, 0, 0, 0, 0, 0, 0})});
        zeros.from(zeros.current(), 4).batchNorm("bn1", {.channels = 4});
        assertBlocked(zeros, Reason::OperatorBetween, "pad");
    }

    void strideOfAlikePhases()
    {
        const std::vector<double> bilinear = {1, 3, 3, 1, 3, 9, 9, 3, 3, 9, 9, 3, 1, 3, 3, 1};
        assertFolds(upsampled({1, 1, 1, 1}, {.strides = {2, 2}}), {{"c1", {"bn1"}, before}});
        assertFolds(upsampled(bilinear, {.bias = true, .strides = {2, 2}, .pads = {2, 2, 2, 2}}),
                    {{"c1", {"bn1"}, before}});
        assertFolds(upsampled(bilinear, {.strides = {2, 2}, .pads = {3, 2, 3, 3}, .outputPadding = {1, 0}}),
                    {{"c1", {"bn1"}, before}});
        assertFolds(upsampled({1, 2, 0, 3, 1, 2, 4, 5, 1}, {.strides = {1, 1}, .pads = {2, 2, 2, 2}}),
                    {{"c1", {"bn1"}, before}});
        assertBlocked(upsampled(bilinear, {.strides = {2, 2}, .pads = {1, 1, 1, 1}}),
                      Reason::TransposedBorder, "c1");
        assertBlocked(upsampled(bilinear, {.strides = {2, 2}, .pads = {2, 2, 2, 2}, .outputPadding = {1, 1}}),
                      Reason::TransposedBorder, "c1");
        assertBlocked(upsampled({1, 1, 1, 2}, {.strides = {2, 2}}), Reason::TransposedStride, "c1");
        assertBlocked(upsampled({1, 1, 1, 1}, {.strides = {3, 3}}), Reason::TransposedStride, "c1");
        assertBlocked(upsampled({1, 1, 1, 1}, {.strides = {2, 2}, .dilations = {2, 2}}),
                      Reason::TransposedStride, "c1");
    }

    void sumsAlongOtherAxes()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {});
        model.then("CumSum", "sums", {model.constant("axis", {}, {-1}, DataType::Int64)})
            .batchNorm("bn1", withoutShift(4));
        assertFolds(model, {{"c1", {"bn1"}}});
        ModelBuilder channels;
        channels.input("x", {2, 3, 6, 6}).conv("c1", {});
        channels.then("CumSum", "sums", {channels.constant("axis", {}, {1}, DataType::Int64)})
            .batchNorm("bn1", withoutShift(4));
        assertBlocked(channels, Reason::OperatorBetween, "sums");
    }

    void croppedAndResized_data()
    {
        QTest::addColumn<QList<double>>("region"); // of rows and columns: starts, ends
        QTest::addColumn<double>("outside");
        QTest::addColumn<bool>("shifts");
        QTest::addColumn<bool>("folds");
        QTest::newRow("inside") << QList<double>{0.25, 0, 0.75, 1} << 7.0 << true << true;
        QTest::newRow("outside, no shift") << QList<double>{-0.5, 0, 0.5, 1.5} << 0.0 << false << true;
        QTest::newRow("outside, shift") << QList<double>{-0.5, 0, 0.5, 1} << 0.0 << true << false;
        QTest::newRow("outside, other value") << QList<double>{-0.5, 0, 0.5, 1} << 7.0 << false << false;
    }

    void croppedAndResized()
    {
        QFETCH(const QList<double>, region);
        QFETCH(const double, outside);
        QFETCH(const bool, shifts);
        QFETCH(const bool, folds);
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
        const std::string roi =
            model.constant("roi", {8}, {0, 0, region[0], region[1], 1, 1, region[2], region[3]});
        model.node("Resize", {model.current(), roi, model.constant("scales", {4}, {1, 1, 2, 2})}, {"resized"},
                   {{"mode", std::string("linear")},
                    {"coordinate_transformation_mode", std::string("tf_crop_and_resize")},
                    {"extrapolation_value", outside}},
                   "resize");
        model.from("resized", 4).batchNorm("bn1", shifts ? BatchNormSpec{.channels = 4} : withoutShift(4));
        if (folds)
            assertFolds(model, {{"c1", {"bn1"}}});
        else
            assertBlocked(model, Reason::OperatorBetween, "resize");
    }

    void resizedAxesFromBehind()
    {
        ModelBuilder model;
        model.opset(18).input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
        model.node("Resize", {model.current(), "", model.constant("scales", {2}, {2, 2})}, {"resized"},
                   {{"mode", std::string("nearest")}, {"axes", Dims{-2, -1}}}, "resize");
        model.from("resized", 4).batchNorm("bn1", {.channels = 4});
        assertFolds(model, {{"c1", {"bn1"}}});
        ModelBuilder named;
        named.opset(18).input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
        named.node("Resize", {named.current(), "", named.constant("scales", {3}, {2, 1, 2})}, {"resized"},
                   {{"mode", std::string("nearest")}, {"axes", Dims{-1, -3, 2}}}, "resize");
        named.from("resized", 4).batchNorm("bn1", {.channels = 4});
        assertFolds(named, {{"c1", {"bn1"}}});
    }

    void constantsAreScaledToo()
    {
        for (const char* op : {"Add", "Sub"}) {
            for (const Dims& dims : {Dims{4, 4, 4}, Dims{4, 4}, Dims{1, 1, 4, 4}, Dims{4, 1, 4}}) {
                for (const bool first : {false, true}) {
                    ModelBuilder model;
                    model.input("x", {2, 3, 6, 6})
                        .conv("c1", {.bias = true})
                        .affine(op, "position", dims, first);
                    model.batchNorm("bn1", {.channels = 4});
                    assertFolds(model, {{"c1", {"bn1"}}});
                }
            }
        }
        ModelBuilder shared; // somebody else reads the constant
        shared.input("x", {2, 3, 6, 6}).conv("c1", {}).affine("Add", "position", {4, 4});
        const std::string sum = shared.current();
        shared.from(sum, 4).batchNorm("bn1", {.channels = 4});
        const std::string bn = shared.current();
        shared.node("Add", {bn, shared.graphProto().node(1).input(1)}, {"again"}, {}, "again");
        assertFolds(shared, {{"c1", {"bn1"}}});
    }

    void joinedConstants()
    {
        for (const int axis : {1, 2}) {
            ModelBuilder model;
            model.input("x", {2, 3, 6, 6}).conv("c1", {.bias = true});
            const Dims dims = axis == 1 ? Dims{2, 2, 4, 4} : Dims{2, 4, 1, 4};
            model.node("Concat", {model.random("rest", dims, -1, 1), model.current()}, {"all"},
                       {{"axis", axis}}, "join");
            model.from("all", axis == 1 ? 6 : 4).batchNorm("bn1", {.channels = axis == 1 ? 6 : 4});
            assertFolds(model, {{"c1", {"bn1"}}});
        }
    }

    void aConstantThatWouldOverflow()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 6, 6}).conv("c1", {});
        std::vector<double> large(16, 1.0);
        large[3] = 3e38;
        model.node("Add", {model.current(), model.constant("large", {4, 4}, large)}, {"sum"}, {}, "add");
        model.from("sum", 4).batchNorm("bn1", {.scale = {4, 1, 1, 1}, .channels = 4});
        assertBlocked(model, Reason::Overflow, "1 new constants");
    }
};

QTEST_APPLESS_MAIN(FoldExactTest)
#include "test_fold_exact.moc"
