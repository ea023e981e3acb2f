// SPDX-License-Identifier: GPL-3.0-or-later
// Chains that only shift or only change the sign, without a batch norm: folded where they are chosen, with
// the weight left byte for byte where nothing scales it; and who of a chain is said to shift.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::test;

namespace {

const FoldExpectations chosen{.chainsWithoutBatchNorm = true};

ModelBuilder conv(DataType type = DataType::Float)
{
    ModelBuilder model;
    model.dataType(type).input("x", {2, 3, 8, 8}).conv("c1", {.bias = true});
    return model;
}

std::string storedBytes(const onnx::ModelProto& model, const std::string& name)
{
    for (const onnx::TensorProto& tensor : model.graph().initializer()) {
        if (tensor.name() == name)
            return tensor.raw_data();
    }
    return "no initializer of that name";
}

// Folded, and the weight is what it was, bit by bit.
void assertOnlyShifts(const ModelBuilder& model, const std::vector<ExpectedFold>& expected,
                      const std::string& weight, FoldExpectations expectations = chosen)
{
    const Folded folded = assertFolds(model, expected, expectations);
    QCOMPARE(storedBytes(folded.model, weight), storedBytes(model.proto(), weight));
}

const FoldCandidate& only(const std::vector<FoldCandidate>& candidates)
{
    static const FoldCandidate none;
    return candidates.size() == 1 ? candidates.front() : none;
}

} // namespace

class FoldShiftsTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsAnAddBehindAConv()
    {
        for (const DataType type : {DataType::Float, DataType::Double, DataType::Float16}) {
            for (const Dims& shape : {Dims{4, 1, 1}, Dims{1, 4, 1, 1}, Dims{}, Dims{1}}) {
                ModelBuilder model = conv(type);
                model.affine("Add", "a1", shape).relu();
                FoldExpectations expectations = chosen;
                expectations.tolerance = type == DataType::Float16 ? 5e-3 : 1e-5;
                if (type == DataType::Double) // ONNX Runtime has no such Conv
                    expectations.engine = Engine::Definition;
                assertOnlyShifts(model, {{"c1", {"a1"}}}, "c1.weight", expectations);
            }
        }
    }

    void foldsASubBehindEveryLayer()
    {
        ModelBuilder transposed;
        transposed.input("x", {2, 3, 5, 5}).convTranspose("c1", {.strides = {2, 2}});
        assertOnlyShifts(transposed.affine("Sub", "s1", {4, 1, 1}).relu(), {{"c1", {"s1"}}}, "c1.weight");
        ModelBuilder single;
        single.input("x", {2, 3, 5, 5}).convTranspose("c1", {.out = 1});
        assertOnlyShifts(single.affine("Sub", "s1", {1, 1, 1, 1}).relu(), {{"c1", {"s1"}}}, "c1.weight");
        ModelBuilder gemm;
        gemm.input("x", {2, 3}).gemm("g1", {.c = std::nullopt});
        assertOnlyShifts(gemm.affine("Sub", "s1", {4}).relu(), {{"g1", {"s1"}}}, "g1.weight");
        ModelBuilder matMul;
        matMul.input("x", {2, 5, 3}).matMul("m1", 3, 4).affine("Add", "bias", {4});
        assertOnlyShifts(matMul.affine("Sub", "s1", {4}).relu(), {{"m1", {"s1"}}}, "m1.weight");
    }

    void foldsASumOfAConstantAsAnAdd()
    {
        ModelBuilder model = conv();
        model.affine("Sum", "a1", {1, 4, 1, 1}).batchNorm("bn1");
        assertFolds(model, {{"c1", {"a1", "bn1"}}});
    }

    void foldsWhatComesBeforeALayer()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8}).affine("Sub", "s1", {3, 1, 1}).conv("c1", {});
        assertOnlyShifts(model, {{"c1", {"s1"}, FoldDirection::Before}}, "c1.weight");
        ModelBuilder matMul;
        matMul.input("x", {2, 5, 3}).affine("Add", "a1", {3}).matMul("m1", 3, 4).affine("Add", "bias", {4});
        assertOnlyShifts(matMul, {{"m1", {"a1"}, FoldDirection::Before}}, "m1.weight");
        ModelBuilder padded;
        padded.input("x", {2, 3, 8, 8}).affine("Sub", "s1", {3, 1, 1}).conv("c1", {.pads = {1, 1, 1, 1}});
        const auto candidates = candidatesOf(padded.bytes());
        QVERIFY(candidates && candidates->empty());
    }

    void foldsANegAloneAndInChains()
    {
        ModelBuilder alone = conv();
        assertFolds(alone.then("Neg", "n1").relu(), {{"c1", {"n1"}}}, chosen);
        ModelBuilder chain = conv();
        assertFolds(chain.then("Neg", "n1").batchNorm("bn1"), {{"c1", {"n1", "bn1"}}});
        ModelBuilder behind = conv();
        assertFolds(behind.batchNorm("bn1").then("Neg", "n1").relu(), {{"c1", {"bn1", "n1"}}});
        ModelBuilder before;
        before.input("x", {2, 3, 8, 8}).then("Neg", "n1").conv("c1", {.pads = {1, 1, 1, 1}});
        assertFolds(before, {{"c1", {"n1"}, FoldDirection::Before}}, chosen);
        ModelBuilder unknownRank;
        unknownRank.input("x", {2, 3, 8, 8}).conv("c1", {}).then("Neg", "n1").then("Neg", "n2").relu();
        assertOnlyShifts(unknownRank, {{"c1", {"n1", "n2"}}}, "c1.weight");
    }

    // Lined up by an attribute before opset 7; ONNX Runtime has no kernels for these.
    void foldsTheOldForms()
    {
        FoldExpectations expectations = chosen;
        expectations.engine = Engine::Definition;
        ModelBuilder model;
        model.opset(6).ir(3).input("x", {2, 3, 8, 8}).conv("c1", {});
        model.affine("Add", "a1", {4}, false, {{"broadcast", 1}, {"axis", 1}}).listInitializersAsInputs();
        assertOnlyShifts(model, {{"c1", {"a1"}}}, "c1.weight", expectations);
    }

    // x + 3 before Clip is a piece of hard-sigmoid: whoever knows the pattern shall find it again.
    void leavesTheShiftOfAnActivationUnlessItIsChosen()
    {
        ModelBuilder model = conv();
        model.node("Add", {"c1_out", model.constant("three", {}, {3})}, {"y"}, {}, "a1");
        model.node("Clip", {"y", model.constant("zero", {}, {0}), model.constant("six", {}, {6})}, {"z"});
        const auto all = foldThroughFiles(model.bytes(), {}, {.constantsToo = true});
        QVERIFY(all && all->before == all->after);
        QVERIFY(only(all->candidates).foldable && only(all->candidates).onlyWhenChosen);
        QCOMPARE(only(all->candidates).warnings.at(0).code, std::string("activation"));
        assertOnlyShifts(model, {{"c1", {"a1"}}}, "c1.weight");
    }

    void namesTheMemberThatShifts()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8}).affine("Mul", "half", {}).batchNorm("bn1", {.channels = 3});
        model.conv("c1", {.pads = {1, 1, 1, 1}});
        const FoldCandidate candidate = assertBlocked(model, Reason::Padding, "c1");
        QVERIFY2(candidate.message.text().find("bn1 shifts its input") != std::string::npos,
                 candidate.message.text().c_str());
        ModelBuilder shifted;
        shifted.input("x", {2, 3, 8, 8}).affine("Mul", "half", {}).affine("Add", "add", {3, 1, 1});
        shifted.batchNorm("bn1", {.bias = {0, 0, 0}, .mean = {0, 0, 0}, .channels = 3});
        shifted.conv("c1", {.pads = {1, 1, 1, 1}});
        const FoldCandidate second = assertBlocked(shifted, Reason::Padding, "c1");
        QVERIFY2(second.message.text().find("add shifts its input") != std::string::npos,
                 second.message.text().c_str());
    }
};

QTEST_MAIN(FoldShiftsTest)
#include "test_fold_shifts.moc"
