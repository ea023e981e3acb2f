// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli is killed, and interrupted, at random moments of a fold over its own output: what is there then
// is the old model or the new one, whole, with its data file. test_save_killed does it at each system call;
// here it is the program, real files and the real clock.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>
#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string largeModel(std::uint32_t seed) // 15 MB, most of it folded
{
    ModelBuilder model(seed);
    model.input("x", {1, 3, 4, 4}).conv("stem", {.out = 256, .in = 3, .pads = {1, 1, 1, 1}});
    for (int i = 0; i < 6; ++i) {
        const std::string n = std::to_string(i);
        model.conv("c" + n, {.out = 256, .in = 256, .pads = {1, 1, 1, 1}}).batchNorm("bn" + n).relu();
    }
    return model.bytes();
}

// The model with all its data inside, read by ONNX's own classes; "" when it is not whole.
std::string whole(const Program& program, const QString& name)
{
    onnx::ModelProto model;
    if (!model.ParseFromString(program.read(name)))
        return {};
    std::map<std::string, std::string> files;
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.data_location() != onnx::TensorProto::EXTERNAL)
            continue;
        std::map<std::string, std::string> entries;
        for (const auto& entry : tensor.external_data())
            entries[entry.key()] = entry.value();
        const auto [file, isNew] = files.try_emplace(entries["location"]);
        if (isNew)
            file->second = program.read(QString::fromStdString(entries["location"]));
        const std::size_t offset = std::stoul(entries["offset"]);
        const std::size_t length = std::stoul(entries["length"]);
        if (file->second.size() < offset + length)
            return {};
        tensor.set_raw_data(file->second.substr(offset, length));
        tensor.clear_external_data();
        tensor.clear_data_location();
    }
    return model.SerializeAsString();
}

// Temporaries, and data files to which the model may not refer any more or not yet.
bool isLeftover(const QString& name)
{
    static const QRegularExpression names(R"(^(\.pleat-[0-9a-f]{16}\.tmp|out\.onnx\.\d+\.data)$)");
    return names.match(name).hasMatch();
}

} // namespace

class CliKilledTest final : public QObject {
    Q_OBJECT

private:
    struct Case {
        std::string source, folded; // the latter whole
    };
    std::vector<Case> m_cases;

    QStringList command(int which, const QString& data) const
    {
        return {"fold", QString("m%1.onnx").arg(which), "-o", "out.onnx", "--data", data};
    }

    // What a fold takes, in microseconds; the shortest time counts, so that most signals come before its end.
    static qint64 duration(const Program& program, const QStringList& arguments)
    {
        qint64 shortest = 0;
        for (int run = 0; run < 3; ++run) {
            QElapsedTimer time;
            time.start();
            const int code = program.run(arguments).code;
            const qint64 taken = code == 0 ? time.nsecsElapsed() / 1000 : 0;
            shortest = run == 0 ? taken : std::min(shortest, taken);
        }
        return shortest;
    }

    static void addRows()
    {
        QTest::addColumn<QString>("data");
        QTest::newRow("one file") << "inline";
        QTest::newRow("with a data file") << "external";
    }

private slots:
    void initTestCase()
    {
        for (const std::uint32_t seed : {1u, 2u}) {
            const Program program;
            const std::string source = largeModel(seed);
            program.write("m0.onnx", source);
            QCOMPARE(program.run(command(0, "external")).code, 0);
            m_cases.push_back({source, whole(program, "out.onnx")});
            QCOMPARE(differenceInRuns(source, m_cases.back().folded), std::string());
        }
        QVERIFY(m_cases[0].folded != m_cases[1].folded);
    }

    void leavesTheOldOrTheNewWhenKilled_data() { addRows(); }

