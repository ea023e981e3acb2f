// SPDX-License-Identifier: GPL-3.0-or-later
// Weights and parameters that are not simply initializers: behind Cast, Transpose, Reshape, Squeeze,
// Identity, in the forms of a Constant node, and read by several (resources/guide/folding.md, case 37).
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr auto before = FoldDirection::Before;

ModelBuilder images(int channels = 4, int size = 6)
{
    ModelBuilder model;
    model.input("x", {2, channels, size, size});
    return model;
}

// x → Conv by the weight of this name → batch norm.
ModelBuilder& convBy(ModelBuilder& model, const std::string& weight, std::int64_t out,
                     const Attributes& attributes = {}, const std::string& number = "1")
{
    model.node("Conv", {"x", weight}, {"c" + number + "_out"}, attributes, "c" + number);
    return model.from("c" + number + "_out", out).batchNorm("bn" + number);
}

// TensorFlow's order, [H, W, I, O], turned into ONNX's: named "turned".
void storeAsTensorFlowDoes(ModelBuilder& model, const Dims& dims)
{
    model.node("Transpose", {model.random("W", dims, -1, 1)}, {"turned"}, {{"perm", Dims{3, 2, 0, 1}}},
               "turn");
}

// Every number is the old one times the scale of its channel, rounded once into `type`; "" or what is not.
std::string whatIsNotScaled(const std::vector<long double>& old, const std::vector<long double>& now,
                            const std::vector<long double>& scales, DataType type,
                            const std::function<std::size_t(std::size_t)>& channel)
{
    if (old.size() != now.size())
        return std::to_string(now.size()) + " numbers of " + std::to_string(old.size());
    for (std::size_t i = 0; i < old.size(); ++i) {
        const long double exact = old[i] * scales.at(channel(i));
        if (std::fabs(now[i] - exact) > 0.5001L * ulp(formatOf(type), exact))
            return "number " + std::to_string(i);
    }
    return {};
}

Dims dimsOf(const onnx::TensorProto* tensor)
{
    return tensor ? Dims(tensor->dims().begin(), tensor->dims().end()) : Dims{};
}

} // namespace

class FoldStoredTest final : public QObject {
    Q_OBJECT

private slots:
    void scalesTheStoredNumbersBehindATranspose()
    {
        for (const int in : {4, 32}) { // the larger one stays in the file until it is written
            ModelBuilder model = images(in);
            storeAsTensorFlowDoes(model, {3, 3, in, 6});
            convBy(model, "turned", 6);
            const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
            QCOMPARE(countNodes(folded.model, "Transpose"), 1);
            const onnx::ModelProto built = model.proto();
            const auto *old = findInitializer(built, "W"), *now = findInitializer(folded.model, "W");
            QVERIFY(now);
            QCOMPARE(dimsOf(now), dimsOf(old));
            QCOMPARE(whatIsNotScaled(numbersOf(old), numbersOf(now), exactScales(built), DataType::Float,
                                     [](std::size_t i) { return i % 6; }),
                     std::string());
        }
    }

    void scalesGroupsBehindATranspose()
    {
        ModelBuilder after = images();
        storeAsTensorFlowDoes(after, {3, 3, 2, 6});
        assertFolds(convBy(after, "turned", 6, {{"group", 2}}), {{"c1", {"bn1"}}});

        ModelBuilder first = images();
        storeAsTensorFlowDoes(first, {3, 3, 2, 6});
        first.from("x", 4).batchNorm("bn1");
        first.node("Conv", {"bn1_out", "turned"}, {"y"}, {{"group", 2}}, "c1");
        assertFolds(first, {{"c1", {"bn1"}, before}});
    }

    void scalesATransposedConvBehindATranspose()
    {
        for (const int group : {1, 2}) {
            ModelBuilder model = images(6);
            storeAsTensorFlowDoes(model, {2, 3, 4 / group, 6}); // [H, W, O, I]
            model.node("ConvTranspose", {"x", "turned"}, {"d1_out"}, {{"group", group}}, "d1");
            model.from("d1_out", 4).batchNorm("bn1");
            assertFolds(model, {{"d1", {"bn1"}}});
        }
    }

