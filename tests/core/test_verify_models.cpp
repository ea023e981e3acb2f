// SPDX-License-Identifier: GPL-3.0-or-later
// Verification of models that are more than one graph of floats: what is folded in bodies and functions is
// looked at there, and named there when it is wrong; integers on the way explain what they explain and no
// more; all of somebody's own inputs count. This program is its own worker.
#include "core/worker/Tasks.h"
#include "tests/core/support/VerifyChecks.h"

#include <QTest>
#include <cmath>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::test;

namespace {

// The layer and its batch norm in the branch that is taken reads data of the main graph.
ModelBuilder branches()
{
    ModelBuilder yes(2), no(3), model(4);
    yes.from("relu", 4).conv("inner", {.out = 3, .in = 4}).batchNorm("innerNorm");
    no.from("relu", 4).conv("other", {.out = 3, .in = 4}).batchNorm("otherNorm");
    model.input("cond", {}, DataType::Bool).input("x", {2, 3, 8, 8});
    model.conv("outer", {.out = 4, .in = 3}).batchNorm("outerNorm");
    model.node("Relu", {model.current()}, {"relu"}, {}, "relu");
    return model.node("If", {"cond"}, {"y"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}}, "if");
}

ModelBuilder loop()
{
    ModelBuilder body(2), model(3);
    body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("state", {1, 3, 8, 8});
    body.conv("inner", {.out = 3, .pads = {1, 1, 1, 1}}).batchNorm("innerNorm");
    body.node("Identity", {"go"}, {"go_on"});
    auto graph = body.output("go_on").output("innerNorm_out").body();
    graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
    model.input("x", {1, 3, 8, 8});
    const std::string trips = model.constant("trips", {}, {2}, DataType::Int64);
    const std::string go = model.constant("always", {}, {1}, DataType::Bool);
    return model.node("Loop", {trips, go, "x"}, {"y"}, {{"body", graph}}, "loop");
}

ModelBuilder scan()
{
    ModelBuilder body(2), model(3);
    body.input("slice", {2, 3, 8}).conv("inner", {.kernel = {3}}).batchNorm("innerNorm");
    model.input("x", {4, 2, 3, 8});
    return model.node("Scan", {"x"}, {"y"}, {{"body", body.body()}, {"num_scan_inputs", 1}}, "scan");
}

// A function that gets its weight from the call, or has one of its own.
ModelBuilder function(bool hasOwnWeight)
{
    ModelBuilder inside(2), model(3);
    model.ir(8).opset(15).input("x", {2, 3, 6, 6});
    std::vector<std::string> arguments{"x"}, inputs{"a"};
    if (!hasOwnWeight) {
        arguments.push_back(model.random("w", {4, 3, 3, 3}, -1, 1));
        inputs.emplace_back("weight");
    }
    inside.opset(15).weightsAsConstantNodes();
    const std::string weight = hasOwnWeight ? inside.random("w", {4, 3, 3, 3}, -1, 1) : "weight";
    inside.node("Conv", {"a", weight}, {"c"}, {}, "inner").from("c", 4).batchNorm("innerNorm");
    inside.node("Relu", {inside.current()}, {"b"}, {}, "relu");
    model.node("block", arguments, {"y"}, {}, "call", "local").output();
    model.function(inside, "local", "block", inputs, {"b"});
    auto& type = *model.graphProto().mutable_output(0)->mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (int axis = 0; axis < 4; ++axis)
        type.mutable_shape()->add_dim();
    return model;
}

std::string storedWeightOf(const std::string& bytes, const std::string& layer)
{
    onnx::ModelProto model;
    model.ParseFromString(bytes);
    std::string weight;
    visitNodes(model, [&](const onnx::NodeProto& node) {
        if (node.name() == layer)
            weight = node.input(1);
    });
    return weight == "weight" ? model.graph().node(0).input(1)
                              : weight; // of a function: what the call passes
}

