// SPDX-License-Identifier: GPL-3.0-or-later
// What cannot be folded, written otherwise on request (FOLDING.md, "What stays, stays right"): a batch norm
// normalised in place (mean 0, variance 1, ε 0) or replaced by Mul and Add.
#include "core/model/ModelReader.h"
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

// Conv → Sigmoid → batch norm: nothing to fold into.
ModelBuilder stranded(const BatchNormSpec& spec = {}, DataType type = DataType::Float)
{
    ModelBuilder model;
    model.opset(15).ir(8).dataType(type).input("x", {"N", 3, 6, 6});
    model.conv("c1", {}).then("Sigmoid", "gate").batchNorm("bn1", spec).relu();
    return model;
}

struct Settled {
    std::string before, after;
    onnx::ModelProto model;
    FoldOutcome outcome;
};

// Folds everything that folds (or the chosen ones), settles the rest, saves.
tl::expected<Settled, std::string> settle(const std::string& bytes, Rest rest,
                                          const std::optional<std::vector<FoldId>>& chosen = {})
{
    const auto view = viewOf(bytes);
    if (!view)
        return tl::make_unexpected(view.error());
    NoProgress progress;
    auto outcome = fold(*view, chosen, {}, progress, {});
    if (!outcome)
        return tl::make_unexpected(outcome.error().message);
    if (const auto done = settleRest(*outcome, rest); !done)
        return tl::make_unexpected(done.error().message);
    const auto saved = savedBytes(outcome->after);
    if (!saved)
        return tl::make_unexpected(saved.error());
    Settled settled{bytes, *saved, {}, std::move(*outcome)};
    if (!settled.model.ParseFromString(*saved))
        return tl::make_unexpected(std::string("the saved model does not parse"));
    return settled;
}

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, const std::string& name)
{
    for (const auto& each : node.attribute())
        if (each.name() == name)
            return &each;
    return nullptr;
}

// Every number of the initializer is this one.
bool holdsOnly(const onnx::TensorProto* tensor, long double value)
{
    const auto numbers = numbersOf(tensor);
    return !numbers.empty() &&
           std::all_of(numbers.begin(), numbers.end(), [&](long double each) { return each == value; });
}

// Both ways of settling keep the outputs, leave nothing dangling, and are content to be done again.
void assertSettles(const ModelBuilder& builder, int mulAdds, const FoldExpectations& expectations = {},
                   std::source_location where = std::source_location::current())
{
    const onnx::ModelProto before = builder.proto();
    const int batchNorms = countNodes(before, "BatchNormalization"), adds = countNodes(before, "Add");
    for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
        const std::string way = rest == Rest::MulAdd ? "Mul and Add: " : "in place: ";
        auto fail = [&](const std::string& what) {
            QTest::qFail((way + what).c_str(), where.file_name(), static_cast<int>(where.line()));
        };
        const auto settled = settle(before.SerializeAsString(), rest);
        if (!settled)
            return fail(settled.error());
        const int left = countNodes(settled->model, "BatchNormalization");
        if (rest == Rest::Normalise ? left != batchNorms : left != batchNorms - mulAdds)
            return fail(std::to_string(left) + " batch norms are left");
        if (rest == Rest::MulAdd && countNodes(settled->model, "Add") != adds + mulAdds)
            return fail("another number of Adds");
        if (whatTheCheckerSays(before).empty() && !whatTheCheckerSays(settled->model).empty())
            return fail("the checker: " + whatTheCheckerSays(settled->model));
        if (const std::string dangling = whatDangles(before, settled->model); !dangling.empty())
            return fail(dangling);
        if (const std::string difference = differenceInRuns(settled->before, settled->after, expectations);
            !difference.empty())
            return fail(difference);
        const auto again = settle(settled->after, rest);
        if (!again)
            return fail("again: " + again.error());
        if (again->after != settled->after)
            return fail("settling again changes the model");
    }
}

} // namespace

class FoldRestTest final : public QObject {
    Q_OBJECT

private slots:
    void normalisesInPlace()
    {
        const auto settled = settle(stranded().bytes(), Rest::Normalise);
        QVERIFY2(settled, settled ? "" : settled.error().c_str());
        const onnx::NodeProto* bn = findNode(settled->model, "bn1");
        QVERIFY(bn);
        QCOMPARE(bn->op_type(), std::string("BatchNormalization"));
        QVERIFY(holdsOnly(findInitializer(settled->model, bn->input(3)), 0));
        QVERIFY(holdsOnly(findInitializer(settled->model, bn->input(4)), 1));
        QVERIFY(attribute(*bn, "epsilon"));
        QCOMPARE(attribute(*bn, "epsilon")->f(), 0.0F);
        QCOMPARE(settled->outcome.pairs.size(), std::size_t{1});
        QVERIFY(settled->outcome.pairs[0].settled && !settled->outcome.pairs[0].folded);
    }