    void scalesADepthwiseWeightOfTensorFlow() // [H, W, C, m] → [H, W, 1, C·m] → [C·m, 1, H, W]
    {
        ModelBuilder model = images();
        const std::string shape = model.shapeConstant("shape", {3, 3, 1, 8});
        model.node("Reshape", {model.random("W", {3, 3, 4, 2}, -1, 1), shape}, {"joined"}, {}, "join");
        model.node("Transpose", {"joined"}, {"turned"}, {{"perm", Dims{3, 2, 0, 1}}}, "turn");
        const Folded folded = assertFolds(convBy(model, "turned", 8, {{"group", 4}}), {{"c1", {"bn1"}}});
        QCOMPARE(dimsOf(findInitializer(folded.model, "W")), (Dims{3, 3, 4, 2}));
        QCOMPARE(folded.model.graph().node_size(), 3);
    }

    void scalesAMatrixBehindATranspose()
    {
        for (const bool withPerm : {false, true}) { // without one, the axes are reversed
            const Attributes perm = withPerm ? Attributes{{"perm", Dims{1, 0}}} : Attributes{};
            ModelBuilder gemm;
            gemm.input("x", {3, 6});
            gemm.node("Transpose", {gemm.random("W", {4, 6}, -1, 1)}, {"turned"}, perm, "turn");
            gemm.node("Gemm", {"x", "turned"}, {"y"}, {}, "g1").from("y", 4).batchNorm("bn1");
            assertFolds(gemm, {{"g1", {"bn1"}}});

            ModelBuilder both;
            both.input("x", {3, 6});
            both.node("Transpose", {both.random("W", {6, 4}, -1, 1)}, {"turned"}, perm, "turn");
            both.node("Gemm", {"x", "turned"}, {"y"}, {{"transB", 1}}, "g1").from("y", 4).batchNorm("bn1");
            assertFolds(both, {{"g1", {"bn1"}}});

            ModelBuilder product; // as a Linear without bias is exported
            product.input("x", {3, 6});
            product.node("Transpose", {product.random("W", {4, 6}, -1, 1)}, {"turned"}, perm, "turn");
            product.node("MatMul", {"x", "turned"}, {"y"}, {}, "p1").from("y", 4).batchNorm("bn1");
            assertFolds(product, {{"p1", {"bn1"}}});
        }
    }

    void scalesAMatrixBehindATransposeBeforeIt()
    {
        ModelBuilder model;
        model.input("x", {3, 6}).batchNorm("bn1");
        model.node("Transpose", {model.random("W", {4, 6}, -1, 1)}, {"turned"}, {}, "turn");
        model.node("Gemm", {"bn1_out", "turned"}, {"y"}, {}, "g1");
        assertFolds(model, {{"g1", {"bn1"}, before}});
    }

    void scalesBehindReshapeUnsqueezeAndSqueeze()
    {
        ModelBuilder reshaped = images();
        const std::string shape = reshaped.shapeConstant("shape", {6, 4, 3, -1});
        reshaped.node("Reshape", {reshaped.random("W", {6, 36}, -1, 1), shape}, {"kernel"}, {}, "reshape");
        const Folded folded = assertFolds(convBy(reshaped, "kernel", 6), {{"c1", {"bn1"}}});
        QCOMPARE(dimsOf(findInitializer(folded.model, "W")), (Dims{6, 36}));

        ModelBuilder wider = images();
        const std::string last = wider.shapeConstant("axes", {-1});
        wider.node("Unsqueeze", {wider.random("W", {6, 4, 3}, -1, 1), last}, {"kernel"}, {}, "wider");
        assertFolds(convBy(wider, "kernel", 6), {{"c1", {"bn1"}}});

        for (const bool named : {false, true}) {
            ModelBuilder narrower = images();
            std::vector<std::string> inputs = {narrower.random("W", {6, 4, 1, 3, 3}, -1, 1)};
            if (named)
                inputs.push_back(narrower.shapeConstant("axes", {2}));
            narrower.node("Squeeze", inputs, {"kernel"}, {}, "narrower");
            assertFolds(convBy(narrower, "kernel", 6), {{"c1", {"bn1"}}});
        }
    }

    void scalesBehindAChainOfAll()
    {
        ModelBuilder model = images();
        const std::string shape = model.shapeConstant("shape", {9, 4, 6}),
                          kernel = model.shapeConstant("kernel", {6, 4, 3, 3});
        model.node("Identity", {model.random("W", {3, 3, 24}, -1, 1)}, {"i1"})
            .node("Identity", {"i1"}, {"i2"});
        model.node("Reshape", {"i2", shape}, {"flat"}).node("Transpose", {"flat"}, {"turned"});
        model.node("Identity", {"turned"}, {"i3"}).node("Reshape", {"i3", kernel}, {"w"});
        const Folded folded = assertFolds(convBy(model, "w", 6), {{"c1", {"bn1"}}});
        QCOMPARE(dimsOf(findInitializer(folded.model, "W")), (Dims{3, 3, 24}));
        QCOMPARE(countNodes(folded.model, "Identity"), 3);
    }

