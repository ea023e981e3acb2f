// SPDX-License-Identifier: GPL-3.0-or-later
// Models that are converted to another opset, each run in ONNX Runtime before and after: the same bits. What
// ONNX's converter does not keep is put right or refused. This program is its own worker.
#include "core/prepare/WorkerEngine.h"
#include "core/worker/Tasks.h"
#include "tests/core/support/PrepareChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

std::unique_ptr<pleat::Engine> engine()
{
    return workerEngine({.program = "/proc/self/exe"});
}

PrepareOptions to(std::int64_t opset)
{
    PrepareOptions options;
    options.opset = opset;
    return options;
}

std::int64_t opsetOf(const onnx::ModelProto& model)
{
    return model.opset_import(0).version();
}

// Converted in one place, and the same in ONNX Runtime, to the last bit.
PreparedFiles assertConverts(const ModelBuilder& model, std::int64_t opset,
                             std::source_location where = std::source_location::current())
{
    const auto worker = engine();
    PrepareExpectations expectations;
    expectations.options = to(opset);
    expectations.engine = worker.get();
    auto files = assertPrepares(model, "opset", 1, expectations, where);
    if (!files.after.empty() && opsetOf(files.model) != opset)
        QTest::qFail("it has another opset", where.file_name(), static_cast<int>(where.line()));
    return files;
}

std::string refusalOf(const ModelBuilder& model, std::int64_t opset)
{
    const auto worker = engine();
    const auto prepared = prepareThroughFiles(model.bytes(), {"opset"}, to(opset), worker.get());
    return prepared ? "none: " + std::to_string(prepared->done.size()) : prepared.error();
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

ModelBuilder image(std::int64_t opset, const Shape& shape = {"N", 4, 6, 6})
{
    ModelBuilder model;
    model.opset(opset).input("x", shape);
    return model;
}

// What exporters of opset 7 wrote of a small network with an upsampling.
ModelBuilder network(std::int64_t opset)
{
    ModelBuilder model = image(opset);
    model.conv("c1", {.out = 5, .in = 4, .pads = {1, 1, 1, 1}}).batchNorm("bn1");
    model.then("Clip", "relu6", {}, {{"min", 0.0}, {"max", 6.0}});
    model.then("Upsample", "up", {},
               {{"scales", std::vector<double>{1, 1, 2, 2}}, {"mode", std::string("nearest")}});
    model.then("Pad", "pad", {}, {{"pads", Dims{0, 0, 1, 1, 0, 0, 1, 1}}});
    model.then("MaxPool", "pool", {}, {{"kernel_shape", Dims{2, 2}}});
    return model;
}

} // namespace

class TestPrepareOpset final : public QObject {
    Q_OBJECT

private slots:
    void aNetworkFrom7To13()
    {
        const auto files = assertConverts(network(7), 13);
        QCOMPARE(countNodes(files.model, "Upsample"), 0);
        QCOMPARE(countNodes(files.model, "Resize"), 1);
        QCOMPARE(countNodes(files.model, "Constant"), 0);
        QVERIFY(findNode(files.model, "relu6") && findNode(files.model, "relu6")->input_size() == 3);
        assertConverts(network(7), 17);
    }

    void aNetworkFrom11To17()
    {
        ModelBuilder model = image(11);
        model.conv("c1", {.out = 5, .in = 4}).batchNorm("bn1").relu();
        model.then("Resize", "resize",
                   {model.constant("roi", {0}, {}), model.constant("scales", {4}, {1, 1, 1.7, 2})},
                   {{"mode", std::string("linear")}});
        model.then("ReduceSum", "sum", {}, {{"axes", Dims{3}}, {"keepdims", 1}});
        model.then("Squeeze", "squeeze", {}, {{"axes", Dims{3}}});
        model.then("Softmax", "softmax");
        const auto files = assertConverts(model, 17);
        QCOMPARE(findNode(files.model, "squeeze")->input_size(), 2);
        QCOMPARE(findNode(files.model, "c1")->SerializeAsString(),
                 findNode(model.proto(), "c1")->SerializeAsString());
    }

    void resizeKeepsItsElements()
    {
        for (const double scale : {0.6, 0.75, 1.3, 2.0, 2.7}) {
            for (const char* mode : {"nearest", "linear"}) {
                ModelBuilder model = image(10);
                model.then("Resize", "resize", {model.constant("scales", {4}, {1, 1, scale, 1})},
                           {{"mode", std::string(mode)}});
                assertConverts(model, 13);
            }
        }
        ModelBuilder both = image(10);
        both.then("Resize", "resize", {both.constant("scales", {4}, {1, 1, 0.6, 1.7})});
        QVERIFY(contains(refusalOf(both, 11), "enlarge and shrink at once"));
    }

