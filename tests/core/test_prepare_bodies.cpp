// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that take nodes out of bodies and functions: each beside neighbours that must stay.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <fmt/format.h>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

ModelBuilder withCondition(bool value)
{
    ModelBuilder model;
    model.input("x", {2, 3});
    model.constant("condition", {}, {value ? 1.0 : 0.0}, DataType::Bool);
    return model;
}

ModelBuilder& branch(ModelBuilder& model, const ModelBuilder& yes, const ModelBuilder& no,
                     const std::vector<std::string>& results = {"z"})
{
    return model.node("If", {"condition"}, results, {{"then_branch", yes.body()}, {"else_branch", no.body()}},
                      results.front() + "_if");
}

ModelBuilder simply(const std::string& op, const std::string& input, const std::string& output)
{
    ModelBuilder body;
    body.node(op, {input}, {output}).output(output);
    return body;
}

// Attribute `own` of the last node is what the call gives as `given`.
void takesFromCall(ModelBuilder& inner, const std::string& own, const std::string& given,
                   onnx::AttributeProto::AttributeType type)
{
    onnx::NodeProto& node = *inner.graphProto().mutable_node(inner.graphProto().node_size() - 1);
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(own);
    attribute.set_ref_attr_name(given);
    attribute.set_type(type);
}

ModelBuilder callerOf(const ModelBuilder& inner, const std::string& name = "Mine")
{
    ModelBuilder model;
    model.ir(8).input("x", {2, 3}).function(inner, "mine", name, {"v"}, {"w"});
    return model;
}

ModelBuilder& call(ModelBuilder& model, const std::string& input, const std::string& output,
                   const Attributes& attributes = {}, const std::string& function = "Mine")
{
    return model.node(function, {input}, {output}, attributes, "to_" + output, "mine");
}

} // namespace

class TestPrepareBodies final : public QObject {
    Q_OBJECT

private slots:
    void eitherBranch()
    {
        for (const bool taken : {true, false}) {
            ModelBuilder model = withCondition(taken), yes, no;
            yes.constant("k", {3}, {1, 2, 3});
            yes.node("Mul", {"x", "k"}, {"m"}).node("Relu", {"m"}, {"y"}, {}, "inner").output("y");
            no.constant("k", {3}, {3, 2, 1}); // the same names in both
            no.node("Add", {"x", "k"}, {"m"}).node("Neg", {"m"}, {"y"}, {}, "inner").output("y");
            branch(model, yes, no).relu();
            const auto files = assertPrepares(model, "constant-if", 1);
            QCOMPARE(countNodes(files.model, "If"), 0);
            QCOMPARE(countNodes(files.model, taken ? "Mul" : "Add"), 1);
            QCOMPARE(files.model.graph().node_size(), 3);
            QVERIFY(findNode(files.model, "inner"));
        }
    }

