// SPDX-License-Identifier: GPL-3.0-or-later
// What is folded and written beyond the batch norms that fold: --affine, --only, --normalize-rest, --qdq.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// Conv → bn1, Conv → scale, Conv → Sigmoid → bn3: one folds, one folds when asked, one is left.
ModelBuilder oneOfEachKind()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4}).affine("Mul", "scale", {4, 1, 1}).relu();
    return model.conv("c3", {.in = 4, .kernel = {1, 1}}).then("Sigmoid", "gate").batchNorm("bn3");
}

// The id of the entry whose chain begins with this node.
QString idOf(const Program& program, const QString& node)
{
    for (const QJsonValue& pair : program.run({"pairs", "m.onnx", "--json"}).json()["pairs"].toArray())
        if (pair["affine"].toArray().at(0)["name"].toString() == node)
            return pair["id"].toString();
    return {};
}

int count(const std::string& bytes, const std::string& op)
{
    onnx::ModelProto model;
    return model.ParseFromString(bytes) ? countNodes(model, op) : -1;
}

} // namespace

class CliOptionsTest final : public QObject {
    Q_OBJECT

private slots:
    void leavesScalesUnlessAsked()
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx"}).code, 0);
        QCOMPARE(count(program.read("out.onnx"), "Mul"), 1);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--affine"}).code, 0);
        QCOMPARE(count(program.read("out.onnx"), "Mul"), 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 1);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }

    void countsAndTakesAnotherEntryByItsId()
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        const QJsonObject pairs = program.run({"pairs", "m.onnx", "--json"}).json();
        QCOMPARE(pairs["other"].toInt(), 1);
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", idOf(program, "scale")});
        QCOMPARE(run.code, 0);
        QCOMPARE(count(program.read("out.onnx"), "Mul"), 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 2);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }

    void putsTheWeightsWhereItIsTold()
    {
        const Program program;
        ModelBuilder model;
        program.write(
            "m.onnx",
            model.input("x", {1, 16, 8, 8}).conv("c1", {.out = 16, .in = 16}).batchNorm("bn1").bytes());
        for (const char* data : {"keep", "inline"}) {
            const Run run = program.run({"fold", "m.onnx", "-o", "in.onnx", "--data", data, "--json"});
            QCOMPARE(run.code, 0);
            QVERIFY(!run.json().contains("data"));
        }
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--data", "external", "--json"});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.json()["data"].toString(), "out.onnx.1.data");
        QCOMPARE(program.read("out.onnx.1.data").size(), 16u * 16 * 9 * 4);
        QVERIFY(program.read("out.onnx").size() < 4096);
        const QJsonArray files = program.run({"info", "out.onnx", "--json"}).json()["data"].toArray();
        QCOMPARE(files.size(), 1);
        QCOMPARE(files[0]["bytes"].toInt(), 16 * 16 * 9 * 4);
        const Run again = program.run({"fold", "out.onnx", "-o", "again.onnx", "--data", "inline"});
        QCOMPARE(again.code, 0);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("again.onnx")), std::string());
        const Run unknown = program.run({"fold", "m.onnx", "-o", "x.onnx", "--data", "somewhere"});
        QCOMPARE(unknown.code, 2);
        QVERIFY2(unknown.err.contains("external"), unknown.err.constData());
    }

    void saysWhatItFoldedWhereThereIsNoBatchNorm()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).affine("Mul", "scale", {4, 1, 1}).relu();
        program.write("m.onnx", model.bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--affine"});
        QCOMPARE(run.code, 0);
        QCOMPARE(count(program.read("out.onnx"), "Mul"), 0);
        QVERIFY2(!run.out.contains("nothing to fold"), run.out.constData());
        QVERIFY2(run.out.contains("1"), run.out.constData());
    }

    void normalisesTheRest()
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--normalize-rest", "--json"});
        QCOMPARE(run.code, 0);
        int normalized = 0;
        for (const QJsonValue& pair : run.json()["pairs"].toArray())
            normalized += pair["normalized"].toBool();
        QCOMPARE(normalized, 1);
        onnx::ModelProto model;
        QVERIFY(model.ParseFromString(program.read("out.onnx")));
        const onnx::NodeProto* left = findNode(model, "bn3");
        QVERIFY(left);
        for (const long double variance : numbersOf(findInitializer(model, left->input(4))))
            QCOMPARE(variance, 1.0L);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }

    void replacesTheRestByMulAndAdd()
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        const Run run = program.run({"fold", "m.onnx", "--normalize-rest=mul-add", "-o", "out.onnx"});
        QCOMPARE(run.code, 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 0);
        QCOMPARE(count(program.read("out.onnx"), "Mul"), 2);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }

    void refusesAnotherWayToNormalise()
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--normalize-rest=away"}).code, 2);
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void takesTheModelBehindNormalizeRest() // which has an optional value
    {
        const Program program;
        program.write("m.onnx", oneOfEachKind().bytes());
        QCOMPARE(program.run({"fold", "--normalize-rest", "m.onnx", "-o", "out.onnx"}).code, 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 1);
    }

    void refusesWhatNeedsOthersAlone()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1", {.positive = true});
        model.then("MaxPool", "pool", {}, {{"kernel_shape", Dims{2, 2}}});
        program.write("m.onnx", model.batchNorm("bn2", {.positive = true}).bytes());
        const QString first = idOf(program, "bn1"), second = idOf(program, "bn2");
        const Run alone = program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", second});
        QCOMPARE(alone.code, 2);
        QVERIFY2(alone.err.contains("bn1"), alone.err.constData());
        QCOMPARE(program.files(), QStringList{"m.onnx"});
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", second, "--only", first}).code,
                 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 0);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }

    void foldsQuantizedWeightsWhenAsked()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8});
        std::vector<double> integers;
        for (int i = 0; i < 4 * 27; ++i)
            integers.push_back(static_cast<double>(model.integer(-127, 127)));
        model.constant("W", {4, 3, 3, 3}, integers, DataType::Int8);
        model.node("DequantizeLinear", {"W", model.constant("step", {}, {0.01})}, {"w"}, {}, "dequantize");
        model.node("Conv", {"x", "w"}, {"y"}, {}, "c1").from("y", 4).batchNorm("bn1").relu();
        program.write("m.onnx", model.bytes());
        const Run blocked = program.run({"fold", "m.onnx", "-o", "out.onnx"});
        QCOMPARE(blocked.code, 0);
        QVERIFY2(blocked.out.contains("quantized"), blocked.out.constData());
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--qdq"}).code, 0);
        QCOMPARE(count(program.read("out.onnx"), "BatchNormalization"), 0);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
    }
};

QTEST_GUILESS_MAIN(CliOptionsTest)
#include "test_cli_options.moc"
