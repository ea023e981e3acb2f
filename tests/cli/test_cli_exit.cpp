// SPDX-License-Identifier: GPL-3.0-or-later
// The command line's exit codes and what it says: 0 done, 2 usage, 3 unreadable, 4 unwritable, 130
// interrupted (resources/guide/design.md, "The command line"); and that a failure leaves nothing behind.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QTest>
#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder oneFoldsOneDoesNot()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4}).then("Sigmoid", "gate").batchNorm("bn2").relu();
    return model;
}

QString idOf(const Program& program, const QString& status)
{
    for (const QJsonValue& pair : program.run({"pairs", "m.onnx", "--json"}).json()["pairs"].toArray())
        if (pair.toObject()["status"].toString() == status)
            return pair.toObject()["id"].toString();
    return {};
}

int batchNormsIn(const std::string& bytes)
{
    onnx::ModelProto model;
    return model.ParseFromString(bytes) ? countNodes(model, "BatchNormalization") : -1;
}

std::string recursive()
{
    ModelBuilder inner;
    inner.node("f", {"a"}, {"b"}, {}, "again", "local");
    ModelBuilder model;
    model.ir(8).opset(15).input("x", {4}).node("f", {"x"}, {"y"}, {}, "call", "local");
    model.function(inner, "local", "f", {"a"}, {"b"});
    return model.modelProto().SerializeAsString();
}

std::string withAWeightOfTheWrongLength()
{
    ModelBuilder model = oneFoldsOneDoesNot();
    model.graphProto().mutable_initializer(0)->mutable_raw_data()->resize(17);
    return model.modelProto().SerializeAsString();
}

} // namespace

class CliExitTest final : public QObject {
    Q_OBJECT

private slots:
    // No thread (for the signals), no output, no memory: a sentence, an exit code, and nothing is left
    // behind.
    void endsWithASentenceWhereTheSystemRefuses()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run closed = program.shell("exec \"$PLEAT\" info m.onnx 1>&- 2>&-");
        QCOMPARE(closed.code, 4);
        const Run fold = program.shell("exec \"$PLEAT\" fold m.onnx -o out.onnx 1>&- 2>&-");
        QCOMPARE(fold.code, 4);
        // The result is no less a model for it: nothing was printed into it.
        if (const std::string written = program.read("out.onnx"); !written.empty())
            QCOMPARE(batchNormsIn(written), 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // they need terabytes of addresses
        for (int megabytes = 8; megabytes <= 72; megabytes += 4) {
            const Run run = program.shell(
                QString("ulimit -v %1; exec \"$PLEAT\" fold m.onnx -o small.onnx").arg(megabytes * 1000));
            QVERIFY2(run.signal == 0 && run.code >= 0, qPrintable(QString::number(megabytes)));
            QVERIFY2(run.code == 0 || !run.err.isEmpty(), qPrintable(QString::number(megabytes)));
        }
#endif
        for (const QString& file : program.files())
            QVERIFY2(!file.endsWith(".tmp"), qPrintable(file));
    }

    void writesOutWhatWouldSteerATerminal()
    {
        const std::string evil =
            "\x1b]0;x\x07\x1b[31m\xe2\x80\xae\xc2\x9b\n13 of 13 batch norms can be folded.\n";
        ModelBuilder model = oneFoldsOneDoesNot();
        model.modelProto().set_producer_name(evil);
        for (auto& node : *model.graphProto().mutable_node())
            node.set_name(evil + node.name());
        const Program program;
        program.write("m.onnx", model.modelProto().SerializeAsString());
        const QString name = QString::fromStdString(evil);
        for (const QStringList& arguments : {QStringList{"info", "m.onnx"},
                                             {"pairs", "m.onnx"},
                                             {"info", name},
                                             {name},
                                             {"info", "--" + name},
                                             {"fold", "m.onnx", "--dry-run"},
                                             {"fold", "m.onnx", "--dry-run", "--only", name},
                                             {"fold", "m.onnx", "-o", name + "/x"},
                                             {"fold", "m.onnx", "--dry-run", "--data", name},
                                             {"info", "m.onnx", "--json"},
                                             {"pairs", "m.onnx", "--json"},
                                             {"fold", "m.onnx", "--dry-run", "--json"}}) {
            const Run run = program.run(arguments);
            const QByteArray all = run.out + run.err;
            for (const char* raw : {"\x1b", "\x07", "\xe2\x80\xae", "\xc2\x9b", "\n13 of"})
                QVERIFY2(!all.contains(raw), all.constData());
        }
    }