const PartCheck* partOf(const Verification& found, const std::string& layer)
{
    for (const PartCheck& part : found.parts)
        for (const NodeRef& node : part.before)
            if (node.name == layer)
                return &part;
    return nullptr;
}

// Two quantized layers with int32 biases of this step, the first followed by a batch norm. `rounded`: what
// lies between them is rounded to uint8 and back.
ModelBuilder quantized(double biasStep, bool rounded)
{
    ModelBuilder model(5);
    model.ir(8).opset(13).input("x", {4, 3, 8, 8});
    const auto layer = [&](const std::string& name, std::string data, std::int64_t in) {
        std::vector<double> integers, bias;
        for (std::int64_t e = 0; e < 4 * in * 9; ++e)
            integers.push_back(static_cast<double>(model.integer(-127, 127)));
        for (int c = 0; c < 4; ++c)
            bias.push_back(std::round(model.uniform(-1, 1) / biasStep));
        model.node("DequantizeLinear",
                   {model.constant(name + "_q", {4, in, 3, 3}, integers, DataType::Int8),
                    model.constant(name + "_step", {4}, {0.004, 0.005, 0.006, 0.007})},
                   {name + "_w"}, {{"axis", 0}}, name + "_dequantize");
        model.node("DequantizeLinear",
                   {model.constant(name + "_bias", {4}, bias, DataType::Int32),
                    model.constant(name + "_bias_step", {4}, {biasStep, biasStep, biasStep, biasStep})},
                   {name + "_b"}, {{"axis", 0}}, name + "_dequantize_bias");
        model.node("Conv", {data, name + "_w", name + "_b"}, {name + "_out"}, {}, name);
        model.from(name + "_out", 4);
    };
    layer("c1", "x", 3);
    model.batchNorm("bn1").relu();
    if (rounded) {
        const std::string step = model.constant("step", {}, {0.05});
        const std::string zero = model.constant("zero", {}, {3}, DataType::UInt8);
        model.node("QuantizeLinear", {model.current(), step, zero}, {"integers"}, {}, "quantize");
        model.node("DequantizeLinear", {"integers", step, zero}, {"floats"}, {}, "dequantize");
    }
    layer("c2", model.current(), 4);
    return model;
}

// Batches of one sample each: zeros but for the last one.
std::shared_ptr<const Inputs> zerosThenOnes(std::size_t batches, std::vector<std::int64_t> dims)
{
    auto inputs = std::make_shared<Inputs>();
    inputs->batches = inputs->samples = batches;
    inputs->origin = "zeros and ones";
    inputs->batch = [=](std::size_t number) -> Result<Inputs::Batch> {
        onnx::TensorProto x;
        x.set_name("x");
        x.set_data_type(onnx::TensorProto::FLOAT);
        std::size_t count = 1;
        for (const std::int64_t size : dims) {
            x.add_dims(size);
            count *= static_cast<std::size_t>(size);
        }
        const std::vector<float> values(count, number + 1 == batches ? 1.0F : 0.0F);
        x.set_raw_data(values.data(), values.size() * sizeof(float));
        return Inputs::Batch{x};
    };
    return inputs;
}

} // namespace

class VerifyModelsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void looksIntoBodiesAndFunctions_data()
    {
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<QString>("graph");
        QTest::addColumn<int>("weights"); // of a channel
        const auto add = [](const char* name, const ModelBuilder& model, const char* graph, int weights) {
            QTest::newRow(name) << QByteArray::fromStdString(model.bytes()) << graph << weights;
        };
        add("If", branches(), "if.then_branch", 4 * 9);
        add("Loop", loop(), "loop.body", 3 * 9);
        add("Scan", scan(), "scan.body", 3 * 3);
        add("function", function(true), "function local::block", 3 * 9);
        add("function with an argument", function(false), "function local::block", 3 * 9);
    }

    void looksIntoBodiesAndFunctions()
    {
        QFETCH(QByteArray, model);
        QFETCH(QString, graph);
        QFETCH(int, weights);
        const std::string before = model.toStdString(), after = folded(before);
        const Verification same = verified(before, after);
        QVERIFY2(same.verdict == Equivalence::Same, (blamed(same) + problemsOf(same)).c_str());
        QVERIFY2(same.haveAllPartsRun(), problemsOf(same).c_str());
        const PartCheck* const part = partOf(same, "inner");
        QVERIFY(part && part->before.size() >= 2 && part->after.size() == part->before.size() - 1);
        QCOMPARE(part->scope, graph.toStdString());
        QVERIFY(part->isWithin && part->isByUnits && part->folds.size() == 1);

        const auto third = static_cast<std::size_t>(2 * weights);
        const Verification other = verified(before, tampered(after, storedWeightOf(after, "inner"), third));
        QVERIFY(other.verdict == Equivalence::Different);
        const PartCheck* const wrong = partOf(other, "inner");
        QVERIFY(wrong && wrong->differs());
        QCOMPARE(wrong->worstChannel, std::size_t{2});
        const PartCheck* const outer = partOf(other, "outer");
        QVERIFY(!outer || outer->isWithin);
    }

    // The verdict is that of the parts: the whole cannot be run.
    void knowsBodiesOfModelsThatCannotBeRun()
    {
        ModelBuilder model = branches();
        model.opset(1, "some.where").node("Unheard", {"y"}, {"z"}, {}, "custom", "some.where");
        const std::string before = model.bytes(), after = folded(before);
        const Verification same = verified(before, after);
        QVERIFY2(same.verdict == Equivalence::Same, problemsOf(same).c_str());
        QVERIFY(!same.problem.empty());
        const Verification other = verified(before, tampered(after, storedWeightOf(after, "other"), 40));
        QVERIFY(other.verdict == Equivalence::Different);
        QCOMPARE(blamed(other), std::string("other otherNorm "));
    }

    // Another number of rounds is in no part of the body.
    void saysWhatABodyDoesNotTell()
    {
        const std::string before = loop().bytes();
        onnx::ModelProto model;
        model.ParseFromString(before);
        for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer())
            if (tensor.name() == "trips")
                tensor.mutable_raw_data()->at(0) = 3;
        const Verification found = verified(before, model.SerializeAsString());
        QVERIFY(found.verdict == Equivalence::Different);
        QVERIFY2(problemsOf(found).find("It holds an If, a Loop or a Scan") != std::string::npos,
                 problemsOf(found).c_str());
    }

    void whatTheCheckerRejectsIsAnotherStructure()
    {
        ModelBuilder model(3);
        model.input("x", {1, 3}).relu();
        onnx::ModelProto other = model.proto();
        onnx::AttributeProto& attribute = *other.mutable_graph()->mutable_node(0)->add_attribute();
        attribute.set_name("unheard");
        attribute.set_type(onnx::AttributeProto::INT);
        const Verification found = verified(model.bytes(), other.SerializeAsString());
        QVERIFY(found.verdict == Equivalence::Different);
        QCOMPARE(found.structure.size(), std::size_t{1});
        QVERIFY2(found.structure[0].find("Unrecognized attribute: unheard") != std::string::npos,
                 found.structure[0].c_str());
        // What it rejects in both is no difference.
        QVERIFY(verified(other.SerializeAsString(), other.SerializeAsString()).structure.empty());
    }

    // A bias moves by up to half a step, which no float explains: the step does, and nothing beside it.
    void aBiasRoundedToItsStepIsNoError()
    {
        const std::string before = quantized(0.02, false).bytes();
        const std::string after = folded(before, {.quantizedToo = true});
        const Verification found = verified(before, after);
        QVERIFY2(found.verdict == Equivalence::Same, (blamed(found) + problemsOf(found)).c_str());
        QVERIFY2(found.problem.empty(), found.problem.c_str());
        const OutputDifference& output = found.outputs.at(0);
        QVERIFY(output.numbers.largest > 10 * output.tolerated);
        QVERIFY(output.besideSteps && output.besideSteps->biases && output.besideSteps->rounding == 0);
        // What is left is rounding of floats again: as if the bias were one.
        QVERIFY(output.besideSteps->largest <= output.tolerated);
        for (const double shift : found.parts.at(0).shifts)
            QVERIFY(std::abs(shift) <= 0.02 * 1.5 && shift != 0);
    }

    void dataNextToTheMiddleBetweenIntegersIsNoError()
    {
        for (const double biasStep : {1e-7, 0.02}) {
            const std::string before = quantized(biasStep, true).bytes();
            const Verification found = verified(before, folded(before, {.quantizedToo = true}));
            QVERIFY2(found.verdict == Equivalence::Same, (blamed(found) + problemsOf(found)).c_str());
        }
    }

    void stepsExcuseNothingElse()
    {
        for (const auto& [layer, rounded] : {std::pair("c1", false), std::pair("c2", true)}) {
            const std::string before = quantized(0.02, rounded).bytes();
            const std::string after = folded(before, {.quantizedToo = true});
            // The scale of one channel, and so all of its weights.
            onnx::ModelProto model;
            model.ParseFromString(after);
            const std::string dequantize = std::string(layer) + "_dequantize";
            std::string scale;
            visitNodes(model, [&](const onnx::NodeProto& node) {
                if (node.name() == dequantize)
                    scale = node.input(1);
            });
            const Verification found = verified(before, tampered(after, scale, 2));
            QVERIFY(found.verdict == Equivalence::Different);
            const auto part = std::ranges::find_if(found.parts, &PartCheck::differs);
            QVERIFY(part != found.parts.end());
            QCOMPARE(part->worstChannel, std::size_t{2});
        }
        // Somebody's own tolerance is what it says.
        const std::string before = quantized(0.02, false).bytes();
        VerifyOptions strict;
        strict.tolerance = Tolerance{0, 1e-6};
        QVERIFY(verified(before, folded(before, {.quantizedToo = true}), strict).verdict ==
                Equivalence::Different);
    }

    // The first batches show nothing.
    void everyBatchIsTracedAndTimed()
    {
        ModelBuilder model(3);
        model.input("x", {"N", 3, 6, 6})
            .conv("c1", {.out = 4, .in = 3, .bias = true})
            .batchNorm("bn1")
            .relu();
        model.conv("c2", {.out = 4, .in = 4}).batchNorm("bn2");
        const std::string before = model.bytes();
        VerifyOptions options;
        options.inputs = zerosThenOnes(5, {1, 3, 6, 6});
        options.trace = options.speed = true;
        options.speedRuns = 2;
        const Verification found = verified(before, tampered(folded(before), "c1.weight", 4), options);
        QCOMPARE(traced(found), std::string("bn1"));
        QVERIFY2(found.speed, found.speedProblem.c_str());
        QCOMPARE(found.speed->after.plain.runs, std::size_t{5}); // one a batch
        // In slices of one value and one batch it is the same.
        const auto a = viewed(before), b = viewed(tampered(folded(before), "c1.weight", 4));
        NoProgress quiet;
        const auto common = commonValues(a, *b, quiet, {});
        QVERIFY(common);
        const auto sliced = traceDivergence(*a, *b, *common, *options.inputs, {}, ownWorker(), quiet, {}, 1);
        QVERIFY(sliced && sliced->values.size() == found.divergence->values.size());
        for (std::size_t v = 0; v < sliced->values.size(); ++v)
            QCOMPARE(sliced->values[v].difference.numbers.largest,
                     found.divergence->values[v].difference.numbers.largest);
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    VerifyModelsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_verify_models.moc"
