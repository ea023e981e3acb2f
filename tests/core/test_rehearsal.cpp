// SPDX-License-Identifier: GPL-3.0-or-later
// Rehearsing quantization: the same numbers in whatever slices, every kind of layer, what cannot be looked at
// said, and a way out at any moment. This program is its own worker.
#include "core/verify/Rehearsal.h"
#include "core/worker/Tasks.h"
#include "core/worker/Worker.h"
#include "support/FoldChecks.h"

#include <QTest>
#include <cmath>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::test;

namespace {

const WorkerPlace place{.program = "/proc/self/exe"};
using View = std::shared_ptr<const GraphView>;

View view(const ModelBuilder& model)
{
    const auto made = viewOf(model.bytes());
    if (!made)
        qFatal("a model of the test is none");
    return *made;
}

ModelBuilder network()
{
    ModelBuilder model(3);
    model.input("x", {"N", 3, 8, 8});
    model.conv("c1", {.out = 8, .in = 3}).batchNorm("bn1").relu();
    return model.conv("c2", {.out = 4, .in = 8}).then("Flatten").gemm("g", {.out = 5, .in = 64});
}

Result<RehearsedModel> rehearsed(const View& model, const RehearsalOptions& options, std::size_t batches = 3,
                                 const std::stop_token& stop = {})
{
    NoProgress quiet;
    const auto inputs = randomBatches(model, 1, {}, batches);
    if (!inputs)
        return tl::make_unexpected(inputs.error());
    return rehearse(model, *inputs, {}, options, place, quiet, stop);
}

// Stops when it has been told so many times how far it is.
class StopsAfter final : public Progress {
public:
    explicit StopsAfter(int calls) : m_left(calls) {}
    void advance(std::uint64_t done, std::uint64_t total) override
    {
        m_isSane = m_isSane && done <= total;
        if (--m_left <= 0)
            m_source.request_stop();
    }
    std::stop_token token() const { return m_source.get_token(); }
    bool isSane() const { return m_isSane; }

private:
    int m_left;
    bool m_isSane = true;
    std::stop_source m_source;
};

} // namespace

class RehearsalTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void slicesMakeNoDifference()
    {
        const View model = view(network());
        const RehearsalOptions whole{.activations = true, .sensitivity = true};
        RehearsalOptions sliced = whole;
        sliced.memory = 1; // a value and a batch at a time
        const auto a = rehearsed(model, whole, 2), b = rehearsed(model, sliced, 2);
        QVERIFY2(a && b, (a ? b ? "" : b.error().message : a.error().message).c_str());
        QCOMPARE(a->layers.size(), std::size_t{3});
        QVERIFY(a->ratio > 20 && a->ratio < 60);
        QCOMPARE(a->ratio, b->ratio);
        for (std::size_t n = 0; n < 3; ++n) {
            QCOMPARE(a->layers[n].ratio, b->layers[n].ratio);
            QCOMPARE(a->layers[n].alone, b->layers[n].alone);
            QVERIFY(a->layers[n].alone >= a->ratio - 3); // one layer loses no more than all of them, about
        }
        QCOMPARE(a->outputs[0].rows, std::uint64_t{2});
    }

    void weightsOfEveryKindAreRounded()
    {
        // Behind a Transpose, a Cast, shared by two layers, in a function: each is found, and each loses what
        // 4 bits lose.
        ModelBuilder turned(5);
        turned.input("x", {2, 6});
        const std::string wide = turned.random("w", {4, 6}, -1, 1);
        turned.node("Transpose", {wide}, {"wt"}, {{"perm", Dims{1, 0}}})
            .node("MatMul", {"x", "wt"}, {"y"}, {}, "m");
        ModelBuilder half(6);
        half.input("x", {2, 6});
        const std::string narrow = half.random("w", {6, 4}, -1, 1, DataType::Float16);
        half.node("Cast", {narrow}, {"wf"}, {{"to", 1}}).node("MatMul", {"x", "wf"}, {"y"}, {}, "m");
        ModelBuilder shared(7);
        shared.input("x", {2, 6})
            .gemm("a", {.out = 6, .in = 6, .weight = "w"})
            .gemm("b", {.out = 6, .in = 6, .weight = "w"});
        for (const auto& [model, perChannel] :
             {std::pair(turned, true), std::pair(half, false), std::pair(shared, true)}) {
            const auto found = rehearsed(view(model), {.scheme = {.bits = 4, .perChannel = perChannel}});
            QVERIFY2(found, found ? "" : found.error().message.c_str());
            for (const LayerLoss& layer : found->layers) {
                QVERIFY2(layer.problem.empty(), layer.problem.c_str());
                QVERIFY(layer.weightRatio > 12 && layer.weightRatio < 35);
                QVERIFY(layer.ratio > 8 && layer.ratio < 40);
            }
        }
    }

    void whatCannotBeLookedAtIsStillRounded()
    {
        ModelBuilder model(9);
        model.input("x", {2, 6}).weightsAsConstantNodes();
        ModelBuilder body(8);
        body.weightsAsConstantNodes().input("a", {"N", 6}).matMul("m", 6, 6);
        model.function(body, "local", "F", {"a"}, {body.current()});
        model.opset(1, "local").node("F", {"x"}, {"y"}, {}, "call", "local");
        const auto found = rehearsed(view(model), {.scheme = {.bits = 4}});
        QVERIFY2(found, found ? "" : found.error().message.c_str());
        QCOMPARE(found->layers.size(), std::size_t{1});
        QVERIFY(found->layers[0].output.empty() && std::isnan(found->layers[0].ratio));
        QVERIFY(found->ratio > 8 && found->ratio < 40);
    }

    void nothingToRoundLosesNothing()
    {
        ModelBuilder model;
        model.input("x", {2, 3}).relu();
        const auto found = rehearsed(view(model), {});
        QVERIFY2(found, found ? "" : found.error().message.c_str());
        QVERIFY(found->layers.empty() && std::isinf(found->ratio) && found->ratio > 0);
    }

    void oldOpsetsKeepTheirActivations()
    {
        ModelBuilder model(3);
        model.opset(9).input("x", {1, 3, 8, 8}).conv("c1", {.out = 4, .in = 3}).relu();
        const auto found = rehearsed(view(model), {.activations = true});
        QVERIFY2(found, found ? "" : found.error().message.c_str());
        QVERIFY(!found->notes.empty() && found->notes[0].find("opset below 10") != std::string::npos);
    }

    void stopsWheneverItIsTold()
    {
        const View model = view(network());
        const auto inputs = randomBatches(model, 1, {}, 3);
        QVERIFY(inputs);
        const RehearsalOptions options{.activations = true, .sensitivity = true};
        for (const int calls : {0, 1, 3, 8, 21}) {
            StopsAfter progress(calls);
            const auto stop = progress.token();
            if (calls == 0)
                progress.advance(0, 1);
            const auto found = rehearse(model, model, *inputs, options, place, progress, stop);
            QVERIFY(!found && found.error().code == ErrorCode::Cancelled);
            QVERIFY(progress.isSane());
        }
    }

    void saysWhyItCannotBeRun()
    {
        ModelBuilder model;
        model.input("x", {1, 3}).node("Unheard", {"x"}, {"y"}, {}, {}, "some.where").output("y");
        NoProgress quiet;
        const View custom = view(model);
        const auto inputs = randomBatches(custom, 1, {}, 2);
        QVERIFY(inputs);
        const auto found = rehearse(custom, custom, *inputs, {}, place, quiet, {});
        QVERIFY(found && found->problem.find("ONNX Runtime says") != std::string::npos);
        const auto without = rehearse(custom, custom, *inputs, {},
                                      {.program = "/proc/self/exe", .onnxRuntime = "/nowhere"}, quiet, {});
        QVERIFY(without && !without->problem.empty());
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv, workerTasks()))
        return *worked;
    RehearsalTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_rehearsal.moc"
