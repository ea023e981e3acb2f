// SPDX-License-Identifier: GPL-3.0-or-later
// What cannot be folded, written otherwise on request (resources/guide/folding.md, "What stays, stays
// right"): a batch norm normalised in place (mean 0, variance 1, ε 0) or replaced by Mul and Add.
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

struct Canonicalized {
    std::string before, after;
    onnx::ModelProto model;
    FoldOutcome outcome;
};

// Folds everything that folds (or the chosen ones), canonicalizes the rest, saves.
tl::expected<Canonicalized, std::string> canonicalize(const std::string& bytes, Rest rest,
                                                      const std::optional<std::vector<FoldId>>& chosen = {})
{
    const auto view = viewOf(bytes);
    if (!view)
        return tl::make_unexpected(view.error());
    NoProgress progress;
    auto outcome = fold(*view, chosen, {}, progress, {});
    if (!outcome)
        return tl::make_unexpected(outcome.error().message);
    if (const auto done = canonicalizeRest(*outcome, rest); !done)
        return tl::make_unexpected(done.error().message);
    const auto saved = savedBytes(outcome->after);
    if (!saved)
        return tl::make_unexpected(saved.error());
    Canonicalized canonicalized{bytes, *saved, {}, std::move(*outcome)};
    if (!canonicalized.model.ParseFromString(*saved))
        return tl::make_unexpected(std::string("the saved model does not parse"));
    return canonicalized;
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

// Both ways of canonicalizer keep the outputs, leave nothing dangling, and are content to be done again.
void assertCanonicalizes(const ModelBuilder& builder, int mulAdds, const FoldExpectations& expectations = {},
                         std::source_location where = std::source_location::current())
{
    const onnx::ModelProto before = builder.proto();
    const int batchNorms = countNodes(before, "BatchNormalization"), adds = countNodes(before, "Add");
    for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
        const std::string way = rest == Rest::MulAdd ? "Mul and Add: " : "in place: ";
        auto fail = [&](const std::string& what) {
            QTest::qFail((way + what).c_str(), where.file_name(), static_cast<int>(where.line()));
        };
        const auto canonicalized = canonicalize(before.SerializeAsString(), rest);
        if (!canonicalized)
            return fail(canonicalized.error());
        const int left = countNodes(canonicalized->model, "BatchNormalization");
        if (rest == Rest::Normalise ? left != batchNorms : left != batchNorms - mulAdds)
            return fail(std::to_string(left) + " batch norms are left");
        if (rest == Rest::MulAdd && countNodes(canonicalized->model, "Add") != adds + mulAdds)
            return fail("another number of Adds");
        if (whatTheCheckerSays(before).empty() && !whatTheCheckerSays(canonicalized->model).empty())
            return fail("the checker: " + whatTheCheckerSays(canonicalized->model));
        if (const std::string dangling = whatDangles(before, canonicalized->model); !dangling.empty())
            return fail(dangling);
        if (const std::string difference =
                differenceInRuns(canonicalized->before, canonicalized->after, expectations);
            !difference.empty())
            return fail(difference);
        const auto again = canonicalize(canonicalized->after, rest);
        if (!again)
            return fail("again: " + again.error());
        if (again->after != canonicalized->after)
            return fail("canonicalizer again changes the model");
    }
}

} // namespace

class FoldRestTest final : public QObject {
    Q_OBJECT

private slots:
    void normalisesInPlace()
    {
        const auto canonicalized = canonicalize(stranded().bytes(), Rest::Normalise);
        QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
        const onnx::NodeProto* bn = findNode(canonicalized->model, "bn1");
        QVERIFY(bn);
        QCOMPARE(bn->op_type(), std::string("BatchNormalization"));
        QVERIFY(holdsOnly(findInitializer(canonicalized->model, bn->input(3)), 0));
        QVERIFY(holdsOnly(findInitializer(canonicalized->model, bn->input(4)), 1));
        QVERIFY(attribute(*bn, "epsilon"));
        QCOMPARE(attribute(*bn, "epsilon")->f(), 0.0F);
        QCOMPARE(canonicalized->outcome.pairs.size(), std::size_t{1});
        QVERIFY(canonicalized->outcome.pairs[0].canonicalized && !canonicalized->outcome.pairs[0].folded);
    }

