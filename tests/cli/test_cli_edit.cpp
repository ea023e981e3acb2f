// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli edit: each option is a step, in the order of the command line; what cannot be is refused with 2
// and writes nothing; the recipe does it again.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder network()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").then("Relu", "cap");
    return model.conv("c2", {.in = 4}).then("Flatten", "flat");
}

onnx::ModelProto parsed(const Program& program, const QString& file)
{
    onnx::ModelProto model;
    model.ParseFromString(program.read(file));
    return model;
}

} // namespace

class CliEditTest final : public QObject {
    Q_OBJECT

private slots:
    void doesWhatTheOptionsSayInTheirOrder()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run = program.run({"edit",
                                     "m.onnx",
                                     "-o",
                                     "o.onnx",
                                     "--rename",
                                     "c1=first",
                                     "--set",
                                     "first.strides=2,2",
                                     "--bypass",
                                     "bn1",
                                     "--input-shape",
                                     "x=axis, 3, 8, 8",
                                     "--output-shape",
                                     "flat_out=axis,?",
                                     "--output",
                                     "cap_out",
                                     "--rename",
                                     "flat_out=scores",
                                     "--metadata",
                                     "author=us",
                                     "--save-recipe",
                                     "r.json"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY(
            run.out.contains("step 3   Bypass the node that makes bn1_out: bypassed BatchNormalization bn1"));
        QVERIFY(run.out.contains("Written to o.onnx"));
        const onnx::ModelProto model = parsed(program, "o.onnx");
        QCOMPARE(QByteArray::fromStdString(whatTheCheckerSays(model)), QByteArray());
        QCOMPARE(model.graph().node(0).name(), std::string("first"));
        QCOMPARE(model.graph().node_size(), 4);
        QCOMPARE(model.graph().output(0).name(), std::string("scores"));
        QCOMPARE(model.graph().output(1).name(), std::string("cap_out"));
        QCOMPARE(model.graph().input(0).type().tensor_type().shape().dim(0).dim_param(), std::string("axis"));
        QCOMPARE(model.graph().output(0).type().tensor_type().shape().dim(0).dim_param(),
                 std::string("axis"));
        QCOMPARE(program.run({"apply", "r.json", "m.onnx", "-o", "again.onnx"}).code, 0);
        QVERIFY(program.read("again.onnx") == program.read("o.onnx"));
        QCOMPARE(
            program.run({"edit", "m.onnx", "-o", "part.onnx", "--cut-from", "c1_out", "--cut", "cap_out"})
                .code,
            0);
        QCOMPARE(parsed(program, "part.onnx").graph().node_size(), 2);
    }

    void refusesBeforeAnythingIsWritten()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const auto refused = [&](const QStringList& options, const char* says) {
            const Run run = program.run(QStringList{"edit", "m.onnx", "-o", "o.onnx"} + options);
            QVERIFY2(run.code == 2, run.out);
            QVERIFY2(run.err.contains(says), run.err);
            QVERIFY(!program.files().contains("o.onnx"));
        };
        refused({"--remove", "nobody"}, "--remove: The model has no node called \"nobody\"");
        refused({"--rename", "x"}, "\"x\" must be OLD=NEW");
        refused({"--rename", "c1_out=flat_out"}, "is taken");
        refused({"--bypass", "bn1", "--remove", "c1"}, "cap reads c1_out");
        refused({"--set", "c1.strides=two"}, "must be a list of integers");
        refused({"--input-shape", "x=1x-3x8x8"}, "-3 is no size");
        refused({"--input-shape", "x=1xx8x8"}, "A size is missing");
        refused({"--input-shape", "x=1,3,8,"}, "A size is missing");
        refused({"--set-numbers", "c1.strides=int64[2]: 1, 1"}, "that holds a tensor");
        refused({"--connect", "c1.0=flat_out"}, "cycle");
        refused({"--store-as", "int8"}, "not as int8");
        refused({}, "needs something to do");
        QCOMPARE(program.run({"edit", "m.onnx", "--bypass", "bn1"}).code, 2);
        QCOMPARE(program.run({"edit", "nothing.onnx", "--dry-run", "--bypass", "bn1"}).code, 3);
    }

