// SPDX-License-Identifier: GPL-3.0-or-later
// Chains of affine operators after a layer: constants of every shape, decomposed batch norms, batch norms in
// a row, uniform affines (resources/guide/folding.md, cases 17, 21 to 25, 50).
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

FoldExpectations withoutBatchNorm()
{
    return {.chainsWithoutBatchNorm = true};
}

ModelBuilder conv(std::int64_t size = 8)
{
    ModelBuilder model;
    const auto extent = static_cast<int>(size);
    model.input("x", {"N", 3, extent, extent}).conv("c1", {.bias = true});
    return model;
}

// Neither folded nor listed: a chain without a batch norm that cannot be folded is nobody's business.
void assertNotListed(const ModelBuilder& model)
{
    const auto candidates = candidatesOf(model.bytes());
    QVERIFY2(candidates, candidates ? "" : candidates.error().c_str());
    QVERIFY2(candidates->empty(), candidates->empty() ? "" : candidates->front().message.text().c_str());
}

} // namespace

class FoldChainsTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsMulAndAddOfEveryShape() // case 21
    {
        for (const Dims& shape : {Dims{4, 1, 1}, Dims{1, 4, 1, 1}, Dims{}, Dims{1}, Dims{1, 1, 1, 1}}) {
            for (const bool constantFirst : {false, true}) {
                ModelBuilder model = conv();
                model.affine("Mul", "m1", shape, constantFirst)
                    .affine("Add", "a1", shape, constantFirst)
                    .relu();
                assertFolds(model, {{"c1", {"m1", "a1"}}}, withoutBatchNorm());
            }
        }
    }

    void takesChainsWithoutABatchNormOnlyWhenChosen()
    {
        ModelBuilder model = conv();
        model.affine("Mul", "m1", {4, 1, 1});
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(folded->before == folded->after);
        QCOMPARE(folded->candidates.size(), std::size_t{1});
        QVERIFY(folded->candidates[0].foldable && !folded->candidates[0].batchNorm);
    }

    void blocksAConstantAlongTheLastAxis() // case 22
    {
        ModelBuilder alone = conv(6); // 4 × 4 after the Conv: C = H = W
        assertNotListed(alone.affine("Mul", "m1", {4}));
        ModelBuilder chain = conv(6);
        chain.affine("Mul", "m1", {4}).batchNorm("bn1");
        assertBlocked(chain, Reason::NotPerChannel, "m1");
    }

    void foldsAConstantOfNInRankTwo() // case 22
    {
        ModelBuilder model;
        model.input("x", {3, 6}).gemm("g1", {.in = 6}).affine("Mul", "m1", {4}).affine("Add", "a1", {1, 4});
        assertFolds(model, {{"g1", {"m1", "a1"}}}, withoutBatchNorm());
    }

    void foldsAConstantWhoseValuesAreEqualAlongOtherAxes()
    {
        ModelBuilder model = conv(6);
        std::vector<double> values;
        for (int c = 0; c < 4; ++c)
            values.insert(values.end(), 16, 0.5 + c);
        model.node("Mul", {"c1_out", model.constant("m", {4, 4, 4}, values)}, {"y"}, {}, "m1");
        assertFolds(model, {{"c1", {"m1"}}}, withoutBatchNorm());
    }

    void foldsSubBothWays() // case 23
    {
        for (const bool constantFirst : {false, true}) {
            ModelBuilder model = conv();
            model.affine("Sub", "s1", {4, 1, 1}, constantFirst).batchNorm("bn1");
            assertFolds(model, {{"c1", {"s1", "bn1"}}});
        }
    }

    void foldsDivByAConstantAndBlocksDivOfOne() // case 23
    {
        ModelBuilder model = conv();
        model.affine("Div", "d1", {4, 1, 1}).batchNorm("bn1");
        assertFolds(model, {{"c1", {"d1", "bn1"}}});
        ModelBuilder inverse = conv();
        inverse.affine("Div", "d1", {4, 1, 1}, true).batchNorm("bn1");
        assertBlocked(inverse, Reason::Divides, "d1");
    }

    void foldsADecomposedBatchNorm()
    {
        ModelBuilder model = conv();
        model.affine("Sub", "s1", {1, 4, 1, 1}).affine("Div", "d1", {1, 4, 1, 1});
        model.affine("Mul", "m1", {1, 4, 1, 1}).affine("Add", "a1", {1, 4, 1, 1}).relu();
        assertFolds(model, {{"c1", {"s1", "d1", "m1", "a1"}}}, withoutBatchNorm());
    }

    void foldsBatchNormsInARow() // case 25
    {
        ModelBuilder model = conv();
        model.batchNorm("bn1").batchNorm("bn2");
        assertFolds(model, {{"c1", {"bn1", "bn2"}}});
    }

    void foldsAChainAroundABatchNorm()
    {
        ModelBuilder model = conv();
        model.affine("Mul", "m1", {}).batchNorm("bn1").affine("Add", "a1", {4, 1, 1}).relu();
        assertFolds(model, {{"c1", {"m1", "bn1", "a1"}}});
    }

    void blocksAConstantThatWouldWiden()
    {
        ModelBuilder model = conv();
        model.affine("Mul", "m1", {1, 1, 1, 1, 1})
            .then("Squeeze", "squeeze", {model.shapeConstant("axes", {0})});
        model.batchNorm("bn1");
        assertBlocked(model, Reason::Broadens, "m1");
        ModelBuilder spatial;
        spatial.input("x", {2, 3, 3, 3}).conv("c1", {}); // 1 × 1
        spatial.affine("Add", "a1", {4, 5, 5}).batchNorm("bn1");
        assertBlocked(spatial, Reason::Broadens, "a1");
    }

    void foldsTheBroadcastOfOpset6() // case 32
    {
        const FoldExpectations expectations{
            .engine = Engine::Definition, .tolerance = 1e-6, .chainsWithoutBatchNorm = true};
        ModelBuilder model;
        model.opset(6).ir(3).input("x", {2, 3, 6, 6}).conv("c1", {});
        model.affine("Mul", "m1", {4}, false, {{"broadcast", 1}, {"axis", 1}});
        model.affine("Add", "a1", {4, 1, 1}, false, {{"broadcast", 1}});
        assertFolds(model, {{"c1", {"m1", "a1"}}}, expectations);
        ModelBuilder suffix;
        suffix.opset(6).ir(3).input("x", {2, 3, 6, 6}).conv("c1", {});
        suffix.affine("Mul", "m1", {4}, false, {{"broadcast", 1}})
            .batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        assertBlocked(suffix, Reason::NotPerChannel, "m1");
    }

    void foldsMatMulThenAddThenBatchNorm() // case 17
    {
        ModelBuilder model;
        model.input("x", {"N", 6}).matMul("mm", 6, 4).affine("Add", "a1", {4}).batchNorm("bn1");
        assertFoldsAway(model);
        ModelBuilder without;
        without.input("x", {"N", 6}).matMul("mm", 6, 4).batchNorm("bn1");
        assertFoldsAway(without);
    }

    void foldsAUniformAffineWhereAChannelOneIsBlocked() // case 50
    {
        ModelBuilder uniform;
        uniform.input("x", {2, 5, 6}).matMul("mm", 6, 4).affine("Mul", "m1", {}).affine("Add", "a1", {1});
        assertFoldsAway(uniform, withoutBatchNorm());
        ModelBuilder batchNorm; // along axis 1, which is not the matrix's, but the same for each channel
        batchNorm.input("x", {2, 5, 6})
            .matMul("mm", 6, 4)
            .batchNorm("bn1", {.scale = {2, 2, 2, 2, 2},
                               .bias = {1, 1, 1, 1, 1},
                               .mean = {3, 3, 3, 3, 3},
                               .variance = {0.5, 0.5, 0.5, 0.5, 0.5},
                               .channels = 5});
        assertFoldsAway(batchNorm);
    }
};

QTEST_APPLESS_MAIN(FoldChainsTest)
#include "test_fold_chains.moc"
