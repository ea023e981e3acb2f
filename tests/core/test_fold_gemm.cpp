// SPDX-License-Identifier: GPL-3.0-or-later
// A batch norm after Gemm, in every variant of α, β, C, transA and transB (resources/guide/folding.md, cases
// 12 to 16).
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <limits>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder gemmThenBatchNorm(const GemmSpec& spec, std::int64_t opset = 13)
{
    ModelBuilder model;
    model.opset(opset).input("x", spec.transA ? Shape{6, 3} : Shape{3, 6});
    GemmSpec sized = spec;
    sized.in = 6;
    sized.out = 4;
    model.gemm("g1", sized).batchNorm("bn1").relu();
    return model;
}

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, const std::string& name)
{
    for (const auto& each : node.attribute())
        if (each.name() == name)
            return &each;
    return nullptr;
}

Dims shapeOfC(const Folded& folded)
{
    const onnx::NodeProto* gemm = findNode(folded.model, "g1");
    if (!gemm || gemm->input_size() < 3)
        return {-1};
    const onnx::TensorProto* c = findInitializer(folded.model, gemm->input(2));
    return c ? Dims(c->dims().begin(), c->dims().end()) : Dims{-1};
}

} // namespace

class FoldGemmTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsBothOrientationsOfB()
    {
        assertFolds(gemmThenBatchNorm({.transB = true}), {{"g1", {"bn1"}}});
        assertFolds(gemmThenBatchNorm({.transB = false}), {{"g1", {"bn1"}}});
    }

    void foldsAlphaAndBeta()
    {
        const Folded folded = assertFolds(gemmThenBatchNorm({.alpha = 0.5, .beta = 2.0}), {{"g1", {"bn1"}}});
        const onnx::NodeProto* gemm = findNode(folded.model, "g1");
        QVERIFY(gemm);
        QVERIFY(attribute(*gemm, "alpha"));
        QCOMPARE(attribute(*gemm, "alpha")->f(), 0.5F);
        QVERIFY(!attribute(*gemm, "beta") || attribute(*gemm, "beta")->f() == 1.0F);
    }

    void ignoresCWhereBetaIsZero()
    {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        assertFolds(gemmThenBatchNorm({.beta = 0.0}), {{"g1", {"bn1"}}});
        assertFolds(gemmThenBatchNorm({.beta = 0.0, .cValue = nan}), {{"g1", {"bn1"}}});
        assertFolds(gemmThenBatchNorm({.beta = 0.0, .c = Dims{3, -1}, .cValue = nan}), {{"g1", {"bn1"}}});
    }

    void givesCTheShapeThatItNeeds_data()
    {
        QTest::addColumn<QList<int>>("before");
        QTest::addColumn<QList<int>>("after");
        QTest::newRow("scalar") << QList<int>{} << QList<int>{4};
        QTest::newRow("[1]") << QList<int>{1} << QList<int>{4};
        QTest::newRow("[1,1]") << QList<int>{1, 1} << QList<int>{4};
        QTest::newRow("[N]") << QList<int>{4} << QList<int>{4};
        QTest::newRow("[1,N]") << QList<int>{1, 4} << QList<int>{1, 4};
        QTest::newRow("[M,1]") << QList<int>{3, 1} << QList<int>{3, 4};
        QTest::newRow("[M,N]") << QList<int>{3, 4} << QList<int>{3, 4};
    }

    void givesCTheShapeThatItNeeds()
    {
        QFETCH(QList<int>, before);
        QFETCH(QList<int>, after);
        const Dims shape(before.begin(), before.end()), wanted(after.begin(), after.end());
        for (const double beta : {1.0, -0.5}) {
            const Folded folded =
                assertFolds(gemmThenBatchNorm({.beta = beta, .c = shape}), {{"g1", {"bn1"}}});
            QCOMPARE(shapeOfC(folded), wanted);
        }
    }

    void addsCWhereThereIsNone()
    {
        const Folded folded = assertFolds(gemmThenBatchNorm({.c = std::nullopt}), {{"g1", {"bn1"}}});
        QCOMPARE(shapeOfC(folded), Dims{4});
        assertFolds(gemmThenBatchNorm({.beta = 2.0, .c = std::nullopt}), {{"g1", {"bn1"}}});
    }

    // Found by test_property: C grows under its name, so what declares its shape has to follow.
    void declaresTheNewShapeOfC()
    {
        for (const Dims& shape : {Dims{}, Dims{1}, Dims{1, 1}, Dims{3, 1}}) {
            ModelBuilder old = gemmThenBatchNorm({.c = shape}, 9);
            old.ir(3).listInitializersAsInputs();
            assertFolds(old, {{"g1", {"bn1"}}});

            for (const bool constantNodes : {false, true}) {
                ModelBuilder described;
                if (constantNodes)
                    described.weightsAsConstantNodes();
                described.input("x", {3, 6}).gemm("g1", {.in = 6, .c = shape}).batchNorm("bn1");
                auto& value = *described.graphProto().add_value_info();
                value.set_name("g1.bias");
                auto& type = *value.mutable_type()->mutable_tensor_type();
                type.set_elem_type(onnx::TensorProto::FLOAT);
                type.mutable_shape();
                for (const std::int64_t dim : shape)
                    type.mutable_shape()->add_dim()->set_dim_value(dim);
                const Folded folded = assertFolds(described, {{"g1", {"bn1"}}});
                for (const auto& info : folded.model.graph().value_info())
                    QVERIFY(info.name() != "g1.bias" ||
                            info.type()
                                    .tensor_type()
                                    .shape()
                                    .dim(info.type().tensor_type().shape().dim_size() - 1)
                                    .dim_value() == 4);
            }
        }
    }

    void foldsTransposedA()
    {
        const Folded folded = assertFolds(gemmThenBatchNorm({.transA = true}), {{"g1", {"bn1"}}});
        const onnx::NodeProto* gemm = findNode(folded.model, "g1");
        QVERIFY(gemm && attribute(*gemm, "transA") && attribute(*gemm, "transA")->i() == 1);
        assertFolds(gemmThenBatchNorm({.transA = true, .transB = false, .alpha = 2.0}), {{"g1", {"bn1"}}});
    }

    void foldsGemmOfOldOpsets()
    {
        assertFolds(gemmThenBatchNorm({}, 7), {{"g1", {"bn1"}}});
        assertFolds(gemmThenBatchNorm({.c = Dims{3, 1}}, 9), {{"g1", {"bn1"}}});
    }

    void keepsBroadcastInOpset6()
    {
        ModelBuilder model;
        model.opset(6).ir(3).input("x", {3, 6});
        model.node("Gemm", {"x", model.random("B", {6, 4}, -1, 1), model.random("C", {4}, -1, 1)}, {"y"},
                   {{"broadcast", 1}}, "g1");
        model.from("y", 4).batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        const Folded folded =
            assertFolds(model, {{"g1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-6});
        const onnx::NodeProto* gemm = findNode(folded.model, "g1");
        QVERIFY(gemm && attribute(*gemm, "broadcast") && attribute(*gemm, "broadcast")->i() == 1);
    }

    void setsBroadcastWhereTheNewCNeedsIt()
    {
        ModelBuilder model;
        model.opset(6).ir(3).input("x", {3, 6});
        model.node("Gemm", {"x", model.random("B", {6, 4}, -1, 1), model.random("C", {3, 4}, -1, 1)}, {"y"},
                   {{"beta", 0.0}}, "g1");
        model.from("y", 4).batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        const Folded folded =
            assertFolds(model, {{"g1", {"bn1"}}}, {.engine = Engine::Definition, .tolerance = 1e-6});
        const onnx::NodeProto* gemm = findNode(folded.model, "g1");
        QVERIFY(gemm);
        const bool broadcast = attribute(*gemm, "broadcast") && attribute(*gemm, "broadcast")->i() == 1;
        QVERIFY(broadcast || shapeOfC(folded) == (Dims{3, 4}));
    }
};

QTEST_APPLESS_MAIN(FoldGemmTest)
#include "test_fold_gemm.moc"