    void mergesTwoModels()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        QCOMPARE(program.run({"edit", "m.onnx", "-o", "head.onnx", "--cut", "cap_out"}).code, 0);
        QCOMPARE(program
                     .run({"edit", "m.onnx", "-o", "tail.onnx", "--cut-from", "cap_out", "--rename",
                           "cap_out=picture"})
                     .code,
                 0);
        const Run run = program.run({"merge", "head.onnx", "tail.onnx", "-o", "o.onnx", "--join",
                                     "cap_out=picture", "--recipe", "r.json"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY(run.out.contains("appended tail.onnx, 2 nodes, joined at cap_out → picture"));
        const onnx::ModelProto model = parsed(program, "o.onnx");
        QCOMPARE(QByteArray::fromStdString(whatTheCheckerSays(model)), QByteArray());
        QCOMPARE(model.graph().node_size(), 5);
        const QByteArray recipe = QByteArray::fromStdString(program.read("r.json"));
        QVERIFY(recipe.contains("\"picture\": \"cap_out\"") && recipe.contains("\"sha256\""));
        QCOMPARE(program.run({"apply", "r.json", "head.onnx", "-o", "again.onnx"}).code, 0);
        QVERIFY(program.read("again.onnx") == program.read("o.onnx"));
        program.write("tail.onnx", network().bytes()); // another one now
        const Run other = program.run({"apply", "r.json", "head.onnx", "-o", "again.onnx"});
        QCOMPARE(other.code, 2);

        const Run beside =
            program.run({"merge", "head.onnx", "m.onnx", "-o", "b.onnx", "--beside", "--prefix", "b/"});
        QVERIFY2(beside.code == 0, beside.err);
        QCOMPARE(parsed(program, "b.onnx").graph().output_size(), 2);
        for (const QStringList& wrong :
             {QStringList{"merge", "head.onnx", "m.onnx"},
              {"merge", "head.onnx", "m.onnx", "-o", "w.onnx"},
              {"merge", "head.onnx", "m.onnx", "-o", "w.onnx", "--join", "cap_out"},
              {"merge", "head.onnx", "m.onnx", "-o", "w.onnx", "--join", "a=b", "--beside"},
              {"merge", "head.onnx", "m.onnx", "-o", "w.onnx", "--recipe", "m.onnx"}})
            QCOMPARE(program.run(wrong).code, 2);
        QVERIFY(!program.files().contains("w.onnx"));
    }

    void setsValues()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run = program.run({"edit", "m.onnx", "-o", "o.onnx", "--set-value", "c1.weight[0,0]=0.25",
                                     "--set-value", "c1.weight[:,1,2,-1]=-2"});
        QVERIFY2(run.code == 0, run.err);
        const auto numbers = numbersOf(findInitializer(parsed(program, "o.onnx"), "c1.weight"));
        QCOMPARE(numbers[8], 0.25L);
        QCOMPARE(numbers[17], -2.0L);
        const Run wrong = program.run({"edit", "m.onnx", "-o", "w.onnx", "--set-value", "c1.weight[9]=1"});
        QCOMPARE(wrong.code, 2);
        QVERIFY2(wrong.err.contains("c1.weight is 4×3×3×3, and has no element [9]."), wrong.err);
        QCOMPARE(program.run({"edit", "m.onnx", "-o", "w.onnx", "--set-value", "c1.weight=1"}).code, 2);
    }

    // What does not fit is written, and said; by apply, too.
    void saysWhatDoesNotFit()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run = program.run(
            {"edit", "m.onnx", "-o", "o.onnx", "--input-type", "x=float16", "--save-recipe", "r.json"});
        QVERIFY2(run.err.contains("which must be of one type; what follows"), run.err);
        const Run applied = program.run({"apply", "r.json", "m.onnx", "-o", "again.onnx"});
        QVERIFY2(applied.err.contains("which must be of one type; what follows"), applied.err);
    }

    void tellsAsJson()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const QJsonObject json =
            program.run({"edit", "m.onnx", "--dry-run", "--json", "--bypass", "bn1", "--rename", "x=x"})
                .json();
        const QJsonArray steps = json.value("steps").toArray();
        QCOMPARE(steps.size(), 2);
        QCOMPARE(steps[0].toObject().value("changed").toInt(), 1);
        QCOMPARE(steps[1].toObject().value("changed").toInt(), 0);
        QVERIFY(json.value("output").isNull() && json.value("recipe").isNull());
        QCOMPARE(program.files().size(), 1);
    }
};

QTEST_APPLESS_MAIN(CliEditTest)
#include "test_cli_edit.moc"
