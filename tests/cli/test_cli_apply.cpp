// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli apply: what fold --recipe wrote is done again, byte for byte; what does not apply is said, and
// ends with 2.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder network()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4}).affine("Mul", "scale", {4, 1, 1}).relu();
    return model.conv("c3", {.in = 4, .kernel = {1, 1}}).then("Sigmoid", "gate").batchNorm("bn3");
}

const std::string twoSteps =
    R"({"version": 1, "steps": [{"fold": {"ids": ["nobody"]}}, {"fold": {"affine": true}}]})";

} // namespace

class CliApplyTest final : public QObject {
    Q_OBJECT

private slots:
    void doesAgainWhatFoldDid()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        program.write("copy.onnx", network().bytes());
        for (const QStringList& options :
             {QStringList{}, {"--affine"}, {"--affine", "--normalize-rest"}, {"--normalize-rest=mul-add"}}) {
            QCOMPARE(
                program.run(QStringList{"fold", "m.onnx", "-o", "a.onnx", "--recipe", "r.json"} + options)
                    .code,
                0);
            const Run run = program.run({"apply", "r.json", "copy.onnx", "-o", "b.onnx"});
            QCOMPARE(run.code, 0);
            QVERIFY2(!run.err.contains("another file"), run.err);
            QVERIFY(program.read("a.onnx") == program.read("b.onnx"));
            QVERIFY(program.read("a.onnx") != program.read("m.onnx"));
        }
    }

    void knowsItsSource()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        program.write("other.onnx",
                      ModelBuilder(2).input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").bytes());
        QCOMPARE(program.run({"fold", "m.onnx", "--dry-run", "--recipe", "r.json"}).code, 0);
        const QByteArray digest = QCryptographicHash::hash(QByteArray::fromStdString(program.read("m.onnx")),
                                                           QCryptographicHash::Sha256)
                                      .toHex();
        QVERIFY(program.read("r.json").find(digest.toStdString()) != std::string::npos);
        const Run run = program.run({"apply", "r.json", "other.onnx", "--dry-run", "--json"});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.err.contains("another file, m.onnx"), run.err);
        QCOMPARE(run.json()["same_source"].toBool(true), false);
        QVERIFY(run.json()["output"].isNull());
        QCOMPARE(
            program.run({"apply", "r.json", "m.onnx", "--dry-run", "--json"}).json()["same_source"].toBool(),
            true);
    }

    void stopsAtAStepThatDoesNotApply()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        program.write("r.json", twoSteps);
        const Run stopped = program.run({"apply", "r.json", "m.onnx", "-o", "out.onnx", "--json"});
        QCOMPARE(stopped.code, 2);
        QVERIFY(!program.files().contains("out.onnx"));
        const QJsonArray steps = stopped.json()["steps"].toArray();
        QCOMPARE(steps[0].toObject()["status"].toString(), QString("refused"));
        QVERIFY(steps[0].toObject()["message"].toString().contains("nobody"));
        QCOMPARE(steps[1].toObject()["status"].toString(), QString("not-reached"));
        QVERIFY(
            program.run({"apply", "r.json", "m.onnx", "-o", "out.onnx"}).out.contains("Nothing was written"));
        const Run wentOn = program.run({"apply", "r.json", "m.onnx", "-o", "out.onnx", "--keep-going"});
        QCOMPARE(wentOn.code, 0);
        QVERIFY2(wentOn.out.contains("step 1") && wentOn.out.contains("does not apply"), wentOn.out);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
        onnx::ModelProto model;
        QVERIFY(model.ParseFromString(program.read("out.onnx")) && countNodes(model, "Mul") == 0);
    }

    void refusesWhatIsNoRecipe()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        program.write("r.json", "{}");
        QCOMPARE(program.run({"apply", "r.json", "m.onnx"}).code, 2); // neither -o nor --dry-run
        const Run run = program.run({"apply", "r.json", "m.onnx", "-o", "out.onnx"});
        QCOMPARE(run.code, 3);
        QVERIFY2(run.err.contains("r.json cannot be read as a recipe"), run.err);
        QCOMPARE(program.run({"apply", "missing.json", "m.onnx", "-o", "out.onnx"}).code, 3);
        QCOMPARE(program.run({"apply", "m.onnx", "m.onnx", "-o", "out.onnx"}).code, 3);
        program.write("r.json", twoSteps);
        QCOMPARE(program.run({"apply", "r.json", "missing.onnx", "-o", "out.onnx"}).code, 3);
        QCOMPARE(program.run({"apply", "r.json", "m.onnx", "-o", "missing/out.onnx", "--keep-going"}).code,
                 4);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "o.onnx", "--recipe", "m.onnx"}).code, 2);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "o.onnx", "--recipe", "missing/r.json"}).code, 4);
    }
};

QTEST_APPLESS_MAIN(CliApplyTest)
#include "test_cli_apply.moc"
