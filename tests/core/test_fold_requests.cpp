// SPDX-License-Identifier: GPL-3.0-or-later
// What is folded where somebody says that it may be: inputs with initializers that nobody replaces, weights
// that QuantizeLinear makes of floats; what is listed on request; matrices of more than two dimensions; and
// quantization annotations, which must not outlive the numbers that they describe.
#include "tests/core/support/FoldChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// Initializers listed as inputs, as PyTorch 1.2 wrote them with IR 4.
ModelBuilder withReplaceable()
{
    ModelBuilder model;
    model.opset(9).ir(4).input("x", {1, 3, 6, 6}).conv("c1", {}).batchNorm("bn");
    return model.listInitializersAsInputs();
}

struct QatSpec {
    std::int64_t opset = 13;
    DataType type = DataType::Int8;
    bool perChannel = true;
    std::vector<double> gamma = {1.5, 0.5, 2, 1};
    double zeroPoint = 0;
    bool hasZeroPoint = true;
    std::string domain = {};
};

ModelBuilder qat(const QatSpec& spec)
{
    ModelBuilder model;
    model.opset(spec.opset).ir(spec.opset > 18 ? 10 : 7).input("x", {2, 3, 6, 6});
    if (!spec.domain.empty())
        model.opset(1, spec.domain);
    const Dims shape = spec.perChannel ? Dims{4} : Dims{};
    std::vector<double> scales{0.011}, zeros{spec.zeroPoint};
    if (spec.perChannel) {
        scales = {0.011, 0.009, 0.01, 0.012};
        zeros.resize(4, spec.zeroPoint);
    }
    std::vector<std::string> scale{model.constant("scale", shape, scales)};
    if (spec.hasZeroPoint)
        scale.push_back(model.constant("zero", shape, zeros, spec.type));
    Attributes attributes;
    if (spec.perChannel)
        attributes = {{"axis", 0}};
    std::vector<std::string> inputs{model.random("W", {4, 3, 3, 3}, -1, 1)};
    inputs.insert(inputs.end(), scale.begin(), scale.end());
    model.node("QuantizeLinear", inputs, {"q"}, attributes, "quantize", spec.domain);
    inputs[0] = "q";
    model.node("DequantizeLinear", inputs, {"w"}, attributes, "dequantize", spec.domain);
    model.node("Conv", {"x", "w"}, {"c"}, {}, "c1").from("c", 4);
    return model.batchNorm("bn", {.scale = spec.gamma, .variance = {1, 1, 1, 1}, .epsilon = 0.0});
}

const FoldExpectations onRequest{.tolerance = 1e-2, .options = {.quantizedToo = true}};

void annotate(ModelBuilder& model, const std::string& tensor, const std::string& scale)
{
    onnx::TensorAnnotation& annotation = *model.graphProto().add_quantization_annotation();
    annotation.set_tensor_name(tensor);
    onnx::StringStringEntryProto& entry = *annotation.add_quant_parameter_tensor_names();
    entry.set_key("SCALE_TENSOR");
    entry.set_value(scale);
}

std::vector<std::string> annotated(const onnx::ModelProto& model)
{
    std::vector<std::string> names;
    for (const onnx::TensorAnnotation& annotation : model.graph().quantization_annotation())
        names.push_back(annotation.tensor_name());
    return names;
}

} // namespace

class FoldRequestsTest final : public QObject {
    Q_OBJECT

private slots:
    void freezesInputsThatNobodyReplaces()
    {
        const ModelBuilder model = withReplaceable();
        assertBlocked(model, Reason::OverridableInput, "--freeze-inputs");
        const auto folded = foldThroughFiles(model.bytes(), {}, {.freezeInputs = true});
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(folded->model.graph().input_size(), 1);
        QCOMPARE(folded->model.graph().node_size(), 1);
        onnx::ModelProto closed = model.proto(); // the same model with its defaults
        closed.mutable_graph()->mutable_input()->DeleteSubrange(1, closed.graph().input_size() - 1);
        QCOMPARE(differenceInRuns(closed.SerializeAsString(), folded->after), std::string());
    }

