// SPDX-License-Identifier: GPL-3.0-or-later
// Verification part by part: what a fold makes is never called different, whatever was tampered with is, and
// the layer is named; also where the whole model cannot be run. Every way in which a worker can end. This
// program is its own worker.
#include "core/worker/LatencyRun.h"
#include "core/worker/ModelRun.h"
#include "core/worker/Tasks.h"
#include "core/worker/Worker.h"
#include "tests/core/support/VerifyChecks.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <onnx/onnx_pb.h>
#include <thread>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace {

// What the worker does in place of running a model, by the variable PLEAT_TEST_RUN; empty: it runs it.
Result<void> misbehaves(TaskChannel& channel)
{
    const std::string how = qgetenv("PLEAT_TEST_RUN").toStdString();
    if (how == "crash")
        std::abort();
    if (how == "exit")
        ::_exit(3);
    if (how == "silent")
        ::_exit(0);
    if (how == "nonsense") {
        channel.give("this is no tensor");
        return {};
    }
    if (how == "nothing")
        return {};
    if (how == "memory")
        throw std::bad_alloc();
    while (how == "endless")
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return runModel(channel);
}

std::vector<Task> tasks()
{
    std::vector<Task> all(workerTasks().begin(), workerTasks().end());
    for (Task& task : all)
        if (task.name == modelRunTask.name)
            task.run = misbehaves;
    return all;
}

class Misbehaviour final {
public:
    explicit Misbehaviour(const char* how) { qputenv("PLEAT_TEST_RUN", how); }
    ~Misbehaviour() { qunsetenv("PLEAT_TEST_RUN"); }
};

ModelBuilder network(DataType type = DataType::Float)
{
    ModelBuilder model(3);
    model.dataType(type).input("x", {"N", 3, 12, 12});
    model.conv("c1", {.out = 8, .in = 3, .pads = {1, 1, 1, 1}}).batchNorm("bn1").relu();
    model.conv("c2", {.out = 8, .in = 8, .group = 8, .bias = true}).batchNorm("bn2").relu();
    model.conv("c3", {.out = 6, .in = 8, .strides = {2, 2}, .dilations = {2, 2}}).batchNorm("bn3");
    return model;
}

ModelBuilder oneLayer()
{
    ModelBuilder model(3);
    model.input("x", {"N", 3, 6, 6});
    return model.conv("c1", {.out = 4, .in = 3}).batchNorm("bn1");
}

std::string withAttribute(const std::string& bytes, const std::string& node, const std::string& name,
                          const std::function<void(onnx::AttributeProto&)>& change)
{
    onnx::ModelProto model;
    model.ParseFromString(bytes);
    for (onnx::NodeProto& each : *model.mutable_graph()->mutable_node())
        if (each.name() == node)
            for (onnx::AttributeProto& attribute : *each.mutable_attribute())
                if (attribute.name() == name)
                    change(attribute);
    return model.SerializeAsString();
}

} // namespace

class VerifyPartsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatFoldingMakesIsTheSame_data()
    {
        QTest::addColumn<int>("type");
        for (const DataType type : {DataType::Float, DataType::Double, DataType::Float16, DataType::BFloat16})
            QTest::newRow(name(type).c_str()) << static_cast<int>(type);
    }

    void whatFoldingMakesIsTheSame()
    {
        QFETCH(int, type);
        const std::string before = network(static_cast<DataType>(type)).bytes();
        const Verification found = verified(before, folded(before));
        QVERIFY2(found.verdict == Equivalence::Same, (blamed(found) + problemsOf(found)).c_str());
        QCOMPARE(found.parts.size(), std::size_t{3});
        for (const PartCheck& part : found.parts) {
            QVERIFY2(part.problem.empty(), part.problem.c_str());
            QVERIFY(part.isWithin && part.hasBound && part.isByUnits);
            QVERIFY(part.worst <= part.allowed / 2); // far from it
            QCOMPARE(part.folds, std::vector<FoldId>{part.output});
        }
        QCOMPARE(found.parts[1].errors.size(), std::size_t{8});
    }

    void otherLayersToo()
    {
        ModelBuilder transposed(5);
        transposed.input("x", {1, 4, 7, 7});
        transposed.convTranspose("t1", {.out = 6, .in = 4, .strides = {2, 2}}).batchNorm("bn1");
        ModelBuilder matrices(4);
        matrices.input("x", {"N", 6});
        matrices.gemm("g1", {.out = 5, .in = 6, .alpha = 0.5, .beta = 2}).batchNorm("bn1").relu();
        matrices.matMul("m1", 5, 7).batchNorm("bn2");
        ModelBuilder ahead(6);
        ahead.input("x", {1, 4, 9, 9}).batchNorm("bn1", {.channels = 4});
        ahead.conv("c1", {.out = 6, .in = 4});
        for (const ModelBuilder& model : {transposed, matrices, ahead}) {
            const Verification found = verified(model.bytes(), folded(model.bytes()));
            QVERIFY2(found.verdict == Equivalence::Same, (blamed(found) + problemsOf(found)).c_str());
            QVERIFY(!found.parts.empty() && found.haveAllPartsRun());
        }
    }

    void theLayersAreNamed_data()
    {
        QTest::addColumn<QString>("first");
        QTest::addColumn<int>("firstAt");
        QTest::addColumn<QString>("second");
        QTest::addColumn<int>("secondAt");
        QTest::newRow("weights") << "c1.weight" << 100 << "c2.weight" << 0;
        QTest::newRow("last weight") << "c3.weight" << 6 * 8 * 9 - 1 << "" << 0;
        QTest::newRow("biases, old and new") << "c2.bias" << 3 << "c3.bias" << 5;
    }

    void theLayersAreNamed()
    {
        QFETCH(QString, first);
        QFETCH(int, firstAt);
        QFETCH(QString, second);
        QFETCH(int, secondAt);
        const std::string before = network().bytes();
        std::string after = tampered(folded(before), first.toStdString(), static_cast<std::size_t>(firstAt));
        if (!second.isEmpty())
            after = tampered(after, second.toStdString(), static_cast<std::size_t>(secondAt));
        const Verification found = verified(before, after);
        QVERIFY(found.verdict == Equivalence::Different);
        std::string layers;
        for (const QString& tensor : {first, second})
            if (!tensor.isEmpty())
                layers += QStringLiteral("c%1 bn%1 ").arg(tensor[1]).toStdString();
        QCOMPARE(blamed(found), layers);
        // The fold keeps the name of what the batch norm makes.
        QCOMPARE(traced(found), "bn" + std::string(1, first[1].toLatin1()));
    }

    void theChannelIsNamed()
    {
        const std::string before = network().bytes();
        const Verification found = verified(before, tampered(folded(before), "c3.weight", 4 * 8 * 9 + 17));
        const auto part = std::ranges::find_if(found.parts, &PartCheck::differs);
        QVERIFY(part != found.parts.end());
        QCOMPARE(part->worstChannel, std::size_t{4});
        for (std::size_t channel = 0; channel < part->units.size(); ++channel)
            QVERIFY((part->units[channel] > part->allowed) == (channel == 4));
    }

    void attributesAreFound()
    {
        const std::string before = network().bytes();
        const std::string epsilon = withAttribute(before, "bn2", "epsilon", [](auto& a) { a.set_f(1e-3F); });
        const Verification found = verified(before, epsilon);
        QVERIFY(found.verdict == Equivalence::Different);
        QCOMPARE(blamed(found), std::string("c2 bn2 "));
        QCOMPARE(traced(found), std::string("bn2"));
        // The same size, other places.
        const std::string pads = withAttribute(folded(before), "c1", "pads", [](auto& a) {
            a.set_ints(0, 0);
            a.set_ints(2, 2);
        });
        QCOMPARE(blamed(verified(before, pads)), std::string("c1 bn1 "));
        // Another shape, so that the whole cannot be compared value by value.
        const std::string strides = withAttribute(folded(before), "c3", "strides", [](auto& a) {
            a.set_ints(0, 1);
            a.set_ints(1, 1);
        });
        const Verification other = verified(before, strides);
        QVERIFY(other.verdict == Equivalence::Different);
        QVERIFY(!other.structure.empty() || blamed(other) == "c3 bn3 ");
    }

    // y = 0·x + c: what is added up is |c| alone, so that the unit is known without running anything.
    void unitsArePlainArithmetic()
    {
        const auto constant = [](double c) {
            ModelBuilder model;
            model.input("x", {2, 3});
            const std::string weight = model.constant("w", {3, 1}, {0, 0, 0});
            const std::string bias = model.constant("c", {1}, {c});
            return model.node("Gemm", {"x", weight, bias}, {"y"}, {}, "g").output("y").bytes();
        };
        const double step = 0x1p-24;
        const Verification found = verified(constant(0.5), constant(0.5 + 4 * step));
        QCOMPARE(found.parts.size(), std::size_t{1});
        const double expected = 4 * step / (step * (0.5 + 4 * step));
        QVERIFY(std::abs(found.parts[0].worst - expected) < 1e-5 * expected);
        QVERIFY(found.verdict == Equivalence::Same); // 8 units: a rounding or two
        QVERIFY(verified(constant(0.5), constant(0.5 + 64 * step)).verdict == Equivalence::Different);
    }

    void worksWhereTheWholeDoesNot()
    {
        ModelBuilder custom(7);
        custom.opset(1, "some.where").input("x", {1, 3, 10, 10});
        custom.conv("c1", {.out = 4, .in = 3}).batchNorm("bn1");
        custom.node("Unheard", {custom.current()}, {"u"}, {}, "custom", "some.where");
        custom.conv("c2", {.out = 5, .in = 4}).batchNorm("bn2");
        const std::string before = custom.bytes(), after = folded(before);
        const Verification found = verified(before, after);
        QVERIFY2(found.verdict == Equivalence::Same, problemsOf(found).c_str());
        QVERIFY(!found.problem.empty() && found.outputs.empty());
        QCOMPARE(found.parts.size(), std::size_t{2});
        const Verification other = verified(before, tampered(after, "c2.weight", 30));
        QVERIFY(other.verdict == Equivalence::Different);
        QCOMPARE(blamed(other), std::string("c2 bn2 "));
    }

    void whatIsEqualNeedsNoRun()
    {
        const std::string model = network().bytes();
        const Verification found = verified(model, model);
        QVERIFY(found.verdict == Equivalence::Same && found.parts.empty());
    }

    void toleranceIsTheUsers()
    {
        const std::string before = network().bytes(), after = tampered(folded(before), "c1.weight", 100);
        VerifyOptions options;
        options.tolerance = Tolerance{0, 0.9};
        const Verification found = verified(before, after, options);
        QVERIFY(found.verdict == Equivalence::Same);
        QVERIFY(found.parts[0].hasBound && !found.parts[0].isByUnits);
    }

    void workersThatFailAreNoVerdict_data()
    {
        QTest::addColumn<QByteArray>("how");
        for (const char* how : {"crash", "exit", "silent", "nonsense", "nothing", "memory"})
            QTest::newRow(how) << QByteArray(how);
    }

    void workersThatFailAreNoVerdict()
    {
        QFETCH(QByteArray, how);
        const std::string before = oneLayer().bytes(), after = folded(before);
        const Misbehaviour misbehaviour(how.constData());
        const Verification found = verified(before, after);
        QVERIFY(found.verdict == Equivalence::Unknown);
        QVERIFY(!found.problem.empty());
        for (const PartCheck& part : found.parts)
            QVERIFY(!part.problem.empty() && !part.isWithin && !part.differs());
    }

    // Longer than the place allows is a result.
    void theLimitOfTimeIsNoVerdict()
    {
        const std::string before = oneLayer().bytes(), after = folded(before);
        WorkerPlace impatient = ownWorker();
        impatient.time = std::chrono::seconds(1);
        const Misbehaviour endless("endless");
        const Verification late = verified(before, after, {}, impatient);
        QVERIFY(late.verdict == Equivalence::Unknown);
        QVERIFY2(late.problem.find("took longer than 1 second") != std::string::npos, late.problem.c_str());
        for (const PartCheck& part : late.parts)
            QVERIFY2(part.problem.find("It could not be run: ") == 0, part.problem.c_str());
    }

    void withoutOnnxRuntimeNothingIsKnown()
    {
        const std::string before = network().bytes(), after = folded(before);
        NoProgress quiet;
        const auto a = viewed(before), b = viewed(after);
        const WorkerPlace nowhere{.program = ownWorker().program, .onnxRuntime = "/nowhere/at/all"};
        const auto found = verify(*a, *b, {}, nowhere, quiet, {});
        QVERIFY(found && found->verdict == Equivalence::Unknown);
        QVERIFY(!found->problem.empty() && !found->partsProblem.empty());
        // What is the same is the same without it.
        const auto same = verify(*a, *a, {}, nowhere, quiet, {});
        QVERIFY(same && same->verdict == Equivalence::Same);
    }

    void isCancelledAtAnyMoment()
    {
        const std::string before = oneLayer().bytes(), after = folded(before);
        const auto a = viewed(before), b = viewed(after);
        NoProgress quiet;
        for (const int milliseconds : {0, 5, 30, 80, 150}) {
            std::stop_source stop;
            const std::jthread stopper([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
                stop.request_stop();
            });
            if (milliseconds == 0)
                stop.request_stop();
            const auto found = verify(*a, *b, {}, ownWorker(), quiet, stop.get_token());
            QVERIFY(found || found.error().code == ErrorCode::Cancelled);
        }
        const Misbehaviour endless("endless");
        std::stop_source stop;
        const std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            stop.request_stop();
        });
        const auto found = verify(*a, *b, {}, ownWorker(), quiet, stop.get_token());
        QVERIFY(!found && found.error().code == ErrorCode::Cancelled);
    }

    void aSessionRunsBatches()
    {
        ModelBuilder model;
        model.input("x", {"N", 2});
        const std::string c = model.constant("c", {1}, {2});
        model.then("Mul", "mul", {c}).then("Abs", "abs");
        const auto opened = viewed(model.bytes());
        const auto batch = [](std::size_t number) -> Result<std::vector<onnx::TensorProto>> {
            onnx::TensorProto x;
            x.set_name("x");
            x.set_data_type(onnx::TensorProto::FLOAT);
            x.add_dims(static_cast<std::int64_t>(number) + 1);
            x.add_dims(2);
            const std::vector<float> values(2 * (number + 1), -static_cast<float>(number));
            x.set_raw_data(values.data(), values.size() * sizeof(float));
            return std::vector{x};
        };
        for (const bool optimised : {false, true}) {
            const ModelRun run{.model = opened->model(),
                               .outputs = {"mul_out", "abs_out"},
                               .batches = 3,
                               .inputs = batch,
                               .optimised = optimised};
            std::vector<std::string> seen;
            const auto take = [&](std::size_t number, const onnx::TensorProto& tensor) -> Result<void> {
                float value = 0;
                std::memcpy(&value, tensor.raw_data().data(), sizeof value);
                seen.push_back(std::to_string(number) + tensor.name() + std::to_string(tensor.dims(0)) + ":" +
                               std::to_string(static_cast<int>(value)));
                return {};
            };
            NoProgress quiet;
            const auto ran = runByOnnxRuntime(run, ownWorker(), take, quiet, {});
            QVERIFY2(ran, ran ? "" : ran.error().message.c_str());
            QCOMPARE(seen, (std::vector<std::string>{"0mul_out1:0", "0abs_out1:0", "1mul_out2:-2",
                                                     "1abs_out2:2", "2mul_out3:-4", "2abs_out3:4"}));
            // Whoever takes them may refuse, in his own words.
            const auto refused = runByOnnxRuntime(run, ownWorker(),
                                                  [](std::size_t, const onnx::TensorProto&) -> Result<void> {
                                                      return failure(ErrorCode::MissingData, "no more");
                                                  },
                                                  quiet, {});
            QVERIFY(!refused && refused.error().code == ErrorCode::MissingData);
        }
    }

    void latenciesAreMeasuredInTurns()
    {
        const std::string before = network().bytes();
        VerifyOptions options;
        options.speed = true;
        options.speedRuns = 7;
        options.trace = true;
        const Verification found = verified(before, folded(before), options);
        QVERIFY2(found.speed, found.speedProblem.c_str());
        for (const Quartiles& times : {found.speed->before.plain, found.speed->before.optimised,
                                       found.speed->after.plain, found.speed->after.optimised}) {
            QCOMPARE(times.runs, std::size_t{7});
            QVERIFY(times.lower.count() > 0 && times.lower <= times.median && times.median <= times.upper);
        }
        QCOMPARE(found.speed->before.nodes, std::uint64_t{8});
        QCOMPARE(found.speed->after.nodes, std::uint64_t{5});
        QVERIFY(found.divergence && !found.divergence->first && !found.divergence->values.empty());
        // numpy.percentile([1, 2, 4, 8], [25, 50, 75]) is [1.75, 3, 5].
        using std::chrono::nanoseconds;
        const Quartiles known =
            quartilesOf({nanoseconds(8000), nanoseconds(1000), nanoseconds(4000), nanoseconds(2000)});
        QCOMPARE(known.lower.count(), std::int64_t{1750});
        QCOMPARE(known.median.count(), std::int64_t{3000});
        QCOMPARE(known.upper.count(), std::int64_t{5000});
    }

    void errorsAreCountedByDecade()
    {
        const auto shifted = [](const std::vector<double>& by) {
            ModelBuilder model;
            model.input("x", {1, 4});
            const std::string zero = model.constant("z", {1}, {0});
            model.then("Mul", "mul", {zero});
            const std::string c = model.constant("c", {4}, by);
            return model.then("Add", "add", {c}).bytes();
        };
        const Verification found = verified(shifted({0, 0, 0, 0}), shifted({0, 0.02, 0.03, 5}));
        const auto& decades = found.outputs.at(0).decades;
        QCOMPARE(decades.size(), std::size_t{2});
        QVERIFY(decades[0].exponent == -2 && decades[0].count == 2);
        QVERIFY(decades[1].exponent == 0 && decades[1].count == 1);
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv, tasks()))
        return *worked;
    VerifyPartsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_verify_parts.moc"
