// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli prepare and what it has done by its own workers: constants by ONNX Runtime, another opset,
// shapes.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// The program where ONNX Runtime is not.
const auto without = QStringLiteral("PLEAT_ONNXRUNTIME=/nowhere/at/all \"$PLEAT\" ");

ModelBuilder model()
{
    ModelBuilder made;
    made.opset(11).input("x", {"N", 4});
    made.node("Softplus", {made.random("w", {4}, -1, 1)}, {"soft"}).node("Mul", {"x", "soft"}, {"scaled"});
    return made.then("Softmax", "softmax");
}

onnx::ModelProto parsed(const std::string& bytes)
{
    onnx::ModelProto proto;
    if (!proto.ParseFromString(bytes))
        qFatal("what was written cannot be parsed");
    return proto;
}

// What --list --json says of a pass; empty where it does not name it.
QJsonObject listed(const QJsonObject& json, const QString& pass)
{
    for (const QJsonValue each : json["passes"].toArray()) {
        if (each.toObject()["pass"].toString() == pass)
            return each.toObject();
    }
    return {};
}

} // namespace

class CliPrepareTest final : public QObject {
    Q_OBJECT

private slots:
    void saysWhichOnnxRuntimeThereIs()
    {
        const Program program;
        const Run there = program.run({"prepare", "--list"});
        QCOMPARE(there.code, 0);
        QVERIFY2(there.out.contains("has ONNX Runtime 1."), there.out.constData());
        const auto json = program.run({"prepare", "--list", "--json"}).json();
        QVERIFY(json["onnxruntime"].toObject()["version"].toString().startsWith(QLatin1StringView("1.")));
        const Run absent = program.shell(without + QStringLiteral("prepare --list"));
        QCOMPARE(absent.code, 0);
        QVERIFY2(absent.out.contains("goes without ONNX Runtime") && absent.out.contains("/nowhere/at/all"),
                 absent.out.constData());
    }

    void computesWithOnnxRuntimeOrSaysThatItIsAbsent()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        QCOMPARE(program.run({"prepare", "m.onnx", "-o", "out.onnx"}).code, 0);
        QCOMPARE(countNodes(parsed(program.read("out.onnx")), "Softplus"), 0);
        const Run absent = program.shell(without + QStringLiteral("prepare m.onnx -o without.onnx"));
        QCOMPARE(absent.code, 0);
        QVERIFY(absent.out.contains("[fold-constants: unevaluated]"));
        QVERIFY(absent.out.contains("/nowhere/at/all"));
        QCOMPARE(countNodes(parsed(program.read("without.onnx")), "Softplus"), 1);
    }

    void listsWhatEachPassLeavesAndWhy()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        const QString list = QStringLiteral("prepare m.onnx --list");
        const Run brief = program.shell(without + list);
        QVERIFY2(brief.code == 0 && !brief.out.contains("left  "), brief.out.constData());
        const Run verbose = program.shell(without + list + QStringLiteral(" -v"));
        QCOMPARE(verbose.code, 0);
        QVERIFY2(verbose.out.contains("left      soft\n          [fold-constants: unevaluated] "),
                 verbose.out.constData());
        QVERIFY2(verbose.out.contains("[fold-constants: unevaluated] Softplus"), verbose.out.constData());
        QVERIFY(verbose.out.contains("/nowhere/at/all"));
        const QJsonObject pass = listed(program.shell(without + list + QStringLiteral(" --json")).json(),
                                        QStringLiteral("fold-constants"));
        const QJsonObject left = pass["left"].toArray().first().toObject();
        QCOMPARE(left["id"].toString(), QStringLiteral("soft"));
        QCOMPARE(left["code"].toString(), QStringLiteral("unevaluated"));
        QVERIFY(left["message"].toString().contains(QStringLiteral("/nowhere/at/all")));
    }

    void saysWhyAPassCannotLook()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        const QStringList list{"prepare", "m.onnx", "--list", "--opset", "999"};
        const Run run = program.run(list);
        QCOMPARE(run.code, 0);
        QVERIFY2(run.err.contains("opset: The installed ONNX library knows opset"), run.err.constData());
        const Run verbose = program.run(list + QStringList{"-v"});
        QVERIFY2(verbose.out.contains("\n          The installed ONNX library knows opset"),
                 verbose.out.constData());
        const QJsonObject pass =
            listed(program.run(list + QStringList{"--json"}).json(), QStringLiteral("opset"));
        QVERIFY(pass["problem"].toString().contains(QStringLiteral("installed ONNX library")));
    }

    void convertsTheOpsetAndReplaysIt()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        const Run run =
            program.run({"prepare", "m.onnx", "-o", "out.onnx", "--opset", "13", "--recipe", "r.json"});
        QVERIFY2(run.code == 0, run.err.constData());
        QCOMPARE(parsed(program.read("out.onnx")).opset_import(0).version(), std::int64_t{13});
        const Run again = program.run({"apply", "r.json", "m.onnx", "-o", "again.onnx"});
        QVERIFY2(again.code == 0, again.out.constData());
        QVERIFY(program.read("again.onnx") == program.read("out.onnx"));
    }

    void refusesWhatCannotBeConverted()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        for (const char* opset : {"9", "999"}) {
            const Run run = program.run({"prepare", "m.onnx", "-o", "out.onnx", "--opset", opset});
            QCOMPARE(run.code, 2);
            QVERIFY(run.err.contains("opset"));
        }
        QCOMPARE(program.files(), QStringList{QStringLiteral("m.onnx")});
    }

    void writesShapes()
    {
        const Program program;
        program.write("m.onnx", model().bytes());
        QCOMPARE(program.run({"prepare", "m.onnx", "-o", "out.onnx", "--passes", "write-shapes"}).code, 0);
        const onnx::ModelProto written = parsed(program.read("out.onnx"));
        QCOMPARE(written.graph().value_info_size(), 2);
        QCOMPARE(whatTheCheckerSays(written), std::string());
        QCOMPARE(
            program.run({"prepare", "m.onnx", "--dry-run", "--passes", "write-shapes,strip-shapes"}).code, 2);
    }
};

QTEST_GUILESS_MAIN(CliPrepareTest)
#include "test_cli_prepare.moc"
