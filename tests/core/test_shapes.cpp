// SPDX-License-Identifier: GPL-3.0-or-later
// Shapes from the worker process, which is this program in its private mode: what it finds, and that nothing
// it does can harm whoever asked.
#include "core/model/ScopePath.h"
#include "core/worker/ShapeInference.h"
#include "core/worker/Tasks.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

using namespace pleat;
using namespace pleat::test;

namespace {

const std::filesystem::path thisProgram = "/proc/self/exe";

InferredTypes infer(const onnx::ModelProto& model)
{
    const auto opened = open(model);
    return opened ? inferTypes(opened->model, thisProgram, 30, {})
                  : InferredTypes{{}, opened.error().message};
}

std::string shapeOf(const ValueTypes& types, const std::string& path, const std::string& value)
{
    const auto scope = types.find(path);
    if (scope == types.end())
        return "no scope";
    const auto found = scope->second.find(value);
    return found == scope->second.end() ? "no value" : found->second.text();
}

// A Scan without its body: ONNX's checker would refuse it, its inference looks at the body nevertheless.
onnx::ModelProto crashingModel()
{
    auto model = emptyModel();
    addInput(model.mutable_graph(), "x", {4, 4});
    addNode(model.mutable_graph(), "Scan", {"x"}, {"y"}, "scan");
    addOutput(model.mutable_graph(), "y");
    return model;
}

} // namespace

class TestShapes : public QObject {
    Q_OBJECT

private slots:
    void writesShapesForPeople();
    void tellsWhatTheFileDeclares();
    void infersTheRest();
    void infersInsideBodies();
    void followsShapesThatAreComputed();
    void keepsSymbols();
    void clampsTheVersion();
    void survivesOperatorsItDoesNotKnow();
    void saysWhyInferenceFailed();
    void survivesACrash();
    void survivesAWorkerThatIsNone();
    void killsASlowWorker();
    void stopsWhenAsked();
    void leavesNoProcessBehind();
};

void TestShapes::writesShapesForPeople()
{
    ValueType type{DataType::Float, true, {{1, {}}, {-1, "batch"}, {-1, {}}, {0, {}}}};
    QCOMPARE(QString::fromStdString(type.text()), QString("1×batch×?×0"));
    type.shape.clear();
    QCOMPARE(type.text(), std::string("scalar"));
    type.hasShape = false;
    QCOMPARE(type.text(), std::string());
    QCOMPARE(bodyPath("", "", "If", 3, "then_branch", -1), std::string("If_3.then_branch"));
    QCOMPARE(bodyPath("a.b", "loop", "Loop", 3, "body", 2), std::string("a.b/loop.body[2]"));
    QCOMPARE(functionPath("local", "f"), std::string("function local::f"));
    QCOMPARE(functionPath("local", "f", "g"), std::string("function local::f:g"));
}

void TestShapes::tellsWhatTheFileDeclares()
{
    const auto opened = open(branchedModel());
    const ValueTypes types = declaredTypes(opened->model);
    QCOMPARE(QString::fromStdString(shapeOf(types, "", "x")), QString("1×16×8×8"));
    QCOMPARE(QString::fromStdString(shapeOf(types, "", "w")), QString("32×16×3×3"));
    QCOMPARE(shapeOf(types, "", "c"), std::string("no value"));
    QCOMPARE(QString::fromStdString(shapeOf(types, "choice.else_branch", "k2")), QString("1×32×6×6"));
}

void TestShapes::infersTheRest()
{
    const auto inferred = infer(convModel());
    QCOMPARE(inferred.problem, std::string());
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "c")), QString("1×32×6×6"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "r")), QString("1×32×6×6"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "y")), QString("1×1152"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "w")), QString("32×16×3×3"));
    QCOMPARE(inferred.types.at("").at("c").type, DataType::Float);
}

void TestShapes::infersInsideBodies()
{
    const auto inferred = infer(branchedModel());
    QCOMPARE(inferred.problem, std::string());
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "choice.then_branch", "k")), QString("1×32×6×6"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "choice.then_branch", "t")), QString("1×32×6×6"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "choice.else_branch", "e")), QString("1×32×6×6"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "y")), QString("1×32×6×6"));
}

