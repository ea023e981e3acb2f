// SPDX-License-Identifier: GPL-3.0-or-later
// Local functions: folded inside only where every call agrees, new constants there are Constant nodes
// (resources/guide/folding.md, case 43). Bodies of If, Loop and Scan are in test_fold_graph.
#include "tests/core/support/FoldChecks.h"

#include <QTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::test;

namespace {

// A function Conv → BN with the weights of its own, or with a scale that the caller gives.
ModelBuilder inside(bool scaleFromOutside, std::uint32_t seed = 5)
{
    ModelBuilder inner(seed);
    inner.weightsAsConstantNodes().from("a", 3).conv("c1", {});
    inner.node("BatchNormalization",
               {"c1_out", scaleFromOutside ? "scale" : inner.random("own_scale", {4}, 0.5, 1.5),
                inner.random("beta", {4}, -1, 1), inner.random("mean", {4}, -1, 1),
                inner.random("var", {4}, 0.3, 1.8)},
               {"b"}, {}, "bn1");
    return inner;
}

ModelBuilder caller()
{
    ModelBuilder model;
    model.ir(8).opset(15).input("x", {2, 3, 6, 6});
    return model;
}

// Two functions of one name that their overloads tell apart, each called once. IR 10 has that; older
// libraries know the field as a number.
ModelBuilder twoOverloads(bool scaleFromOutside)
{
    ModelBuilder model = caller();
    model.ir(10);
    for (const std::string overload : {"first", "second"}) {
        std::vector<std::string> arguments = {"x"}, inputs = {"a"};
        if (scaleFromOutside) {
            arguments.push_back(model.random("scale_" + overload, {4}, 0.5, 1.5));
            inputs.emplace_back("scale");
        }
        model.node("block", arguments, {"y_" + overload}, {}, overload, "local").output();
        model.function(inside(scaleFromOutside, overload == "first" ? 5 : 6), "local", "block", inputs,
                       {"b"});
        auto& node = *model.graphProto().mutable_node()->rbegin();
        node.GetReflection()->MutableUnknownFields(&node)->AddLengthDelimited(8, overload);
        auto& function = *model.modelProto().mutable_functions()->rbegin();
        function.GetReflection()->MutableUnknownFields(&function)->AddLengthDelimited(13, overload);
    }
    return model;
}

void giveOutputsAType(ModelBuilder& model)
{
    for (auto& output : *model.graphProto().mutable_output()) {
        auto& type = *output.mutable_type()->mutable_tensor_type();
        type.set_elem_type(onnx::TensorProto::FLOAT);
        for (int i = 0; i < 4; ++i)
            type.mutable_shape()->add_dim();
    }
}

} // namespace

class FoldScopesTest final : public QObject {
    Q_OBJECT

private slots:
    void foldsInsideAFunctionWithWeightsOfItsOwn()
    {
        for (const int calls : {1, 2}) {
            ModelBuilder model = caller();
            for (int call = 0; call < calls; ++call)
                model
                    .node("block", {"x"}, {"y" + std::to_string(call)}, {}, "call" + std::to_string(call),
                          "local")
                    .output();
            model.function(inside(false), "local", "block", {"a"}, {"b"});
            giveOutputsAType(model);
            const Folded folded = assertFoldsAway(model);
            QCOMPARE(folded.model.graph().initializer_size(), 0);
            QCOMPARE(folded.model.functions_size(), 1);
        }
    }

    void blocksAFunctionWhoseCallsDisagree()
    {
        ModelBuilder model = caller();
        for (const char* call : {"1", "2"}) {
            const std::string end = call;
            model
                .node("block", {"x", model.random("scale" + end, {4}, 0.5, 1.5)}, {"y" + end}, {},
                      "call" + end, "local")
                .output();
        }
        model.function(inside(true), "local", "block", {"a", "scale"}, {"b"});
        giveOutputsAType(model);
        assertBlocked(model, Reason::SharedFunction, "block");
    }