    void softmaxOverSeveralAxes()
    {
        for (const int axis : {0, 1, 2, 3, -1, -3}) {
            for (const Shape& shape : {Shape{2, 4, 6, 6}, Shape{"N", 4, "H", 6}}) {
                ModelBuilder model = image(11, shape);
                model.then("Softmax", "softmax", {}, {{"axis", axis}});
                model.then("LogSoftmax", "log", {}, {{"axis", axis}});
                assertConverts(model, 13);
            }
        }
        for (const int axis : {1, 3, -2}) {
            ModelBuilder hard = image(11);
            assertConverts(hard.then("Hardmax", "hard", {}, {{"axis", axis}}), 13);
        }
        ModelBuilder last = image(11, {3, 5});
        QCOMPARE(assertConverts(last.then("Softmax", "softmax"), 13).model.graph().node_size(), 1);
    }

    void constantsHaveTheTypeOfTheData()
    {
        ModelBuilder model;
        model.opset(8).dataType(DataType::Float16).input("x", {"N", 4, 6, 6});
        const auto files = assertConverts(model.then("Clip", "clip", {}, {{"max", 0.5}}), 13);
        for (const onnx::TensorProto& tensor : files.model.graph().initializer())
            QCOMPARE(tensor.data_type(), int{onnx::TensorProto::FLOAT16});
    }

    void defaultsOfPad()
    {
        for (const char* mode : {"constant", "reflect", "edge"}) {
            ModelBuilder model = image(9);
            model.then("Pad", "pad", {},
                       {{"pads", Dims{0, 0, 1, 2, 0, 0, 1, 0}}, {"mode", std::string(mode)}});
            assertConverts(model, 13);
        }
    }

    void bodiesAreConverted()
    {
        ModelBuilder model, yes, no;
        model.opset(11).input("x", {2, 3}).input("go", {}, DataType::Bool);
        yes.node("Unsqueeze", {"x"}, {"y1"}, {{"axes", Dims{0}}}).output("y1");
        no.node("Unsqueeze", {"x"}, {"n1"}, {{"axes", Dims{-3}}}).output("n1");
        model.node("If", {"go"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}}).output();
        assertConverts(model, 13);
    }

    void weightsAreNotTouched()
    {
        const ModelBuilder model = network(7);
        const auto files = assertConverts(model, 17);
        QCOMPARE(findInitializer(files.model, "c1.weight")->SerializeAsString(),
                 findInitializer(model.proto(), "c1.weight")->SerializeAsString());
    }

    // Version 3 has no initializers that can be replaced, and it stays so.
    void irVersions()
    {
        ModelBuilder old = image(8);
        old.ir(3).conv("c1", {.out = 5, .in = 4}).then("Clip", "clip", {}, {{"max", 0.5}});
        old.listInitializersAsInputs();
        QCOMPARE(assertConverts(old, 13).model.ir_version(), std::int64_t{3});
        ModelBuilder later = image(9);
        QCOMPARE(assertConverts(later.ir(4).relu(), 15).model.ir_version(), std::int64_t{8});
    }

    // The library does not survive every malformed node.
    void aCrashIsSaid()
    {
        const std::string refusal = refusalOf(network(9), 17); // of which an Upsample has two inputs
        QVERIFY2(contains(refusal, "ONNX's version converter"), refusal.c_str());
    }

    void refusals()
    {
        QVERIFY(contains(refusalOf(image(6).relu(), 13), "takes opset 7"));
        QVERIFY(contains(refusalOf(image(13).relu(), 11), "has opset 13 already"));
        QVERIFY(contains(refusalOf(image(13).relu(), 999), "at most"));
        QVERIFY(contains(refusalOf(image(13).then("NoSuchOperator", "n"), 14), "does not have"));
        ModelBuilder mask = image(7);
        mask.node("Dropout", {"x"}, {"y", "mask"}).output("y").output("mask");
        QVERIFY(contains(refusalOf(mask, 13), "cannot be converted"));
        QCOMPARE(refusalOf(image(13).relu(), 13), std::string("none: 0"));
        QVERIFY(!prepareThroughFiles(image(11).relu().bytes(), {"opset"}, to(13))); // without another process
        ModelBuilder inner(5);
        inner.from("a", 3).node("Relu", {"a"}, {"y"});
        ModelBuilder caller;
        caller.ir(8).opset(13).opset(1, "local").input("x", {2, 3});
        caller.node("block", {"x"}, {"y"}, {}, "call", "local").output();
        caller.function(inner, "local", "block", {"a"}, {"y"});
        QVERIFY(contains(refusalOf(caller, 15), "inline-functions"));
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    TestPrepareOpset test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_prepare_opset.moc"