void TestShapes::followsShapesThatAreComputed()
{
    // Shape → Reshape, as exporters write it: needs the values of the shape, not only its type.
    auto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, "x", {2, 3, 4});
    addInput(graph, "z", {6, 4});
    addNode(graph, "Shape", {"x"}, {"shape"});
    addNode(graph, "Reshape", {"z", "shape"}, {"y"});
    addOutput(graph, "y");
    QCOMPARE(QString::fromStdString(shapeOf(infer(model).types, "", "y")), QString("2×3×4"));
}

void TestShapes::keepsSymbols()
{
    auto model = convModel();
    model.mutable_graph()
        ->mutable_input(0)
        ->mutable_type()
        ->mutable_tensor_type()
        ->mutable_shape()
        ->mutable_dim(0)
        ->set_dim_param("batch");
    QCOMPARE(QString::fromStdString(shapeOf(infer(model).types, "", "c")), QString("batch×32×6×6"));
}

void TestShapes::clampsTheVersion()
{
    auto model = convModel();
    model.set_ir_version(1000);
    model.mutable_opset_import(0)->set_version(1000);
    const auto inferred = infer(model);
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "x")), QString("1×16×8×8"));
    QVERIFY(!inferred.problem.empty() ||
            shapeOf(inferred.types, "", "c") == shapeOf(infer(convModel()).types, "", "c"));
}

void TestShapes::survivesOperatorsItDoesNotKnow()
{
    auto model = convModel();
    auto* graph = model.mutable_graph();
    auto* node = addNode(graph, "Mystery", {"c"}, {"m"});
    node->set_domain("com.example");
    addNode(graph, "Relu", {"m"}, {"n"});
    const auto inferred = infer(model);
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "c")), QString("1×32×6×6"));
    QVERIFY(shapeOf(inferred.types, "", "n") == "no value" || shapeOf(inferred.types, "", "n").empty());
}

void TestShapes::saysWhyInferenceFailed()
{
    auto model = convModel();
    model.clear_opset_import();
    const auto inferred = infer(model);
    QVERIFY(QString::fromStdString(inferred.problem).contains("shapes are not shown"));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "x")), QString("1×16×8×8"));
}

void TestShapes::survivesACrash()
{
    const auto inferred = infer(crashingModel());
    QCOMPARE(inferred.problem,
             std::string("ONNX's shape inference crashed on this model; shapes are not shown."));
    QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "x")), QString("4×4"));
}

void TestShapes::survivesAWorkerThatIsNone()
{
    const auto opened = open(convModel());
    for (const char* program : {"/nowhere/at/all", "/bin/false", "/bin/true", "/dev/null"}) {
        const auto inferred = inferTypes(opened->model, program, 30, {});
        QVERIFY2(!inferred.problem.empty(), program);
        QCOMPARE(QString::fromStdString(shapeOf(inferred.types, "", "x")), QString("1×16×8×8"));
    }
}

void TestShapes::killsASlowWorker()
{
    const Folder folder;
    const auto slow = folder.write("slow", std::string("#!/bin/sh\nexec sleep 60\n"));
    ::chmod(slow.c_str(), 0755);
    const auto opened = open(convModel());
    QElapsedTimer timer;
    timer.start();
    const auto inferred = inferTypes(opened->model, slow, 1, {});
    QVERIFY(timer.elapsed() < 20'000);
    QVERIFY(inferred.problem.find("longer than 1 second") != std::string::npos);
}

void TestShapes::stopsWhenAsked()
{
    const Folder folder;
    const auto slow = folder.write("slow", std::string("#!/bin/sh\nexec sleep 60\n"));
    ::chmod(slow.c_str(), 0755);
    const auto opened = open(convModel());
    std::stop_source stop;
    stop.request_stop();
    QElapsedTimer timer;
    timer.start();
    const auto inferred = inferTypes(opened->model, slow, 60, stop.get_token());
    QVERIFY(timer.elapsed() < 20'000);
    QVERIFY(inferred.problem.find("cancelled") != std::string::npos);
}

void TestShapes::leavesNoProcessBehind()
{
    QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1); // no children, dead or alive
    QCOMPARE(errno, ECHILD);
}

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    TestShapes test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_shapes.moc"