    void becomesMulAndAdd()
    {
        const auto canonicalized = canonicalize(stranded().bytes(), Rest::MulAdd);
        QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
        QCOMPARE(countNodes(canonicalized->model, "Mul"), 1);
        QCOMPARE(canonicalized->model.graph().initializer_size(), 3); // weight, scale, shift
        QCOMPARE(findNode(canonicalized->model, "bn1")->op_type(), std::string("Mul"));
    }

    void keepsTheOutputs()
    {
        assertCanonicalizes(stranded(), 1);
        assertCanonicalizes(stranded({.epsilon = {}}), 1);
        assertCanonicalizes(stranded({.scale = {0, 1, -1, 2}, .variance = {0, 1, 1e-3, 1}}), 1);
        ModelBuilder last = stranded();
        last.batchNorm("bn2").output(); // its output is the model's
        assertCanonicalizes(last, 2);
    }

    void canonicalizesEveryRank()
    {
        for (const Shape& shape : {Shape{3, 4}, Shape{2, 4, 5}, Shape{2, 4, 3, 3}, Shape{2, 4, 3, 3, 2}}) {
            ModelBuilder model;
            model.input("x", shape).batchNorm("bn1").relu();
            assertCanonicalizes(model, 1);
        }
        ModelBuilder line; // rank 1 has one channel
        line.input("x", {7}).batchNorm("bn1", {.channels = 1}).relu();
        assertCanonicalizes(line, 0, {.engine = Engine::Definition});
    }

    void normalisesWhereTheRankIsUnknown()
    {
        ModelBuilder model;
        model.input("x", {}).batchNorm("bn1", {.channels = 4}).relu();
        model.graphProto().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
        const auto canonicalized = canonicalize(model.bytes(), Rest::MulAdd);
        QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
        QCOMPARE(countNodes(canonicalized->model, "BatchNormalization"), 1);
        QVERIFY(canonicalized->outcome.pairs.at(0).canonicalized);
    }

    void copiesSharedParameters()
    {
        ModelBuilder two =
            stranded({.scaleName = "s", .biasName = "b", .meanName = "m", .varianceName = "v"});
        two.batchNorm("bn2", {.scaleName = "s", .biasName = "b", .meanName = "m", .varianceName = "v"});
        assertCanonicalizes(two, 2);
        ModelBuilder one = stranded({.positive = true, .scaleName = "s", .varianceName = "s"});
        assertCanonicalizes(one, 1);
        ModelBuilder same = stranded(
            {.positive = true, .scaleName = "s", .biasName = "s", .meanName = "s", .varianceName = "s"});
        assertCanonicalizes(same, 1);
        ModelBuilder read = stranded({.scaleName = "s"}); // by another node
        read.output().node("Relu", {"s"}, {"other"}, {}, "reader").output();
        assertCanonicalizes(read, 1);
        ModelBuilder shown = stranded({.varianceName = "v"}); // as an output of the model
        assertCanonicalizes(shown.output().output("v"), 1);
    }

    void canonicalizesParametersBehindConstantChains()
    {
        ModelBuilder constants;
        constants.weightsAsConstantNodes().input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
        assertCanonicalizes(constants, 1);
        ModelBuilder chained;
        chained.input("x", {2, 4, 3, 3});
        chained.node("Identity", {chained.random("m", {4}, -1, 1)}, {"mean"});
        chained.node("Cast", {chained.random("g", {4}, 0.5, 1.5, DataType::Float16)}, {"gamma"},
                     {{"to", static_cast<int>(DataType::Float)}});
        chained.from("x", 4).batchNorm("bn1", {.scaleName = "gamma", .meanName = "mean"}).relu();
        assertCanonicalizes(chained, 1);
    }

    void canonicalizesOldModels()
    {
        for (const int opset : {7, 8, 9}) {
            ModelBuilder model;
            model.ir(3).opset(opset).input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
            model.listInitializersAsInputs();
            assertCanonicalizes(model, 1);
        }
        ModelBuilder oldest; // Mul and Add would need broadcast and axis
        oldest.ir(3).opset(6).input("x", {2, 4, 3, 3}).batchNorm("bn1", {.attributes = {{"is_test", 1}}});
        oldest.listInitializersAsInputs();
        assertCanonicalizes(oldest, 0, {.engine = Engine::Definition});
    }

    void canonicalizesOtherTypes()
    {
        for (const auto& [type, tolerance] :
             {std::pair{DataType::Float16, 5e-3}, {DataType::Double, 1e-12}}) {
            ModelBuilder model;
            model.opset(15).ir(8).dataType(type).input("x", {2, 4, 3, 3}).batchNorm("bn1").relu();
            assertCanonicalizes(model, 1, {.engine = Engine::Definition, .tolerance = tolerance});
        }
    }