    void branchOfAnUnknownCondition()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        branch(model, simply("Relu", "x", "y"), simply("Neg", "x", "n"));
        assertPrepares(model, "constant-if", 0);
        ModelBuilder given = withCondition(true); // a caller may give another one
        branch(given, simply("Relu", "x", "y"), simply("Neg", "x", "n"));
        given.listInitializersAsInputs();
        QCOMPARE(assertPrepares(given, "constant-if", 0).codes(), Codes{"overridable"});
    }

    // A result that is an output of the model keeps its name.
    void resultsThatAreOutputs()
    {
        ModelBuilder model = withCondition(true), yes, no;
        yes.node("Relu", {"x"}, {"a"}).node("Neg", {"a"}, {"b"}).output("a").output("b");
        no.node("Neg", {"x"}, {"c"}).node("Relu", {"c"}, {"d"}).output("c").output("d");
        branch(model, yes, no, {"first", "second"}).output("first").output("second");
        const auto files = assertPrepares(model, "constant-if", 1);
        QCOMPARE(files.model.graph().node_size(), 2);
    }

    // The branch returns what it does not make.
    void resultsThatAreHandedOn()
    {
        ModelBuilder model = withCondition(true), yes, no;
        yes.constant("k", {2, 3}, {1, 2, 3, 4, 5, 6});
        yes.node("Relu", {"x"}, {"a"}).output("a").output("k");
        no.node("Neg", {"x"}, {"n"}).node("Abs", {"x"}, {"m"}).output("n").output("m");
        branch(model, yes, no, {"r1", "r2"}).output("r1").output("r2");
        const auto files = assertPrepares(model, "constant-if", 1);
        QCOMPARE(countNodes(files.model, "Identity"), 1);
    }

    // The same one twice, of which ONNX Runtime itself gives back only one: the truth is written by hand.
    void resultsThatAreTheSame()
    {
        ModelBuilder model = withCondition(true), yes, no, truth;
        yes.node("Relu", {"x"}, {"a"}).output("a").output("a");
        no.node("Neg", {"x"}, {"n"}).node("Abs", {"x"}, {"m"}).output("n").output("m");
        branch(model, yes, no, {"r1", "r2"}).output("r1").output("r2");
        const auto prepared = prepareThroughFiles(model.bytes(), {"constant-if"});
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        truth.input("x", {2, 3})
            .node("Relu", {"x"}, {"r1"})
            .output("r1")
            .node("Relu", {"x"}, {"r2"})
            .output("r2");
        const Arrays inputs = randomInputs(truth.proto(), 1);
        const auto expected = runInOnnxRuntime(truth.bytes(), inputs);
        const auto actual = runInOnnxRuntime(prepared->after, inputs);
        QVERIFY2(expected && actual, actual ? "" : actual.error().c_str());
        QCOMPARE(largestRelativeDifference(*expected, *actual), 0.0);
    }

    // An output of the If has the name of something in the branch; that of something else is known around it.
    void namesThatMeet()
    {
        ModelBuilder model = withCondition(true), yes, no;
        yes.node("Relu", {"x"}, {"z_inner"}).node("Neg", {"z_inner"}, {"later"}).output("later");
        no.node("Neg", {"x"}, {"z_inner"}).output("z_inner");
        branch(model, yes, no);
        ModelBuilder yes2, no2;
        yes2.node("Exp", {"z"}, {"z_inner"}).node("Abs", {"z_inner"}, {"later"}).output("later");
        no2.node("Neg", {"x"}, {"z_inner"}).output("z_inner");
        branch(model, yes2, no2, {"result"});
        const auto files = assertPrepares(model, "constant-if", 2);
        QCOMPARE(files.model.graph().node_size(), 4);
    }

    void branchesInBranches()
    {
        ModelBuilder model = withCondition(true), yes, no, gone;
        yes.node("Relu", {"x"}, {"r"});
        branch(yes, simply("Abs", "r", "i1"), simply("Neg", "r", "i2"), {"inner"});
        yes.node("Exp", {"inner"}, {"e"}).output("e");
        branch(no, simply("Abs", "x", "j1"), simply("Neg", "x", "j2"), {"other"});
        no.output("other");
        branch(model, yes, no);
        const auto files = assertPrepares(model, "constant-if", 2);
        QCOMPARE(files.model.graph().node_size(), 3);
    }

    // Bodies that stay, in a branch that is moved: they read what gets another name.
    void bodiesInABranch()
    {
        ModelBuilder model, yes, no, deep, flat;
        model.input("x", {2, 3}).input("unknown", {}, DataType::Bool);
        model.constant("condition", {}, {1}, DataType::Bool);
        model.node("Relu", {"x"}, {"outer"});
        yes.constant("k", {3}, {1, 2, 3});
        yes.node("Mul", {"outer", "k"}, {"m"});
        deep.constant("own", {3}, {7, 8, 9});
        deep.node("Add", {"m", "own"}, {"d1"})
            .node("Add", {"d1", "k"}, {"d2"})
            .node("Add", {"d2", "outer"}, {"d"});
        flat.node("Sub", {"m", "k"}, {"f"}).output("f");
        deep.output("d");
        yes.node("If", {"unknown"}, {"u"}, {{"then_branch", deep.body()}, {"else_branch", flat.body()}});
        yes.node("Neg", {"u"}, {"y"}).output("y");
        no.node("Neg", {"outer"}, {"m"}).output("m");
        branch(model, yes, no);
        const auto files = assertPrepares(model, "constant-if", 1);
        QCOMPARE(countNodes(files.model, "If"), 1);
    }

    void branchesInALoop()
    {
        ModelBuilder model = withCondition(true), turn;
        turn.input("i", {}, DataType::Int64).input("goes", {}, DataType::Bool).input("state", {2, 3});
        turn.node("Identity", {"goes"}, {"goesOn"}, {});
        branch(turn, simply("Exp", "state", "s1"), simply("Neg", "state", "s2"), {"chosen"});
        turn.node("Tanh", {"chosen"}, {"next"}).output("goesOn").output("next");
        setType(*turn.graphProto().mutable_output(0), "goesOn", DataType::Bool);
        model.node("Loop", {model.constant("turns", {}, {3}, DataType::Int64), "condition", "x"}, {"y"},
                   {{"body", turn.body()}});
        const auto files = assertPrepares(model, "constant-if", 1);
        QCOMPARE(countNodes(files.model, "If"), 0);
    }

    // A function has no initializers: those of the branch become Constant nodes.
    void branchesInAFunction()
    {
        ModelBuilder inner, yes, model;
        inner.node("Constant", {}, {"condition"}, {{"value", tensorProto("", {}, {1}, DataType::Bool)}});
        yes.constant("k", {3}, {1, 2, 3});
        yes.node("Mul", {"v", "k"}, {"m"}).output("m");
        branch(inner, yes, simply("Neg", "v", "n"), {"w"});
        model.ir(8).input("x", {2, 3}).function(inner, "mine", "Choose", {"v"}, {"w"}).opset(1, "mine");
        model.node("Choose", {"x"}, {"a"}, {}, {}, "mine").node("Choose", {"a"}, {"y"}, {}, {}, "mine");
        const auto files = assertPrepares(model, "constant-if", 1);
        QCOMPARE(countNodes(files.model, "If"), 0);
    }

    void whatIsSaidAboutValues()
    {
        ModelBuilder model = withCondition(true), yes;
        yes.node("Relu", {"x"}, {"r"}).node("Neg", {"r"}, {"y"}).output("y");
        onnx::ValueInfoProto& info = *yes.graphProto().add_value_info();
        setType(info, "r", DataType::Float);
        info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(2);
        info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(3);
        branch(model, yes, simply("Neg", "x", "n"));
        const auto files = assertPrepares(model, "constant-if", 1);
        QVERIFY(std::ranges::any_of(files.model.graph().value_info(),
                                    [](const auto& described) { return described.name() == "r"; }));
    }

    void sparseInitializersOfABranch()
    {
        ModelBuilder model = withCondition(true), yes;
        yes.node("Add", {"x", "sparse"}, {"y"}).output("y");
        onnx::SparseTensorProto& sparse = *yes.graphProto().add_sparse_initializer();
        *sparse.mutable_values() = tensorProto("sparse", {1}, {5}, DataType::Float);
        *sparse.mutable_indices() = tensorProto("places", {1}, {2}, DataType::Int64);
        sparse.add_dims(3);
        branch(model, yes, simply("Neg", "x", "n"));
        const auto prepared = prepareThroughFiles(model.bytes(), {"constant-if"});
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(prepared->codes(), Codes{"branch"});
        QCOMPARE(prepared->before, prepared->after);
    }

    void callsOfAFunction()
    {
        ModelBuilder inner;
        inner.node("Relu", {"v"}, {"r"}, {}, "same").node("Add", {"r", "v"}, {"w"}, {}, "sum");
        ModelBuilder model = callerOf(inner);
        model.node("Neg", {"x"}, {"r"}); // the name of a value in the function
        call(model, "r", "a");
        call(model, "a", "y").output("y");
        const auto files = assertPrepares(model, "inline-functions", 2);
        QCOMPARE(files.model.functions_size(), 0);
        QCOMPARE(files.model.graph().node_size(), 5);
        QVERIFY(findNode(files.model, "to_a/same") && findNode(files.model, "to_y/same"));
    }

    // What a call does not give is the operator's own.
    void attributesOfACall()
    {
        ModelBuilder inner;
        inner.node("Elu", {"v"}, {"w"});
        takesFromCall(inner, "alpha", "slope", onnx::AttributeProto::FLOAT);
        ModelBuilder model = callerOf(inner);
        model.modelProto().mutable_functions(0)->add_attribute("slope");
        call(model, "x", "a", {{"slope", 0.5}});
        call(model, "a", "b");
        call(model, "b", "y", {{"slope", 0.25}}).output("y");
        const auto files = assertPrepares(model, "inline-functions", 3);
        QCOMPARE(countNodes(files.model, "Elu"), 3);
    }

    // They are handed on, into a body as well, whose names meet those around the call.
    void functionsInFunctions()
    {
        ModelBuilder elu, outer, yes, no;
        elu.node("Elu", {"v"}, {"w"});
        takesFromCall(elu, "alpha", "slope", onnx::AttributeProto::FLOAT);
        call(yes, "v", "y");
        takesFromCall(yes, "slope", "steepness", onnx::AttributeProto::FLOAT);
        yes.constant("x", {3}, {1, 2, 3}); // another one than that of the main graph
        yes.node("Add", {"y", "x"}, {"sum"}).output("sum");
        no.node("Neg", {"v"}, {"n"}).output("n");
        outer.node("ReduceSum", {"v"}, {"total"}, {{"keepdims", 0}});
        outer.node("Constant", {}, {"zero"}, {{"value", tensorProto("", {}, {0}, DataType::Float)}});
        outer.node("Greater", {"total", "zero"}, {"positive"});
        outer.node("If", {"positive"}, {"w"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        ModelBuilder model;
        model.ir(8).opset(1, "mine").input("x", {2, 3});
        model.function(elu, "mine", "Mine", {"v"}, {"w"}).function(outer, "mine", "Outer", {"v"}, {"w"});
        model.modelProto().mutable_functions(0)->add_attribute("slope");
        model.modelProto().mutable_functions(1)->add_attribute("steepness");
        call(model, "x", "sum", {{"steepness", 0.5}}, "Outer");
        call(model, "sum", "y", {{"steepness", 0.25}}, "Outer");
        model.output("y");
        const auto files = assertPrepares(model, "inline-functions", 2);
        QCOMPARE(files.model.functions_size(), 0);
    }

    void inputsAndOutputsThatAreAbsent()
    {
        ModelBuilder inner;
        inner.node("Clip", {"v", "low", "high"}, {"w"}).node("Neg", {"v"}, {"more"});
        ModelBuilder model;
        model.ir(8).input("x", {2, 3}).function(inner, "mine", "Mine", {"v", "low", "high"}, {"w", "more"});
        const std::string bound = model.constant("bound", {}, {0.25});
        model.node("Mine", {"x", "", bound}, {"a", "a2"}, {}, "one", "mine");
        model.node("Mine", {"a", bound}, {"b", "b2"}, {}, "two", "mine");
        model.node("Mine", {"b", "", ""}, {"c", "d"}, {}, "three", "mine");
        model.output("c").output("d");
        assertPrepares(model, "inline-functions", 3);
    }

    void functionsThatHandOn()
    {
        ModelBuilder inner, yes, no, model;
        inner.node("Relu", {"v"}, {"w"});
        model.ir(8).input("x", {2, 3}).input("condition", {}, DataType::Bool);
        model.function(inner, "mine", "Mine", {"v"}, {"w", "v"});
        yes.node("Mine", {"x"}, {"p", "q"}, {}, {}, "mine").node("Add", {"p", "q"}, {"sum"}).output("sum");
        no.node("Neg", {"x"}, {"n"}).output("n");
        branch(model, yes, no); // a call in a body
        const auto prepared = prepareThroughFiles(model.bytes(), {"inline-functions"});
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(prepared->done.size(), std::size_t{1});
        ModelBuilder truth, really;
        truth.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        really.node("Relu", {"x"}, {"p"}).node("Add", {"p", "x"}, {"sum"}).output("sum");
        branch(truth, really, no);
        QCOMPARE(differenceInRuns(truth.bytes(), prepared->after), std::string());
    }

    // Relu is the same in opset 14 and 17, Softmax is another one in 12.
    void functionsOfOtherOpsets()
    {
        ModelBuilder relu, softmax;
        relu.node("Relu", {"v"}, {"w"});
        softmax.node("Softmax", {"v"}, {"w"});
        ModelBuilder same = callerOf(relu);
        same.opset(17).modelProto().mutable_functions(0)->mutable_opset_import(0)->set_version(14);
        call(same, "x", "y");
        const auto files = prepareThroughFiles(same.bytes(), {"inline-functions"});
        QVERIFY2(files, files ? "" : files.error().c_str());
        QCOMPARE(files->done.size(), std::size_t{1});
        ModelBuilder truth;
        truth.opset(17).input("x", {2, 3}).node("Relu", {"x"}, {"y"});
        QCOMPARE(differenceInRuns(truth.bytes(), files->after), std::string());
        ModelBuilder other = callerOf(softmax);
        other.opset(17).modelProto().mutable_functions(0)->mutable_opset_import(0)->set_version(12);
        call(other, "x", "y");
        const auto left = prepareThroughFiles(other.bytes(), {"inline-functions"});
        QVERIFY2(left, left ? "" : left.error().c_str());
        QCOMPARE(left->codes(), Codes{"function"});
        QCOMPARE(left->before, left->after);
    }

    // The model imports what a function brings in.
    void functionsThatImportMore()
    {
        ModelBuilder inner;
        inner.node("FusedMatMul", {"v", "v"}, {"w"}, {{"transB", 1}}, {}, "com.microsoft");
        ModelBuilder model = callerOf(inner);
        auto& import = *model.modelProto().mutable_functions(0)->add_opset_import();
        import.set_domain("com.microsoft");
        import.set_version(1);
        call(model, "x", "y");
        const auto files = prepareThroughFiles(model.bytes(), {"inline-functions"});
        QVERIFY2(files, files ? "" : files.error().c_str());
        ModelBuilder truth;
        truth.opset(1, "com.microsoft").input("x", {2, 3});
        truth.node("FusedMatMul", {"x", "x"}, {"y"}, {{"transB", 1}}, {}, "com.microsoft");
        QCOMPARE(differenceInRuns(truth.bytes(), files->after), std::string());
    }

    // Each calls the one before it twice; or once, but very many of them.
    void functionsThatGrow()
    {
        for (const int times : {2, 1}) {
            ModelBuilder first, model;
            first.node("Relu", {"v"}, {"w"});
            model.ir(8).opset(1, "mine").input("x", {2, 3}).function(first, "mine", "F0", {"v"}, {"w"});
            const int functions = times == 2 ? 60 : 1000;
            for (int f = 1; f < functions; ++f) {
                ModelBuilder next;
                const std::string before = fmt::format("F{}", f - 1);
                if (times == 2)
                    call(next, "v", "u", {}, before);
                call(next, times == 2 ? "u" : "v", "w", {}, before);
                model.function(next, "mine", fmt::format("F{}", f), {"v"}, {"w"});
            }
            call(model, "x", "a", {}, "F5"); // is written out, as there is room
            call(model, "a", "y", {}, fmt::format("F{}", functions - 1)).output("y");
            // Not proto(): it would have the library infer shapes through them.
            onnx::ModelProto message = model.modelProto();
            setType(*message.mutable_graph()->mutable_output(0), "y", DataType::Float);
            const auto files = prepareThroughFiles(message.SerializeAsString(), {"inline-functions"});
            QVERIFY2(files, files ? "" : files.error().c_str());
            QCOMPARE(files->done.size(), std::size_t{1});
            QCOMPARE(files->codes(), Codes{"function"});
            QCOMPARE(files->model.graph().node_size(), times == 2 ? 33 : 2);
            QCOMPARE(files->model.functions_size(), functions);
        }
    }

    // Functions that nobody called are none of this pass's business.
    void functionsThatNobodyCalls()
    {
        ModelBuilder inner, outer;
        inner.node("Relu", {"v"}, {"w"});
        call(outer, "v", "w");
        ModelBuilder model;
        model.ir(8).opset(1, "mine").input("x", {2, 3});
        model.function(inner, "mine", "Mine", {"v"}, {"w"}).function(outer, "mine", "Outer", {"v"}, {"w"});
        call(model, "x", "y");
        const auto files = assertPrepares(model, "inline-functions", 1);
        QCOMPARE(files.model.functions_size(), 2);
    }
};

QTEST_APPLESS_MAIN(TestPrepareBodies)
#include "test_prepare_bodies.moc"