    void freezesNothingWhereThereIsNothing()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 6, 6}).conv("c1", {}).relu();
        const auto folded = foldThroughFiles(model.bytes(), {}, {.freezeInputs = true});
        QVERIFY(folded && folded->before == folded->after);
    }

    void foldsAQuantizedFloatWeight()
    {
        assertFolds(qat({}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.perChannel = false}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.type = DataType::UInt8, .zeroPoint = 128}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.type = DataType::UInt8, .perChannel = false, .zeroPoint = 128}), {{"c1", {"bn"}}},
                    onRequest);
        assertFolds(qat({.opset = 19}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.opset = 21, .perChannel = false}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.gamma = {-1.5, 0.5, -2, 1}}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.gamma = {0, 0.5, -2, 1}}), {{"c1", {"bn"}}}, onRequest);
        assertFolds(qat({.domain = "com.microsoft"}), {{"c1", {"bn"}}}, onRequest);
    }

    // One scale for the tensor is all that opset 10 has: it stays one where all channels take the same.
    void foldsWithOneScaleBeforeOpset13()
    {
        const QatSpec same{.opset = 10, .perChannel = false, .gamma = {2, -2, 2, 2}};
        assertFolds(qat(same), {{"c1", {"bn"}}}, onRequest);
        assertBlocked(qat({.opset = 10, .perChannel = false}), Reason::Quantized, "opset 13", {},
                      onRequest.options);
    }

    void refusesToNegateWhatIsClamped()
    {
        const QatSpec spec{.type = DataType::UInt8, .gamma = {-1, 1, 1, 1}, .zeroPoint = 10};
        assertBlocked(qat(spec), Reason::Quantized, "negated", {}, onRequest.options);
        assertBlocked(qat({}), Reason::Quantized, "c1");
    }

    void foldsIntoMatricesOfMoreDimensions()
    {
        for (const Dims& shape : {Dims{1, 3, 4}, Dims{5, 3, 4}, Dims{1, 1, 3, 4}}) {
            ModelBuilder model;
            model.input("x", {2, 5, 6, 3})
                .node("MatMul", {"x", model.random("W", shape, -1, 1)}, {"m"}, {}, "m1");
            model.from("m", 4).affine("Mul", "scale", {4}).affine("Add", "shift", {4}).relu();
            assertFolds(model, {{"m1", {"scale", "shift"}}}, {.chainsWithoutBatchNorm = true});
            ModelBuilder before;
            before.input("x", {2, 5, 6, 3}).affine("Mul", "scale", {3});
            before.node("MatMul", {"scale_out", before.random("W", shape, -1, 1)}, {"m"}, {}, "m1");
            assertFolds(before, {{"m1", {"scale"}, FoldDirection::Before}}, {.chainsWithoutBatchNorm = true});
        }
        ModelBuilder widened; // two axes of data, three of the weight: a bias of its own, and no Gemm
        widened.input("x", {6, 3}).affine("Mul", "scale", {3}).affine("Add", "shift", {3});
        widened.node("MatMul", {"shift_out", widened.random("W", {1, 3, 4}, -1, 1)}, {"m"}, {}, "m1");
        assertFolds(widened, {{"m1", {"scale", "shift"}, FoldDirection::Before}},
                    {.chainsWithoutBatchNorm = true});
    }

    void saysTheTruthOfSeveralMatricesAndOfVectors()
    {
        ModelBuilder model;
        model.input("x", {5, 3, 3}).batchNorm("bn", {.channels = 3});
        model.then("Transpose", "t1", {}, {{"perm", Dims{0, 2, 1}}});
        model.then("MatMul", "m1", {model.random("W", {5, 3, 4}, -1, 1)});
        const std::string several = assertBlocked(model, Reason::Axis, "m1").message.text();
        QVERIFY2(several.find("a matrix for each position") != std::string::npos, several.c_str());
        ModelBuilder vector;
        vector.input("x", {2, 6, 3}).then("MatMul", "m1", {vector.random("W", {3}, -1, 1)});
        vector.batchNorm("bn", {.channels = 6});
        assertBlocked(vector, Reason::Axis, "m1");
    }

    void listsWhatDoesNotFoldOnRequest()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8}).conv("c1", {}).relu().affine("Mul", "scale", {4, 1, 1}).relu();
        const auto usual = candidatesOf(model.bytes()),
                   all = candidatesOf(model.bytes(), {.blockedToo = true});
        QVERIFY(usual && usual->empty());
        QCOMPARE(all->size(), std::size_t{1});
        QVERIFY(!all->front().foldable && all->front().reason && !all->front().batchNorm);
    }

    void dropsAnnotationsOfOtherNumbers()
    {
        ModelBuilder model;
        model.input("x", {2, 3, 8, 8})
            .conv("c1", {})
            .then("GlobalAveragePool", "pool")
            .batchNorm("bn", {.channels = 4});
        model.conv("c2", {.in = 4, .kernel = {1, 1}}).output();
        model.constant("W_scale", {}, {0.03});
        for (const char* tensor : {"c1.weight", "c1_out", "bn_out", "c2.weight"})
            annotate(model, tensor, "W_scale");
        const auto folded = foldThroughFiles(model.bytes());
        QVERIFY2(folded, folded ? "" : folded.error().c_str());
        QCOMPARE(annotated(folded->model), (std::vector<std::string>{"bn_out", "c2.weight"}));
        std::vector<std::string> told;
        for (const FoldWarning& warning : folded->candidates.front().warnings)
            told.push_back(warning.code + " " + warning.message.text());
        QCOMPARE(told.size(), std::size_t{2});
        QVERIFY(told[0].starts_with("annotation ") && told[1].find("c1.weight") != std::string::npos);
    }
};

QTEST_MAIN(FoldRequestsTest)
#include "test_fold_requests.moc"
