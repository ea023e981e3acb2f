// SPDX-License-Identifier: GPL-3.0-or-later
// Batch norms and last-axis affines after a product of matrices, and through what turns its axis into axis 1
// (resources/guide/folding.md, cases 18 to 20, 41, 49).
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder matMul(const Shape& input, std::int64_t k, std::int64_t n)
{
    ModelBuilder model;
    model.input("x", input).matMul("mm", k, n);
    return model;
}

// A constant matrix on the left: [M, K] · x.
ModelBuilder constantOnTheLeft(const Shape& input)
{
    ModelBuilder model;
    model.input("x", input).node("MatMul", {model.random("A", {4, 6}, -1, 1), "x"}, {"y"}, {}, "mm");
    return model.from("y", 4);
}

} // namespace

class FoldMatMulTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsRankTwo() // case 17
    {
        assertFoldsAway(matMul({"N", 6}, 6, 4).batchNorm("bn1"));
        assertFoldsAway(matMul({"N", 6}, 6, 4).affine("Add", "a1", {4}).batchNorm("bn1").relu());
        assertFoldsAway(matMul({3, 6}, 6, 4).affine("Add", "a1", {1, 4}, true).batchNorm("bn1").relu());
    }

    void blocksRankThree() // case 18
    {
        assertBlocked(matMul({2, 5, 6}, 6, 4).batchNorm("bn1", {.channels = 5}), Reason::Axis, "bn1");
        assertBlocked(matMul({2, 4, 6}, 6, 4).batchNorm("bn1"), Reason::Axis,
                      "bn1"); // the numbers fit by accident
    }

    void foldsThroughATransposeThatMakesItAxis1() // case 19
    {
        ModelBuilder model = matMul({2, 5, 6}, 6, 4);
        model.affine("Add", "a1", {4}).then("Transpose", "t", {}, {{"perm", Dims{0, 2, 1}}}).batchNorm("bn1");
        assertFoldsAway(model);
        ModelBuilder same = matMul({2, 4, 6}, 6, 4);
        same.then("Transpose", "t", {}, {{"perm", Dims{0, 1, 2}}}).batchNorm("bn1");
        assertBlocked(same, Reason::Axis, "bn1");
    }

    void foldsThroughAReshapeThatMakesItAxis1()
    {
        ModelBuilder model = matMul({"N", 6}, 6, 4);
        model.then("Reshape", "r", {model.shapeConstant("to", {-1, 4, 1, 1})}).batchNorm("bn1");
        assertFoldsAway(model);
        ModelBuilder other = matMul({2, 6}, 6, 8);
        other.then("Reshape", "r", {other.shapeConstant("to", {4, 4, 1, 1})})
            .batchNorm("bn1", {.channels = 4});
        assertFoldsAway(other); // twice the four
    }

    void foldsGemmThroughAReshapeToPictures() // case 41
    {
        ModelBuilder model;
        model.input("x", {"N", 6}).gemm("g1", {.out = 4 * 3 * 2, .in = 6});
        model.then("Reshape", "r", {model.shapeConstant("to", {-1, 4, 3, 2})})
            .batchNorm("bn1", {.channels = 4});
        assertFoldsAway(model);
    }

    void foldsAConstantOnTheLeftOfRankThreeOnly() // case 20
    {
        assertFoldsAway(constantOnTheLeft({2, 6, 5}).batchNorm("bn1"));
        assertBlocked(constantOnTheLeft({6, 5}).batchNorm("bn1", {.channels = 5}), Reason::Axis, "bn1");
        assertBlocked(constantOnTheLeft({2, 3, 6, 5}).batchNorm("bn1", {.channels = 3}), Reason::Axis, "bn1");
    }

    void blocksAMatMulOfUnknownRank() // of rank 2 it would fold, of rank 3 not
    {
        ModelBuilder model = matMul({3, 6}, 6, 4);
        model.batchNorm("bn1");
        model.graphProto().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
        assertBlocked(model, Reason::ChannelsUnknown, "mm");
    }

    void foldsAnAffineAlongTheLastAxis() // case 49
    {
        const FoldExpectations chains{.chainsWithoutBatchNorm = true};
        assertFoldsAway(matMul({2, 5, 6}, 6, 4).affine("Mul", "m1", {4}).affine("Add", "a1", {4}), chains);
        ModelBuilder listed =
            matMul({2, 5, 6}, 6, 4).affine("Mul", "m1", {4}).affine("Add", "a1", {4}).relu();
        assertFolds(listed, {{"mm", {"m1", "a1"}}}, chains);
    }

    void foldsAnAffineAlongTheLastAxisBefore() // case 49: LayerNorm's scale and shift
    {
        ModelBuilder model;
        model.input("x", {2, 5, 6}).affine("Mul", "m1", {6}).affine("Add", "a1", {6}).matMul("mm", 6, 4);
        assertFolds(model, {{"mm", {"m1", "a1"}, FoldDirection::Before}}, {.chainsWithoutBatchNorm = true});
    }
};

QTEST_APPLESS_MAIN(FoldMatMulTest)
#include "test_fold_matmul.moc"