    // A half times s does not fit into a half: what the Conv reads is float, and so is the folded weight.
    void foldsHalvesBehindACastIntoFloats()
    {
        ModelBuilder model = images();
        const std::string halves = model.random("W", {6, 4, 3, 3}, -1, 1, DataType::Float16);
        model.node("Cast", {halves}, {"floats"}, {{"to", static_cast<int>(DataType::Float)}}, "cast");
        const Folded folded = assertFolds(convBy(model, "floats", 6), {{"c1", {"bn1"}}});
        const onnx::ModelProto built = model.proto();
        const auto* now = findInitializer(folded.model, findNode(folded.model, "c1")->input(1));
        QVERIFY(now);
        QCOMPARE(now->data_type(), static_cast<int>(DataType::Float));
        QCOMPARE(whatIsNotScaled(numbersOf(findInitializer(built, "W")), numbersOf(now), exactScales(built),
                                 DataType::Float, [](std::size_t i) { return i / 36; }),
                 std::string());
        QCOMPARE(countNodes(folded.model, "Cast"), 0);
    }

    void foldsHalvesBehindACastAndATranspose()
    {
        for (const bool castFirst : {false, true}) {
            ModelBuilder model = images();
            const std::string halves = model.random("W", {3, 3, 4, 6}, -1, 1, DataType::Float16);
            const Attributes to = {{"to", static_cast<int>(DataType::Float)}},
                             perm = {{"perm", Dims{3, 2, 0, 1}}};
            model.node(castFirst ? "Cast" : "Transpose", {halves}, {"half way"}, castFirst ? to : perm);
            model.node(castFirst ? "Transpose" : "Cast", {"half way"}, {"w"}, castFirst ? perm : to);
            assertFolds(convBy(model, "w", 6), {{"c1", {"bn1"}}});
        }
    }

    // What the Cast makes is computed, and folded as the constant that it is.
    void foldsBehindACastThatLoses()
    {
        ModelBuilder model = images();
        const std::string wide = model.random("W", {6, 4, 3, 3}, -1, 1, DataType::Double);
        model.node("Cast", {wide}, {"floats"}, {{"to", static_cast<int>(DataType::Float)}}, "cast");
        const Folded folded = assertFolds(convBy(model, "floats", 6), {{"c1", {"bn1"}}});
        QCOMPARE(countNodes(folded.model, "Cast"), 0);
    }

    void readsParametersBehindAnything()
    {
        ModelBuilder model = images();
        const Attributes to = {{"to", static_cast<int>(DataType::Float)}};
        const std::string shape = model.shapeConstant("four", {4});
        model.node("Cast", {model.random("gamma", {4}, 0.5, 1.5, DataType::Float16)}, {"scale"}, to);
        model.node("Reshape", {model.random("beta", {1, 4, 1, 1}, -1, 1), shape}, {"shift"});
        model.node("Squeeze", {model.random("mu", {1, 4}, -1, 1)}, {"mean"});
        model.node("Identity", {model.random("sigma", {4}, 0.3, 1.8)}, {"variance"});
        model.node("Transpose", {model.random("b", {4}, -1, 1)}, {"bias"});
        model.node("Conv", {"x", model.random("W", {4, 4, 3, 3}, -1, 1), "bias"}, {"y"}, {}, "c1");
        model.node("BatchNormalization", {"y", "scale", "shift", "mean", "variance"}, {"z"}, {}, "bn1");
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QCOMPARE(folded.model.graph().node_size(), 1);
        QCOMPARE(folded.model.graph().initializer_size(), 2);
    }