    void becomesMulAndAdd()
    {
        const auto settled = settle(stranded().bytes(), Rest::MulAdd);
        QVERIFY2(settled, settled ? "" : settled.error().c_str());
        QCOMPARE(countNodes(settled->model, "Mul"), 1);
        QCOMPARE(settled->model.graph().initializer_size(), 3); // weight, scale, shift
        QCOMPARE(findNode(settled->model, "bn1")->op_type(), std::string("Mul"));
    }

    void keepsTheOutputs()
    {
        assertSettles(stranded(), 1);
        assertSettles(stranded({.epsilon = {}}), 1);
        assertSettles(stranded({.scale = {0, 1, -1, 2}, .variance = {0, 1, 1e-3, 1}}), 1);
        ModelBuilder last = stranded();
        last.batchNorm("bn2").output(); // its output is the model's
        assertSettles(last, 2);
    }

    void settlesEveryRank()
    {
        for (const Shape& shape : {Shape{3, 4}, Shape{2, 4, 5}, Shape{2, 4, 3, 3}, Shape{2, 4, 3, 3, 2}}) {
            ModelBuilder model;
            model.input("x", shape).batchNorm("bn1").relu();
            assertSettles(model, 1);
        }
        ModelBuilder line; // rank 1 has one channel
        line.input("x", {7}).batchNorm("bn1", {.channels = 1}).relu();
        assertSettles(line, 0, {.engine = Engine::Definition});
    }

    void normalisesWhereTheRankIsUnknown()
    {
        ModelBuilder model;
        model.input("x", {}).batchNorm("bn1", {.channels = 4}).relu();
        model.graphProto().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
        const auto settled = settle(model.bytes(), Rest::MulAdd);
        QVERIFY2(settled, settled ? "" : settled.error().c_str());
        QCOMPARE(countNodes(settled->model, "BatchNormalization"), 1);
        QVERIFY(settled->outcome.pairs.at(0).settled);
    }

    void copiesSharedParameters()
    {
        ModelBuilder two =
            stranded({.scaleName = "s", .biasName = "b", .meanName = "m", .varianceName = "v"});
        two.batchNorm("bn2", {.scaleName = "s", .biasName = "b", .meanName = "m", .varianceName = "v"});
        assertSettles(two, 2);
        ModelBuilder one = stranded({.positive = true, .scaleName = "s", .varianceName = "s"});
        assertSettles(one, 1);
        ModelBuilder same = stranded(
            {.positive = true, .scaleName = "s", .biasName = "s", .meanName = "s", .varianceName = "s"});
        assertSettles(same, 1);
        ModelBuilder read = stranded({.scaleName = "s"}); // by another node
        read.output().node("Relu", {"s"}, {"other"}, {}, "reader").output();
        assertSettles(read, 1);
        ModelBuilder shown = stranded({.varianceName = "v"}); // as an output of the model
        assertSettles(shown.output().output("v"), 1);
    }

    void settlesParametersBehindPlumbing()
    {
        ModelBuilder constants;
        constants.weightsAsConstantNodes().input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
        assertSettles(constants, 1);
        ModelBuilder plumbing;
        plumbing.input("x", {2, 4, 3, 3});
        plumbing.node("Identity", {plumbing.random("m", {4}, -1, 1)}, {"mean"});
        plumbing.node("Cast", {plumbing.random("g", {4}, 0.5, 1.5, DataType::Float16)}, {"gamma"},
                      {{"to", static_cast<int>(DataType::Float)}});
        plumbing.from("x", 4).batchNorm("bn1", {.scaleName = "gamma", .meanName = "mean"}).relu();
        assertSettles(plumbing, 1);
    }

    void settlesOldModels()
    {
        for (const int opset : {7, 8, 9}) {
            ModelBuilder model;
            model.ir(3).opset(opset).input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
            model.listInitializersAsInputs();
            assertSettles(model, 1);
        }
        ModelBuilder oldest; // Mul and Add would need broadcast and axis
        oldest.ir(3).opset(6).input("x", {2, 4, 3, 3}).batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        oldest.listInitializersAsInputs();
        assertSettles(oldest, 0, {.engine = Engine::Definition});
    }

