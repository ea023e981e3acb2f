// SPDX-License-Identifier: GPL-3.0-or-later
// The program itself: its options, and the second process that infers shapes for its window.
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/window/MainWindow.h"

#include <QFile>
#include <QImage>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

class TestGuiProgram final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    struct Run {
        int code = -1;
        QString out;
        QString err;
    };
    static Run run(const QStringList& arguments)
    {
        QProcess process;
        process.start(QStringLiteral(PLEAT_PROGRAM), arguments);
        if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit)
            return {};
        return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void tellsItsVersion()
    {
        const Run version = run({QStringLiteral("--version")});
        QCOMPARE(version.code, 0);
        QCOMPARE(version.out.trimmed(), QStringLiteral("pleat " PLEAT_VERSION));
    }

    void writesPicturesOfTheGraph()
    {
        const std::pair<const char*, QByteArray> kinds[] = {
            {"svg", "<?xml"}, {"png", "\x89PNG"}, {"pdf", "%PDF"}};
        for (const auto& [ending, magic] : kinds) {
            const QString target = m_folder.filePath(QStringLiteral("graph.") + QLatin1StringView(ending));
            QCOMPARE(run({sampleModel(), QStringLiteral("--export-graph"), target}).code, 0);
            QFile file(target);
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY2(file.readAll().startsWith(magic), ending);
        }
    }

    void writesThemInTheColoursAndOfTheSizeThatIsAsked()
    {
        const QString small = m_folder.filePath(QStringLiteral("small.png")),
                      large = m_folder.filePath(QStringLiteral("large.png"));
        const QString option = QStringLiteral("--export-graph");
        QCOMPARE(run({sampleModel(), option, small}).code, 0);
        QCOMPARE(run({sampleModel(), option, large, QStringLiteral("--image-theme"), QStringLiteral("dark"),
                      QStringLiteral("--image-scale=2")})
                     .code,
                 0);
        QCOMPARE(QImage(large).size(), QImage(small).size() * 2);
        QCOMPARE(QImage(small).pixelColor(1, 1), Theme::lightTheme().canvas);
        QCOMPARE(QImage(large).pixelColor(1, 1), Theme::darkTheme().canvas);
        const Run huge = run({sampleModel(), option, large, QStringLiteral("--image-scale=8")});
        QCOMPARE(huge.code, 0);
        QVERIFY2(huge.err.contains(QStringLiteral("made smaller")), qPrintable(huge.err));
        for (const char* wrong : {"--image-scale=0", "--image-scale=nan", "--image-theme=blue"})
            QCOMPARE(run({sampleModel(), option, large, QLatin1StringView(wrong)}).code, 2);
    }

    void refusesWithASentenceAndACode()
    {
        const QString target = m_folder.filePath(QStringLiteral("no.svg"));
        const Run missing =
            run({QStringLiteral("/no/such/model.onnx"), QStringLiteral("--export-graph"), target});
        QCOMPARE(missing.code, 3);
        QVERIFY(missing.err.contains(QStringLiteral("model.onnx")));
        QCOMPARE(run({sampleModel(), QStringLiteral("--export-graph"), QStringLiteral("graph.bmp")}).code, 2);
        QCOMPARE(
            run({sampleModel(), QStringLiteral("--export-graph"), QStringLiteral("/no/such/folder/a.svg")})
                .code,
            4);
        QCOMPARE(run({QStringLiteral("--export-graph"), target}).code, 2);
        const Run two = run({sampleModel(), sampleModel(), QStringLiteral("--export-graph"), target});
        QCOMPARE(two.code, 2);
        QVERIFY(two.err.contains(QStringLiteral("draws one model")));
        QCOMPARE(run({sampleModel(), sampleModel(), sampleModel()}).code, 2);
        QVERIFY(!QFile::exists(target));
    }

    void labelsEveryEdgeWithAShapeFromItsWorker()
    {
        MainWindow window(std::filesystem::path(PLEAT_PROGRAM));
        window.show();
        QSignalSpy typed(&window.workspace().document(), &Document::typesChanged);
        window.openPath(sampleModel());
        QVERIFY(typed.wait(30000));
        QVERIFY2(window.workspace().document().typesProblem().isEmpty(),
                 qPrintable(window.workspace().document().typesProblem()));
        const auto isLabelled = [&] {
            const auto& edges = window.graph().canvas().scene().edges;
            return !edges.empty() && std::all_of(edges.begin(), edges.end(),
                                                 [](const SceneEdge& edge) { return !edge.label.isEmpty(); });
        };
        QTRY_VERIFY(isLabelled());
        QCOMPARE(window.graph().canvas().scene().edges.front().label, QStringLiteral("batch×1×8×8"));
    }
};

QTEST_MAIN(TestGuiProgram)
#include "test_gui_program.moc"
