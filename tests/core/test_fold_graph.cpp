// SPDX-License-Identifier: GPL-3.0-or-later
// What stays, stays right (resources/guide/folding.md): shared tensors, names, descriptions, graph outputs,
// inputs of old IR versions, constants in every form, bodies (cases 26 to 30, 33, 37, 43, 46).
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string biasOf(const Folded& folded, const std::string& layer)
{
    const onnx::NodeProto* node = findNode(folded.model, layer);
    return node && node->input_size() > 2 ? node->input(2) : "(none)";
}

std::string weightOf(const Folded& folded, const std::string& layer)
{
    const onnx::NodeProto* node = findNode(folded.model, layer);
    return node && node->input_size() > 1 ? node->input(1) : "(none)";
}

void describeValue(onnx::GraphProto& graph, const std::string& name, const Dims& dims)
{
    auto& value = *graph.add_value_info();
    value.set_name(name);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims)
        type.mutable_shape()->add_dim()->set_dim_value(dim);
}

} // namespace

class FoldGraphTest final : public QObject {
    Q_OBJECT

private slots:
    // Names.

    void keepsTheLayersNameAndTheOutputsName()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.output = "features"});
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        const onnx::NodeProto* conv = findNode(folded.model, "c1");
        QVERIFY(conv);
        QCOMPARE(conv->output(0), std::string("features"));
    }

    void namesANewBiasAfterItsWeight()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("conv_7", {.weight = "features.0.weight"}).batchNorm("bn1");
        QCOMPARE(biasOf(assertFolds(model, {{"conv_7", {"bn1"}}}), "conv_7"), std::string("features.0.bias"));
    }

    void namesANewBiasAfterItsLayerElse()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1");
        QCOMPARE(biasOf(assertFolds(model, {{"c1", {"bn1"}}}), "c1"), std::string("c1.bias"));
    }

    void makesTheNamesOfNewTensorsUnique()
    {
        ModelBuilder model;
        model.input("c1.bias", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        QVERIFY(biasOf(assertFolds(model, {{"c1", {"bn1"}}}), "c1") != "c1.bias");

        // Not even a name inside a body may be taken: there it would be captured.
        ModelBuilder inner;
        inner.node("Constant", {}, {"c1.bias"}, {{"value", tensorProto("", {}, {2}, DataType::Float)}});
        inner.node("Mul", {"c1.bias", "bn1_out"}, {"then_out"});
        ModelBuilder other;
        other.node("Relu", {"bn1_out"}, {"else_out"});
        ModelBuilder outer;
        outer.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        outer.node("If", {"cond"}, {"y"}, {{"then_branch", inner.body()}, {"else_branch", other.body()}});
        QVERIFY(biasOf(assertFolds(outer, {{"c1", {"bn1"}}}), "c1") != "c1.bias");
    }

    // Shared tensors.

    void foldsTwoConvsThatShareAWeight() // case 26
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1").output();
        model.from("x", 3).conv("c2", {.weight = "W"}).batchNorm("bn2").output();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
        QVERIFY(weightOf(folded, "c1") != weightOf(folded, "c2"));
    }

    void copiesAWeightThatAnotherLayerKeeps()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1").output();
        model.from("x", 3).conv("c2", {.weight = "W"}).relu().output();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QCOMPARE(weightOf(folded, "c2"), std::string("W"));
        QVERIFY(weightOf(folded, "c1") != "W");
    }

    void copiesABiasThatAnotherLayerKeeps()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1").output();
        model.node("Conv", {"x", model.random("W2", {4, 3, 1, 1}, -1, 1), "c1.bias"}, {"z"}, {}, "c2")
            .output();
        QCOMPARE(biasOf(assertFolds(model, {{"c1", {"bn1"}}}), "c2"), std::string("c1.bias"));
    }

    void copiesAWeightThatIsAGraphOutput()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1").output().output("W");
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QVERIFY(findInitializer(folded.model, "W"));
        QVERIFY(weightOf(folded, "c1") != "W");
    }

    void copiesAWeightThatABodyReads()
    {
        ModelBuilder positive, negative;
        positive.node("Relu", {"W"}, {"then_out"});
        negative.node("Neg", {"W"}, {"else_out"});
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"});
        model.batchNorm("bn1").output();
        model
            .node("If", {"cond"}, {"z"}, {{"then_branch", positive.body()}, {"else_branch", negative.body()}})
            .output();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QVERIFY(weightOf(folded, "c1") != "W");
    }

    void foldsTwoBatchNormsThatShareParameters() // case 27
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.biasName = "beta"}).relu();
        model.conv("c2", {.in = 4}).batchNorm("bn2", {.biasName = "beta"});
        assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
    }

    void foldsABatchNormWhoseScaleIsItsVariance() // case 27
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {});
        model.batchNorm("bn1", {.scale = {0.5, 1, 1.5, 2}, .scaleName = "both", .varianceName = "both"});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void keepsParametersThatSomebodyElseReads()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1").output();
        model.node("Relu", {"bn1.running_mean"}, {"mean"}).output();
        QVERIFY(findInitializer(assertFolds(model, {{"c1", {"bn1"}}}).model, "bn1.running_mean"));
    }

    void keepsInitializersThatNobodyReadBefore()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        model.random("unused", {5}, -1, 1);
        QVERIFY(findInitializer(assertFolds(model, {{"c1", {"bn1"}}}).model, "unused"));
    }

    // Outputs, captures, residuals.

    void foldsWhereTheBatchNormIsAGraphOutputAndReadTwice() // cases 29, 46
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.pads = {1, 1, 1, 1}}).batchNorm("bn1").output().relu();
        model.conv("c2", {.in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn2");
        model.node("Add", {"bn1_out", "bn2_out"}, {"sum"}).output();
        assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
    }

    void foldsWhereABodyReadsTheBatchNorm()
    {
        ModelBuilder positive, negative;
        positive.node("Relu", {"bn1_out"}, {"then_out"});
        negative.node("Neg", {"bn1_out"}, {"else_out"});
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        model.node("If", {"cond"}, {"y"},
                   {{"then_branch", positive.body()}, {"else_branch", negative.body()}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void foldsInsideBothBranchesOfIf() // case 43
    {
        ModelBuilder positive(2), negative(3);
        positive.from("x", 3).conv("c1", {}).batchNorm("bn1");
        negative.from("x", 3).conv("c2", {}).batchNorm("bn2");
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8});
        model.node("If", {"cond"}, {"y"},
                   {{"then_branch", positive.body()}, {"else_branch", negative.body()}});
        assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
    }

    void foldsInsideABodyWithWeightsOutside() // case 43
    {
        ModelBuilder positive, negative;
        for (const auto& [body, suffix] : {std::pair{&positive, "1"}, std::pair{&negative, "2"}}) {
            const std::string end = suffix;
            body->node("Conv", {"x", "W"}, {"c_out" + end}, {}, "c" + end);
            body->node("BatchNormalization", {"c_out" + end, "scale" + end, "beta", "mean", "var"},
                       {"y" + end}, {}, "bn" + end);
        }
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8});
        model.random("W", {4, 3, 3, 3}, -1, 1);
        for (const char* name : {"scale1", "scale2", "beta", "mean"})
            model.random(name, {4}, -1, 1);
        model.random("var", {4}, 0.3, 1.8);
        model.node("If", {"cond"}, {"y"},
                   {{"then_branch", positive.body()}, {"else_branch", negative.body()}});
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}, {"c2", {"bn2"}}});
        QVERIFY(weightOf(folded, "c1") != weightOf(folded, "c2"));
    }

    void foldsInsideLoop() // case 43
    {
        ModelBuilder body;
        body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("state", {"N", 3, 8, 8});
        body.conv("c1", {.out = 3, .pads = {1, 1, 1, 1}}).batchNorm("bn1");
        body.node("Identity", {"go"}, {"go_on"});
        auto graph = body.output("go_on").output("bn1_out").body();
        graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
            onnx::TensorProto::BOOL);
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8});
        const std::string trips = model.constant("trips", {}, {3}, DataType::Int64);
        const std::string go = model.constant("always", {}, {1}, DataType::Bool);
        model.node("Loop", {trips, go, "x"}, {"y"}, {{"body", graph}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void foldsInsideScan() // case 43
    {
        ModelBuilder body;
        body.input("slice", {2, 3, 8}).conv("c1", {.kernel = {3}}).batchNorm("bn1");
        ModelBuilder model;
        model.input("x", {4, 2, 3, 8});
        model.node("Scan", {"x"}, {"y"}, {{"body", body.body()}, {"num_scan_inputs", 1}});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void leavesAConvOutsideAndABatchNormInsideALoopAlone()
    {
        ModelBuilder positive, negative;
        positive.from("c1_out", 4).batchNorm("bn1");
        negative.node("Neg", {"c1_out"}, {"else_out"});
        ModelBuilder model;
        model.input("cond", {}, DataType::Bool).input("x", {"N", 3, 8, 8}).conv("c1", {});
        model.node("If", {"cond"}, {"y"},
                   {{"then_branch", positive.body()}, {"else_branch", negative.body()}});
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QVERIFY(folded->before == folded->after);
        QCOMPARE(folded->candidates.size(), std::size_t{1});
        QVERIFY(!folded->candidates[0].foldable);
    }

    // What only describes.

    void dropsWhatDescribesVanishedNames()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
        describeValue(model.graphProto(), "c1_out", {2, 4, 6, 6});
        describeValue(model.graphProto(), "bn1_out", {2, 4, 6, 6});
        for (const char* name : {"c1_out", "bn1_out"}) {
            auto& annotation = *model.graphProto().add_quantization_annotation();
            annotation.set_tensor_name(name);
        }
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QCOMPARE(folded.model.graph().value_info_size(), 1);
        QCOMPARE(folded.model.graph().value_info(0).name(), std::string("bn1_out"));
        QCOMPARE(folded.model.graph().quantization_annotation_size(), 1);
        QCOMPARE(folded.model.graph().quantization_annotation(0).tensor_name(), std::string("bn1_out"));
    }

    void keepsMetadataDocumentationAndUnknownFields()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        model.modelProto().set_doc_string("of the model");
        model.graphProto().set_doc_string("of the graph");
        model.graphProto().mutable_node(0)->set_doc_string("of the layer");
        model.graphProto()
            .mutable_node(0)
            ->GetReflection()
            ->MutableUnknownFields(model.graphProto().mutable_node(0))
            ->AddVarint(9001, 7);
        auto& metadata = *model.modelProto().add_metadata_props();
        metadata.set_key("author");
        metadata.set_value("a test");
        model.modelProto()
            .GetReflection()
            ->MutableUnknownFields(&model.modelProto())
            ->AddLengthDelimited(9002, "later");
        model.graphProto().GetReflection()->MutableUnknownFields(&model.graphProto())->AddVarint(9003, 8);
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        const onnx::NodeProto* conv = findNode(folded.model, "c1");
        QVERIFY(conv);
        QCOMPARE(conv->doc_string(), std::string("of the layer"));
        QCOMPARE(conv->GetReflection()->GetUnknownFields(*conv).field_count(), 1);
        QCOMPARE(folded.model.GetReflection()->GetUnknownFields(folded.model).field_count(), 1);
        QCOMPARE(folded.model.graph().GetReflection()->GetUnknownFields(folded.model.graph()).field_count(),
                 1);
    }

    // Inputs that are initializers.

    void foldsAndKeepsTheInputsOfIr3Right() // case 30
    {
        ModelBuilder model;
        model.ir(3).opset(8).input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
        model.listInitializersAsInputs();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QCOMPARE(folded.model.graph().input_size(), 3); // x, weight, bias
    }

    void blocksAParameterThatACallerMayReplace() // case 30
    {
        ModelBuilder model;
        model.ir(8).input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        model.listInitializersAsInputs();
        assertBlocked(model, Reason::OverridableInput, "bn1");
    }

    // Constants in every form.

    void foldsWeightsFromConstantNodes() // case 37
    {
        ModelBuilder model;
        model.weightsAsConstantNodes()
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {.bias = true})
            .batchNorm("bn1")
            .relu();
        const Folded folded = assertFolds(model, {{"c1", {"bn1"}}});
        QCOMPARE(countNodes(folded.model, "Constant") + folded.model.graph().initializer_size(), 2);
    }

    void foldsParametersFromValueFloats() // case 37
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {});
        model.node("Constant", {}, {"scale"}, {{"value_floats", std::vector<double>{1, -2, 3, 0.5}}});
        model.from("c1_out", 4).batchNorm("bn1", {.scaleName = "scale"});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void foldsAScalarBiasFromValueFloat() // case 37
    {
        ModelBuilder model;
        model.input("x", {3, 6}).node("Constant", {}, {"C"}, {{"value_float", 1.5}});
        model.node("Gemm", {"x", model.random("B", {6, 4}, -1, 1), "C"}, {"y"}, {}, "g1");
        model.from("y", 4).batchNorm("bn1");
        assertFolds(model, {{"g1", {"bn1"}}});
    }

    void foldsConstantsBehindIdentity() // case 37
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8});
        model.node("Identity", {model.random("stored", {4, 3, 3, 3}, -1, 1)}, {"W"});
        model.node("Identity", {model.random("stored_var", {4}, 0.3, 1.8)}, {"var"});
        model.node("Identity", {"var"}, {"var2"});
        model.from("x").conv("c1", {.weight = "W"}).batchNorm("bn1", {.varianceName = "var2"});
        assertFolds(model, {{"c1", {"bn1"}}});
    }

    void copiesAWeightThatIdentityHandsToTwoLayers()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8});
        model.node("Identity", {model.random("stored", {4, 3, 3, 3}, -1, 1)}, {"W2"});
        model.from("x").conv("c1", {.weight = "stored"}).batchNorm("bn1").output();
        model.from("x").conv("c2", {.weight = "W2"}).relu().output();
        assertFolds(model, {{"c1", {"bn1"}}});
        ModelBuilder other;
        other.input("x", {"N", 3, 8, 8});
        other.node("Identity", {other.random("stored", {4, 3, 3, 3}, -1, 1)}, {"W2"});
        other.from("x").conv("c1", {.weight = "W2"}).batchNorm("bn1").output();
        other.from("x").conv("c2", {.weight = "stored"}).relu().output();
        assertFolds(other, {{"c1", {"bn1"}}});
    }

    void foldsTypedData()
    {
        ModelBuilder model;
        model.weightsAsTypedData()
            .input("x", {"N", 3, 8, 8})
            .conv("c1", {.bias = true})
            .batchNorm("bn1")
            .relu();
        assertFolds(model, {{"c1", {"bn1"}}});
        ModelBuilder large; // packed float_data past 4 KiB is left in the file
        large.weightsAsTypedData()
            .input("x", {"N", 32, 4, 4})
            .conv("c1", {.out = 33, .in = 32})
            .batchNorm("bn1");
        assertFolds(large, {{"c1", {"bn1"}}});
    }

    void foldsWhenTheNodesAreOutOfOrder()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {}).batchNorm("bn1").output();
        model.graphProto().mutable_node()->SwapElements(0, 1);
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
        QCOMPARE(folded->model.graph().node(0).output(0), std::string("bn1_out"));
    }

    void foldsAnUnnamedLayer()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.weight = "W"}).batchNorm("bn1");
        for (auto& node : *model.graphProto().mutable_node())
            node.clear_name();
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(countNodes(folded->model, "BatchNormalization"), 0);
        QCOMPARE(whatDangles(model.proto(), folded->model), std::string());
        QCOMPARE(differenceInRuns(folded->before, folded->after), std::string());
    }

    void foldsModelsOfEveryIrAndOpset()
    {
        for (const int opset : {7, 8, 9, 12, 14, 15, 17}) {
            ModelBuilder model;
            model.ir(opset < 9 ? 3 : 8)
                .opset(opset)
                .input("x", {"N", 3, 8, 8})
                .conv("c1", {.bias = true})
                .batchNorm("bn1");
            if (opset < 9)
                model.listInitializersAsInputs();
            assertFolds(model, {{"c1", {"bn1"}}});
        }
    }

    void foldsModelsNewerThanTheOnnxLibrary()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1");
        model.ir(11).opset(22);
        assertFolds(model, {{"c1", {"bn1"}}});
    }
};

QTEST_APPLESS_MAIN(FoldGraphTest)
#include "test_fold_graph.moc"