    // One call hands the scale on by way of another function and an Identity: it is the same.
    void foldsWhereAnIdentityHandsTheSameOn()
    {
        for (const bool same : {true, false}) {
            ModelBuilder model = caller();
            const std::string scale = model.random("scale", {4}, 0.5, 1.5),
                              other = same ? scale : model.random("other", {4}, 0.5, 1.5);
            model.node("block", {"x", scale}, {"direct"}, {}, "call1", "local").output();
            model.node("Identity", {other}, {"again"}, {}, "rename");
            model.node("wrapper", {"x", "again"}, {"indirect"}, {}, "call2", "local").output("indirect");
            ModelBuilder wrapper;
            wrapper.node("Identity", {"s"}, {"s2"}, {}, "inner_rename");
            wrapper.node("block", {"a", "s2"}, {"b"}, {}, "call3", "local");
            model.function(inside(true), "local", "block", {"a", "scale"}, {"b"});
            model.function(wrapper, "local", "wrapper", {"a", "s"}, {"b"});
            giveOutputsAType(model);
            if (same)
                assertFoldsAway(model);
            else
                assertBlocked(model, Reason::SharedFunction, "called 2 times with different parameters");
        }
    }

    // A Constant in a function may take its tensor from the call.
    void foldsAFactorThatTheCallGives()
    {
        for (const bool agree : {true, false}) {
            ModelBuilder model = caller();
            for (const std::string call : {"1", "2"}) {
                const std::vector<double> numbers{0.5, agree ? 2.0 : 1.0 + (call == "2"), -1, 3};
                model
                    .node("block", {"x"}, {"y" + call},
                          {{"factor", tensorProto("factor" + call, {4, 1, 1}, numbers, DataType::Float)}},
                          "call" + call, "local")
                    .output();
            }
            ModelBuilder inner(5);
            inner.weightsAsConstantNodes().from("a", 3).conv("c1", {});
            inner.node("Constant", {}, {"f"}, {}, "factor");
            onnx::AttributeProto& reference = *inner.graphProto().mutable_node()->rbegin()->add_attribute();
            reference.set_name("value");
            reference.set_type(onnx::AttributeProto::TENSOR);
            reference.set_ref_attr_name("factor");
            inner.node("Mul", {"c1_out", "f"}, {"b"}, {}, "m1");
            model.function(inner, "local", "block", {"a"}, {"b"});
            model.modelProto().mutable_functions(0)->add_attribute("factor");
            giveOutputsAType(model);
            if (!agree) {
                const auto found = candidatesOf(model.bytes(), {.blockedToo = true});
                QVERIFY2(found, found ? "" : found.error().c_str());
                QVERIFY(std::ranges::none_of(*found, &FoldCandidate::foldable));
                continue;
            }
            assertFolds(model, {{"c1", {"m1"}}}, {.chainsWithoutBatchNorm = true});
        }
    }

    void tellsFunctionsOfOneNameApart()
    {
        ModelBuilder model = twoOverloads(false);
        giveOutputsAType(model);
        const Folded folded = assertFoldsAway(model);
        QCOMPARE(folded.model.functions_size(), 2);
    }

    void doesNotTakeTheArgumentsOfAnotherOverload()
    {
        ModelBuilder model = twoOverloads(true);
        giveOutputsAType(model);
        const auto folded = foldThroughFiles(model.bytes()); // whether it folds or not, it is right
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
    }

    void refusesAFunctionThatIsThereTwice()
    {
        ModelBuilder model = caller();
        model.node("block", {"x"}, {"y"}, {}, "call", "local").output();
        model.function(inside(false), "local", "block", {"a"}, {"b"});
        model.function(inside(false, 6), "local", "block", {"a"}, {"b"});
        const auto view = viewOf(model.bytes());
        QVERIFY(!view);
        QVERIFY2(view.error().find("block") != std::string::npos, view.error().c_str());
    }
};

QTEST_APPLESS_MAIN(FoldScopesTest)
#include "test_fold_scopes.moc"