    void settlesOtherTypes()
    {
        for (const auto& [type, tolerance] :
             {std::pair{DataType::Float16, 5e-3}, {DataType::Double, 1e-12}}) {
            ModelBuilder model;
            model.opset(15).ir(8).dataType(type).input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
            assertSettles(model, 1, {.engine = Engine::Definition, .tolerance = tolerance});
        }
    }

    // Mul and Add take operands of one type; a batch norm of opset 15 does not.
    void normalisesParametersOfAnotherTypeThanTheData()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {2, 4, 3, 3});
        model.batchNorm("bn1", {.scaleType = DataType::Float, .statisticsType = DataType::Float}).relu();
        assertSettles(model, 0, {.engine = Engine::Definition, .tolerance = 2e-3});
    }

    void leavesTrainingModeAlone()
    {
        const std::string bytes =
            stranded({.attributes = {{"training_mode", 1}}, .extraOutputs = {"mean", "var"}}).bytes();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto settled = settle(bytes, rest);
            QVERIFY2(settled, settled ? "" : settled.error().c_str());
            QVERIFY(settled->after == bytes);
            QVERIFY(!settled->outcome.pairs.at(0).settled);
        }
    }

    void leavesParametersOfRunTimeAlone()
    {
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).input("s", {4}).from("x", 4);
        const std::string bytes = model.batchNorm("bn1", {.scaleName = "s"}).relu().bytes();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto settled = settle(bytes, rest);
            QVERIFY2(settled, settled ? "" : settled.error().c_str());
            QVERIFY(settled->after == bytes);
        }
    }

    void dropsOutputsThatNobodyReads()
    {
        ModelBuilder model;
        model.opset(14).input("x", {2, 4, 3, 3}).batchNorm("bn1", {.extraOutputs = {"mean", "var"}}).relu();
        assertSettles(model, 1, {.engine = Engine::Definition});
    }

    void foldsWhatFoldsAndSettlesTheRest()
    {
        ModelBuilder model = stranded();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu();
        const auto settled = settle(model.bytes(), Rest::MulAdd);
        QVERIFY2(settled, settled ? "" : settled.error().c_str());
        QCOMPARE(countNodes(settled->model, "BatchNormalization"), 0);
        QCOMPARE(countNodes(settled->model, "Mul"), 1);
        QCOMPARE(differenceInRuns(settled->before, settled->after), std::string());
    }

    void settlesWhatWasNotChosenToo()
    {
        ModelBuilder model = stranded();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu();
        const auto settled = settle(model.bytes(), Rest::MulAdd, std::vector<FoldId>{});
        QVERIFY2(settled, settled ? "" : settled.error().c_str());
        QCOMPARE(countNodes(settled->model, "Mul"), 2);
        QCOMPARE(differenceInRuns(settled->before, settled->after), std::string());
    }

    void settlesABatchNormAmongConstants()
    {
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).affine("Mul", "m1", {4, 1, 1}).batchNorm("bn1");
        model.affine("Add", "a1", {4, 1, 1}).batchNorm("bn2").relu();
        assertSettles(model, 2);
    }

    void settlesInsideBodiesAndFunctions()
    {
        ModelBuilder branch(3);
        branch.from("x", 4).batchNorm("inner").relu();
        ModelBuilder other(4);
        other.from("x", 4).relu();
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).input("condition", {}, DataType::Bool);
        model.node("If", {"condition"}, {"y"},
                   {{"then_branch", branch.body()}, {"else_branch", other.body()}});
        assertSettles(model, 1);

        ModelBuilder inside(5);
        inside.from("a", 4).node("BatchNormalization", {"a", "s", "s", "s", "s"}, {"b"}, {}, "inner");
        ModelBuilder called;
        called.ir(8).opset(15).input("x", {2, 4, 3, 3});
        called.node("block", {"x", called.random("scale", {4}, 0.5, 1.5)}, {"y"}, {}, "call", "local");
        called.function(inside, "local", "block", {"a", "s"}, {"b"});
        for (auto& output : *called.graphProto().mutable_output())
            output.mutable_type()->mutable_tensor_type()->mutable_shape();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto settled = settle(called.bytes(), rest);
            QVERIFY2(settled, settled ? "" : settled.error().c_str());
            QCOMPARE(differenceInRuns(settled->before, settled->after), std::string());
        }
    }
};

QTEST_APPLESS_MAIN(FoldRestTest)
#include "test_fold_rest.moc"