    void foldsAndSaysWhatItLeft()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.contains("operator-between"), run.out.constData());
        QCOMPARE(batchNormsIn(program.read("out.onnx")), 1);
        QCOMPARE(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")), std::string());
        QCOMPARE(program.files(), (QStringList{"m.onnx", "out.onnx"}));
    }

    void isDoneWhenThereIsNothingToFold()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).relu();
        program.write("m.onnx", model.bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.toLower().contains("no batch norm"), run.out.constData());
        QVERIFY(program.read("out.onnx") == program.read("m.onnx"));
    }

    void isDoneWhenEverythingIsBlocked()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).relu().batchNorm("bn1");
        program.write("m.onnx", model.bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"});
        QCOMPARE(run.code, 0);
        QVERIFY2(run.out.toLower().contains("nothing"), run.out.constData());
        QVERIFY(program.read("out.onnx") == program.read("m.onnx"));
    }

    void opensAGraphOfNoNodes()
    {
        const Program program;
        onnx::ModelProto model;
        model.set_ir_version(7);
        model.add_opset_import()->set_version(13);
        model.mutable_graph()->set_name("empty");
        program.write("m.onnx", model.SerializeAsString());
        for (const QStringList& arguments :
             {QStringList{"info", "m.onnx"}, {"pairs", "m.onnx"}, {"fold", "m.onnx", "-o", "out.onnx"}})
            QCOMPARE(program.run(arguments).code, 0);
        QVERIFY(program.read("out.onnx") == program.read("m.onnx"));
    }

    void dryRunNeedsNoTargetAndWritesNone()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        QCOMPARE(program.run({"fold", "m.onnx", "--dry-run"}).code, 0);
        QCOMPARE(program.run({"fold", "m.onnx", "--dry-run", "-o", "out.onnx"}).code, 0);
        const Run run = program.run({"fold", "m.onnx", "--dry-run", "--json"});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.json()["folded"].toInt(), 1);
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void foldsOnlyTheChosen()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
        model.conv("c2", {.in = 4}).batchNorm("bn2").relu();
        program.write("m.onnx", model.bytes());
        const QString id = idOf(program, "foldable");
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", id}).code, 0);
        QCOMPARE(batchNormsIn(program.read("out.onnx")), 1);
        QVERIFY(differenceInRuns(program.read("m.onnx"), program.read("out.onnx")).empty());
    }

    // More weights than are looked at before they are written, and one of them times 2^20 is infinite.
    void writesNoInfinityThatNobodyAskedFor()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 64, 1, 1});
        std::vector<double> numbers(65 * 64, 0.5);
        numbers.back() = 0x1p110;
        model.constant("heavy", {65, 64, 1, 1}, numbers);
        model.conv("c1", {.out = 65, .in = 64, .kernel = {1, 1}, .weight = "heavy"});
        BatchNormSpec large;
        large.scale = std::vector(65, 0x1p20);
        large.variance = std::vector(65, 1.0);
        program.write("m.onnx", model.batchNorm("bn1", large).bytes());
        program.write("out.onnx", "as it was");
        for (const char* data : {"keep", "external"}) {
            const Run refused = program.run({"fold", "m.onnx", "-o", "out.onnx", "--data", data});
            QCOMPARE(refused.code, 4);
            QVERIFY2(refused.err.contains("\"heavy\" infinite in float"), refused.err.constData());
            QVERIFY2(refused.out.isEmpty(), refused.out.constData());
            QCOMPARE(program.read("out.onnx"), std::string("as it was"));
            QCOMPARE(program.files(), QStringList({"m.onnx", "out.onnx"}));
        }
        const Run allowed = program.run({"fold", "m.onnx", "-o", "out.onnx", "--allow-overflow"});
        QCOMPARE(allowed.code, 0);
        QVERIFY2(allowed.err.contains("1 weight of \"heavy\" became infinite"), allowed.err.constData());
        QCOMPARE(batchNormsIn(program.read("out.onnx")), 0);
    }

    void refusesAnUnknownOrBlockedChoice()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run unknown = program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", "no-such-id"});
        QCOMPARE(unknown.code, 2);
        QVERIFY2(unknown.err.contains("no-such-id"), unknown.err.constData());
        const QString id = idOf(program, "blocked");
        const Run blocked = program.run({"fold", "m.onnx", "-o", "out.onnx", "--only", id});
        QCOMPARE(blocked.code, 2);
        QVERIFY2(blocked.err.contains("gate"), blocked.err.constData()); // why
        QVERIFY(blocked.out.isEmpty());
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void refusesArgumentsThatMakeNoSense_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("nothing") << QStringList{};
        QTest::newRow("an unknown command") << QStringList{"melt", "m.onnx"};
        QTest::newRow("an unknown option") << QStringList{"fold", "m.onnx", "--melt"};
        QTest::newRow("no model") << QStringList{"pairs"};
        QTest::newRow("neither -o nor --dry-run") << QStringList{"fold", "m.onnx"};
        QTest::newRow("two models") << QStringList{"pairs", "m.onnx", "m.onnx"};
    }

    void refusesArgumentsThatMakeNoSense()
    {
        QFETCH(QStringList, arguments);
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run(arguments);
        QCOMPARE(run.code, 2);
        QVERIFY(!run.err.isEmpty());
        QVERIFY2(run.out.isEmpty(), run.out.constData());
    }

    void helpsAndTellsItsVersion()
    {
        const Program program;
        for (const QStringList& arguments : {QStringList{"--help"}, {"fold", "--help"}, {"--version"}}) {
            const Run run = program.run(arguments);
            QCOMPARE(run.code, 0);
            QVERIFY(!run.out.isEmpty());
        }
    }

    void refusesWhatIsNoModel_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        const std::string good = oneFoldsOneDoesNot().bytes();
        const auto raw = [](const std::string& text) {
            return QByteArray(text.data(), static_cast<qsizetype>(text.size()));
        };
        QTest::newRow("missing") << "missing.onnx" << QByteArray();
        QTest::newRow("directory") << "folder" << QByteArray();
        QTest::newRow("empty") << "empty.onnx" << QByteArray("");
        QTest::newRow("text") << "text.onnx" << QByteArray("This is not a model.\nIt is a letter.\n");
        QTest::newRow("zeros") << "zeros.onnx" << QByteArray(4096, '\0');
        for (const double part : {0.1, 0.5, 0.9, 0.999})
            QTest::addRow("truncated at %g", part)
                << "cut.onnx"
                << raw(good.substr(0, static_cast<std::size_t>(part * static_cast<double>(good.size()))));
        QTest::newRow("dims and bytes disagree") << "dims.onnx" << raw(withAWeightOfTheWrongLength());
        QTest::newRow("recursive function") << "recursive.onnx" << raw(recursive());
    }

    void refusesWhatIsNoModel()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        const Program program;
        if (name == "folder")
            QVERIFY(QDir().mkdir(program.path(name)));
        else if (!bytes.isNull())
            program.write(name, bytes.toStdString());
        const QStringList before = program.files();
        for (const QStringList& arguments : {QStringList{"info", name},
                                             {"info", name, "--json"},
                                             {"pairs", name, "--json"},
                                             {"fold", name, "-o", "out.onnx"}}) {
            const Run run = program.run(arguments);
            QCOMPARE(run.code, 3);
            QVERIFY2(run.err.contains(name.toUtf8()), run.err.constData());
            QVERIFY(run.err.size() > name.size() + 20); // a sentence, not a shrug
            QVERIFY2(run.out.isEmpty(), run.out.constData());
        }
        QCOMPARE(program.files(), before);
    }

    void saysWhichTensorIsWrong()
    {
        const Program program;
        program.write("m.onnx", withAWeightOfTheWrongLength());
        const Run run = program.run({"info", "m.onnx"});
        QVERIFY2(run.err.contains("c1.weight") && run.err.contains("17"), run.err.constData());
    }

    void refusesATargetThatCannotBeWritten()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        QVERIFY(QDir().mkdir(program.path("folder")));
        for (const char* target : {"no/such/folder/out.onnx", "folder", "m.onnx/out.onnx"}) {
            const Run run = program.run({"fold", "m.onnx", "-o", target});
            QCOMPARE(run.code, 4);
            QVERIFY2(run.err.contains(target), run.err.constData());
        }
        const Run report = program.run({"fold", "m.onnx", "--dry-run", "--report", "no/such/report.json"});
        QCOMPARE(report.code, 4);
        QCOMPARE(program.files(), (QStringList{"folder", "m.onnx"}));
    }

    void refusesAReportOverAModel()
    {
        const Program program;
        const std::string model = oneFoldsOneDoesNot().bytes();
        program.write("m.onnx", model);
        for (const char* report : {"m.onnx", "./m.onnx", "./out.onnx"}) {
            const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--report", report});
            QCOMPARE(run.code, 2);
            QVERIFY2(run.err.contains("--report"), run.err.constData());
        }
        QCOMPARE(program.read("m.onnx"), model);
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void leavesTheTargetAloneWhenTheDiskIsFull()
    {
        const Program program;
        ModelBuilder model; // more than the limit below
        model.input("x", {1, 64, 8, 8}).conv("c1", {.out = 64, .in = 64}).batchNorm("bn1");
        program.write("m.onnx", model.bytes());
        program.write("out.onnx", "what was here before");
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"}, [] {
            const rlimit limit{20000, 20000};
            setrlimit(RLIMIT_FSIZE, &limit);
            std::signal(SIGXFSZ, SIG_IGN);
        });
        QCOMPARE(run.code, 4);
        QCOMPARE(program.read("out.onnx"), std::string("what was here before"));
        QCOMPARE(program.files(), (QStringList{"m.onnx", "out.onnx"}));
    }

    void replacesTheTargetAndKeepsItsModeAndLinks()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        program.write("real.onnx", "old");
        const auto mode = QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther;
        QVERIFY(QFile::setPermissions(program.path("real.onnx"), mode));
        QVERIFY(QFile::link("real.onnx", program.path("link.onnx")));
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "link.onnx"}).code, 0);
        QVERIFY(QFileInfo(program.path("link.onnx")).isSymLink());
        QCOMPARE(batchNormsIn(program.read("real.onnx")), 1);
        const auto kept = QFile::permissions(program.path("real.onnx"));
        QVERIFY(kept.testFlag(QFile::ReadOther) && !kept.testFlag(QFile::ReadGroup));
    }

    void foldsOverItsOwnSource()
    {
        const Program program;
        const std::string before = oneFoldsOneDoesNot().bytes();
        program.write("m.onnx", before);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "m.onnx"}).code, 0);
        QCOMPARE(batchNormsIn(program.read("m.onnx")), 1);
        QCOMPARE(differenceInRuns(before, program.read("m.onnx")), std::string());
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void endsWith130WhenInterrupted()
    {
        const Program program;
        ModelBuilder model; // long enough to read that the signal is seen before the end
        model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1");
        for (int i = 0; i < 60000; ++i)
            model.then("Relu");
        model.output();
        program.write("m.onnx", model.modelProto().SerializeAsString());
        program.write("out.onnx", "what was here before");
        // Blocked and pending before the program starts: it cannot come too early.
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"}, [] {
            sigset_t interrupt;
            sigemptyset(&interrupt);
            sigaddset(&interrupt, SIGINT);
            sigprocmask(SIG_BLOCK, &interrupt, nullptr);
            kill(getpid(), SIGINT);
        });
        QCOMPARE(run.code, 130);
        QCOMPARE(program.read("out.onnx"), std::string("what was here before"));
        QCOMPARE(program.files(), (QStringList{"m.onnx", "out.onnx"}));
    }
};

QTEST_GUILESS_MAIN(CliExitTest)
#include "test_cli_exit.moc"
