// SPDX-License-Identifier: GPL-3.0-or-later
// The tests' own tools: the operators by their written definition agree with ONNX Runtime, and the formats by
// their definition agree with the machine's float and double.
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/Numbers.h"
#include "tests/core/support/OrtRunner.h"
#include "tests/core/support/ReferenceEngine.h"

#include <QTest>
#include <bit>
#include <cmath>
#include <cstring>

using namespace pleat;
using namespace pleat::test;

namespace {

void assertAgreement(const ModelBuilder& builder)
{
    const onnx::ModelProto model = builder.proto();
    const Arrays inputs = randomInputs(model, 1);
    const auto expected = runInOnnxRuntime(model.SerializeAsString(), inputs);
    const auto actual = runByDefinition(model, inputs);
    QVERIFY2(expected, expected ? "" : expected.error().c_str());
    QVERIFY2(actual, actual ? "" : actual.error().c_str());
    QCOMPARE_LT(largestRelativeDifference(*expected, *actual), 2e-6);
}

} // namespace

class EnginesTest final : public QObject {
    Q_OBJECT

private slots:
    void convolutionsAgree()
    {
        assertAgreement(ModelBuilder(1)
                            .input("x", {"N", 4, 9, 8})
                            .conv("c1", {.out = 6,
                                         .in = 4,
                                         .kernel = {3, 2},
                                         .group = 2,
                                         .bias = true,
                                         .strides = {2, 1},
                                         .pads = {1, 0, 2, 1},
                                         .dilations = {2, 1}})
                            .batchNorm("bn1")
                            .relu());
        assertAgreement(ModelBuilder(2).input("x", {"N", 3, 9}).conv("c1", {.out = 5, .kernel = {3}}));
        assertAgreement(
            ModelBuilder(3).input("x", {2, 3, 4, 5, 4}).conv("c1", {.kernel = {2, 3, 2}, .bias = true}));
    }

    void transposedConvolutionsAgree()
    {
        assertAgreement(ModelBuilder(4)
                            .input("x", {"N", 4, 5, 4})
                            .convTranspose("d1", {.out = 6,
                                                  .in = 4,
                                                  .kernel = {3, 3},
                                                  .group = 2,
                                                  .bias = true,
                                                  .strides = {2, 2},
                                                  .pads = {1, 0, 1, 1},
                                                  .dilations = {1, 2},
                                                  .outputPadding = {1, 0}})
                            .batchNorm("bn1"));
    }

    void matricesAgree()
    {
        assertAgreement(ModelBuilder(5)
                            .input("x", {3, 6})
                            .gemm("g1", {.out = 4, .in = 6, .alpha = 0.5, .beta = 2.0})
                            .gemm("g2", {.out = 2, .in = 4, .transB = false, .c = Dims{3, 1}})
                            .gemm("g3", {.out = 2, .in = 3, .transA = true, .c = Dims{}}));
        assertAgreement(ModelBuilder(6)
                            .input("x", {2, 3, 6})
                            .matMul("m1", 6, 4)
                            .affine("Add", "a1", {4})
                            .affine("Div", "q1", {3, 1}, true));
    }

    void shapesAgree()
    {
        ModelBuilder model(7);
        model.input("x", {2, 3, 4}).then("Transpose", "t", {}, {{"perm", Dims{0, 2, 1}}});
        model.then("Reshape", "r", {model.shapeConstant("to", {0, -1, 6})}).then("Flatten", "f");
        assertAgreement(model);
    }

    void theChecksSeeWhatAFoldMayNotDo()
    {
        ModelBuilder builder(9);
        builder.input("x", {"N", 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1").conv("c2", {.in = 4});
        const onnx::ModelProto model = builder.proto();
        const std::string bytes = model.SerializeAsString();
        QCOMPARE(differenceInRuns(bytes, bytes), std::string());
        QCOMPARE(whatDangles(model, model), std::string());

        onnx::ModelProto weight = model; // one weight, by a thousandth
        auto& raw = *weight.mutable_graph()->mutable_initializer(0)->mutable_raw_data();
        float value = 0;
        std::memcpy(&value, raw.data(), 4);
        value *= 1.001F;
        std::memcpy(raw.data(), &value, 4);
        QVERIFY(!differenceInRuns(bytes, weight.SerializeAsString()).empty());
        QCOMPARE(whatDangles(model, weight), std::string()); // c1 alone reads it
        onnx::ModelProto shared = model, sharedWeight = weight;
        for (onnx::ModelProto* each : {&shared, &sharedWeight})
            *each->mutable_graph()->add_node() = each->graph().node(0);
        for (onnx::ModelProto* each : {&shared, &sharedWeight})
            each->mutable_graph()->mutable_node(3)->set_output(0, "second");
        QVERIFY(!whatDangles(shared, sharedWeight).empty());

        onnx::ModelProto orphan = model;
        *orphan.mutable_graph()->add_initializer() = tensorProto("left.over", {1}, {1}, DataType::Float);
        QVERIFY(!whatDangles(model, orphan).empty());
        onnx::ModelProto twice = model;
        *twice.mutable_graph()->add_initializer() = twice.graph().initializer(0);
        QVERIFY(!whatDangles(model, twice).empty());
        onnx::ModelProto described = model;
        described.mutable_graph()->add_value_info()->set_name("gone");
        QVERIFY(!whatDangles(model, described).empty());
        onnx::ModelProto renamed = model;
        renamed.mutable_graph()->mutable_output(0)->set_name("bn1_out");
        QVERIFY(!whatDangles(model, renamed).empty());
    }

    void formatsAreIeee754()
    {
        ModelBuilder random(8);
        const Format single = formatOf(DataType::Float), twice = formatOf(DataType::Double);
        for (int i = 0; i < 20000; ++i) {
            const double value =
                std::ldexp(random.uniform(-2, 2), static_cast<int>(random.integer(-160, 140)));
            QCOMPARE(encode(twice, value), std::bit_cast<std::uint64_t>(value));
            QCOMPARE(decode(twice, std::bit_cast<std::uint64_t>(value)), static_cast<long double>(value));
            QCOMPARE(encode(single, value),
                     std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(value))});
        }
        QCOMPARE(encode(formatOf(DataType::Float16), 65519.0L), std::uint64_t{0x7bff});
        QCOMPARE(encode(formatOf(DataType::Float16), 65520.0L), std::uint64_t{0x7c00});
        QCOMPARE(encode(formatOf(DataType::Float16), 0x1p-25L), std::uint64_t{0});
        QCOMPARE(encode(formatOf(DataType::Float16), 0x1.8p-24L), std::uint64_t{2});
        QCOMPARE(encode(formatOf(DataType::BFloat16), -0x1.01p0L), std::uint64_t{0xbf80});
    }
};

QTEST_APPLESS_MAIN(EnginesTest)
#include "test_engines.moc"