    // Mul and Add take operands of one type; a batch norm of opset 15 does not.
    void normalisesParametersOfAnotherTypeThanTheData()
    {
        ModelBuilder model;
        model.opset(15).ir(8).dataType(DataType::Float16).input("x", {2, 4, 3, 3});
        model.batchNorm("bn1", {.scaleType = DataType::Float, .statisticsType = DataType::Float}).relu();
        assertCanonicalizes(model, 0, {.engine = Engine::Definition, .tolerance = 2e-3});
    }

    void leavesTrainingModeAlone()
    {
        const std::string bytes =
            stranded({.attributes = {{"training_mode", 1}}, .extraOutputs = {"mean", "var"}}).bytes();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto canonicalized = canonicalize(bytes, rest);
            QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
            QVERIFY(canonicalized->after == bytes);
            QVERIFY(!canonicalized->outcome.pairs.at(0).canonicalized);
        }
    }

    void leavesParametersOfRunTimeAlone()
    {
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).input("s", {4}).from("x", 4);
        const std::string bytes = model.batchNorm("bn1", {.scaleName = "s"}).relu().bytes();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto canonicalized = canonicalize(bytes, rest);
            QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
            QVERIFY(canonicalized->after == bytes);
        }
    }

    void dropsOutputsThatNobodyReads()
    {
        ModelBuilder model;
        model.opset(14).input("x", {2, 4, 3, 3}).batchNorm("bn1", {.extraOutputs = {"mean", "var"}}).relu();
        assertCanonicalizes(model, 1, {.engine = Engine::Definition});
    }

    void foldsWhatFoldsAndCanonicalizesTheRest()
    {
        ModelBuilder model = stranded();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu();
        const auto canonicalized = canonicalize(model.bytes(), Rest::MulAdd);
        QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
        QCOMPARE(countNodes(canonicalized->model, "BatchNormalization"), 0);
        QCOMPARE(countNodes(canonicalized->model, "Mul"), 1);
        QCOMPARE(differenceInRuns(canonicalized->before, canonicalized->after), std::string());
    }

    void canonicalizesWhatWasNotChosenToo()
    {
        ModelBuilder model = stranded();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu();
        const auto canonicalized = canonicalize(model.bytes(), Rest::MulAdd, std::vector<FoldId>{});
        QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
        QCOMPARE(countNodes(canonicalized->model, "Mul"), 2);
        QCOMPARE(differenceInRuns(canonicalized->before, canonicalized->after), std::string());
    }

    void canonicalizesABatchNormAmongConstants()
    {
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).affine("Mul", "m1", {4, 1, 1}).batchNorm("bn1");
        model.affine("Add", "a1", {4, 1, 1}).batchNorm("bn2").relu();
        assertCanonicalizes(model, 2);
    }

    void canonicalizesInsideBodiesAndFunctions()
    {
        ModelBuilder branch(3);
        branch.from("x", 4).batchNorm("inner").relu();
        ModelBuilder other(4);
        other.from("x", 4).relu();
        ModelBuilder model;
        model.input("x", {2, 4, 3, 3}).input("condition", {}, DataType::Bool);
        model.node("If", {"condition"}, {"y"},
                   {{"then_branch", branch.body()}, {"else_branch", other.body()}});
        assertCanonicalizes(model, 1);

        ModelBuilder inside(5);
        inside.from("a", 4).node("BatchNormalization", {"a", "s", "s", "s", "s"}, {"b"}, {}, "inner");
        ModelBuilder called;
        called.ir(8).opset(15).input("x", {2, 4, 3, 3});
        called.node("block", {"x", called.random("scale", {4}, 0.5, 1.5)}, {"y"}, {}, "call", "local");
        called.function(inside, "local", "block", {"a", "s"}, {"b"});
        for (auto& output : *called.graphProto().mutable_output())
            output.mutable_type()->mutable_tensor_type()->mutable_shape();
        for (const Rest rest : {Rest::Normalise, Rest::MulAdd}) {
            const auto canonicalized = canonicalize(called.bytes(), rest);
            QVERIFY2(canonicalized, canonicalized ? "" : canonicalized.error().c_str());
            QCOMPARE(differenceInRuns(canonicalized->before, canonicalized->after), std::string());
        }
    }
};

QTEST_APPLESS_MAIN(FoldRestTest)
#include "test_fold_rest.moc"