    void leavesTheOldOrTheNewWhenKilled()
    {
        QFETCH(QString, data);
        const Program program;
        for (std::size_t i = 0; i < m_cases.size(); ++i)
            program.write(QString("m%1.onnx").arg(i), m_cases[i].source);
        const auto latest = int(duration(program, command(0, data)) * 5 / 4);
        QVERIFY(latest > 0);
        std::string before = m_cases[0].folded;
        QRandomGenerator moments(20);
        int killed = 0;
        for (int round = 1; round <= 20; ++round) {
            const int which = round % 2;
            const Run run = program.interrupt(command(which, data), SIGKILL, moments.bounded(latest));
            QVERIFY2(run.signal == SIGKILL || run.code == 0, run.err.constData());
            killed += run.signal == SIGKILL;
            const std::string now = whole(program, "out.onnx");
            const std::string& after = m_cases[std::size_t(which)].folded;
            QVERIFY2(now == after || (now == before && run.code != 0), std::to_string(round).c_str());
            QCOMPARE(program.run({"info", "out.onnx"}).code, 0);
            before = now;
        }
        qInfo("%d of 20 were killed before their end", killed);
        QVERIFY(killed >= 3);
        for (const QString& name : program.files())
            QVERIFY2(name == "out.onnx" || name == "m0.onnx" || name == "m1.onnx" || isLeftover(name),
                     qPrintable(name));
    }

    void leavesNothingWhenInterrupted_data() { addRows(); }

    void leavesNothingWhenInterrupted()
    {
        QFETCH(QString, data);
        const Program program;
        program.write("m0.onnx", m_cases[0].source);
        program.write("m1.onnx", m_cases[1].source);
        const auto latest = int(duration(program, command(0, data)) * 5 / 4);
        QVERIFY(latest > 0);
        std::string before = m_cases[0].folded;
        QRandomGenerator moments(30);
        int interrupted = 0;
        for (int round = 1; round <= 20; ++round) {
            const int which = round % 2;
            const int signal = std::array{SIGINT, SIGTERM, SIGHUP}[std::size_t(round) % 3];
            const QStringList files = program.files();
            const Run run = program.interrupt(command(which, data), signal, moments.bounded(latest));
            const std::string now = whole(program, "out.onnx");
            // Before the program looks at signals, it just ends.
            if (run.code == 130 || run.signal == signal) {
                QVERIFY2(now == before, std::to_string(round).c_str());
                QCOMPARE(program.files(), files);
                ++interrupted;
            } else {
                QCOMPARE(run.code, 0);
                QVERIFY(now == m_cases[std::size_t(which)].folded);
                before = now;
            }
        }
        qInfo("%d of 20 were interrupted before their end", interrupted);
        QVERIFY(interrupted >= 3);
        for (const QString& name : program.files())
            QVERIFY2(!name.endsWith(".tmp"), qPrintable(name));
    }

    // Over the very file that it reads.
    void leavesItsSourceOrTheNewWhenKilled()
    {
        const Program program;
        const Case& model = m_cases[0];
        QRandomGenerator moments(40);
        program.write("m0.onnx", model.source);
        const auto latest = int(duration(program, command(0, "external")));
        for (int round = 1; round <= 10; ++round) {
            program.write("out.onnx", model.source);
            const std::string before = whole(program, "out.onnx");
            const Run run = program.interrupt({"fold", "out.onnx", "-o", "out.onnx", "--data", "external"},
                                              SIGKILL, moments.bounded(latest));
            const std::string now = whole(program, "out.onnx");
            QVERIFY2(now == model.folded || (now == before && run.code != 0), std::to_string(round).c_str());
        }
    }

    // What nohup does: whoever starts the program decides.
    void ignoresWhatItWasToldToIgnore()
    {
        const Program program;
        program.write("m.onnx", m_cases[0].source);
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx"}, [] {
            sigset_t all;
            sigemptyset(&all);
            for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
                std::signal(signal, SIG_IGN);
                sigaddset(&all, signal);
            }
            sigprocmask(SIG_BLOCK, &all, nullptr);
            for (const int signal : {SIGHUP, SIGINT, SIGTERM})
                kill(getpid(), signal);
        });
        QCOMPARE(run.code, 0);
    }
};

QTEST_GUILESS_MAIN(CliKilledTest)
#include "test_cli_killed.moc"