    void takesConstantNodesOfEveryForm()
    {
        ModelBuilder model = images();
        const auto list = [&](const std::string& name, std::vector<double> values) {
            model.node("Constant", {}, {name}, {{"value_floats", std::move(values)}}, name + "_node");
        };
        std::vector<double> weights;
        for (int i = 0; i < 16; ++i)
            weights.push_back(model.uniform(-1, 1));
        list("flat", weights);
        list("bias", {1, -0.5, 0.25, 2});
        list("gamma", {1, 0.5, -1.5, 2});
        list("beta", {0.1, 0.2, -0.3, 0.4});
        list("mu", {-0.1, 0.2, 0.3, 0.4});
        list("sigma", {1, 0.5, 0.75, 2});
        model.node("Constant", {}, {"two"}, {{"value_float", 2.0}}, "two_node");
        model.node("Constant", {}, {"shape"}, {{"value_ints", Dims{4, 4, 1, 1}}}, "shape_node");
        model.node("Reshape", {"flat", "shape"}, {"w"}).node("Conv", {"x", "w", "bias"}, {"y"}, {}, "c1");
        model.node("Mul", {"y", "two"}, {"doubled"}, {}, "m1");
        model.node("BatchNormalization", {"doubled", "gamma", "beta", "mu", "sigma"}, {"z"}, {}, "bn1");
        const Folded folded = assertFolds(model, {{"c1", {"m1", "bn1"}}});
        QCOMPARE(countNodes(folded.model, "Constant"), 3); // weight, bias, shape
    }

    void takesAScalarConstantAsGemmsC()
    {
        ModelBuilder model;
        model.input("x", {3, 6}).node("Constant", {}, {"c"}, {{"value_float", 0.5}}, "half");
        model.node("Gemm", {"x", model.random("B", {6, 4}, -1, 1), "c"}, {"y"}, {}, "g1");
        assertFolds(model.from("y", 4).batchNorm("bn1"), {{"g1", {"bn1"}}});
    }

    void copiesWhatAnotherLayerReadsBehindTheTranspose()
    {
        ModelBuilder model = images();
        storeAsTensorFlowDoes(model, {3, 3, 4, 6});
        convBy(model, "turned", 6).output();
        model.node("Conv", {"x", "turned"}, {"other"}, {}, "c2").output();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        const onnx::ModelProto built = model.proto();
        QCOMPARE(numbersOf(findInitializer(folded.model, "W")), numbersOf(findInitializer(built, "W")));
        QCOMPARE(findNode(folded.model, "c2")->input(1), std::string("turned"));
        QCOMPARE(findNode(folded.model, "turn")->input(0), std::string("W"));
    }

    void copiesWhatAnotherReadsAtAnyPlaceOfTheWay()
    {
        for (const char* shared : {"W", "i1", "turned"}) {
            ModelBuilder model = images();
            model.node("Identity", {model.random("W", {3, 3, 4, 6}, -1, 1)}, {"i1"});
            model.node("Transpose", {"i1"}, {"turned"}, {{"perm", Dims{3, 2, 0, 1}}}, "turn");
            convBy(model, "turned", 6).output();
            model.node("Relu", {shared}, {"read"}, {}, "reader").output();
            assertFolds(model, {{"c1", {"bn1"}}});
        }
    }

    void copiesWhatIsAnOutputOfTheModel()
    {
        for (const char* shared : {"i1", "turned"}) {
            ModelBuilder model = images();
            model.node("Identity", {model.random("W", {3, 3, 4, 6}, -1, 1)}, {"i1"});
            model.node("Transpose", {"i1"}, {"turned"}, {{"perm", Dims{3, 2, 0, 1}}}, "turn");
            convBy(model, "turned", 6).output().output(shared);
            assertFolds(model, {{"c1", {"bn1"}}});
        }
    }

    void givesEachOfTwoLayersItsOwn()
    {
        ModelBuilder turned = images();
        storeAsTensorFlowDoes(turned, {3, 3, 4, 6});
        convBy(turned, "turned", 6).output();
        convBy(turned, "turned", 6, {}, "2").output();
        assertFolds(turned, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});

        ModelBuilder cast = images(); // and the same halves, each behind its own Cast
        const std::string halves = cast.random("W", {6, 4, 3, 3}, -1, 1, DataType::Float16);
        for (const char* number : {"1", "2"}) {
            const std::string floats = std::string("floats") + number;
            cast.node("Cast", {halves}, {floats}, {{"to", static_cast<int>(DataType::Float)}});
            convBy(cast, floats, 6, {}, number).output();
        }
        assertFolds(cast, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
    }

    void copiesASharedConstantNode()
    {
        ModelBuilder model = images();
        model.weightsAsConstantNodes();
        const std::string weight = model.random("W", {6, 4, 3, 3}, -1, 1);
        convBy(model, weight, 6).output();
        model.node("Conv", {"x", weight}, {"other"}, {}, "c2").output();
        assertFolds(model, {{"c1", {"bn1"}}});
    }
};

QTEST_APPLESS_MAIN(FoldStoredTest)
#include "test_fold_stored.moc"
