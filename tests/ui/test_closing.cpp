// SPDX-License-Identifier: GPL-3.0-or-later
// Closing, opening and exporting again while something is being written: it is asked or waited for, and never
// thrown away.
#include "tests/ui/Gate.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphPane.h"
#include "ui/widgets/MessageBar.h"
#include "ui/window/MainWindow.h"

#include <QFile>
#include <QMessageBox>
#include <QSignalSpy>
#include <QTest>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

class TestClosing final : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    // A window with the unchanged sample in it: there is nothing else to ask about.
    static std::unique_ptr<MainWindow> window()
    {
        auto made = std::make_unique<MainWindow>(std::filesystem::path());
        made->show();
        QSignalSpy opened(&made->workspace().document(), &Document::openedModel);
        QSignalSpy drawn(&made->graph(), &GraphPane::sceneShown);
        made->openPath(sampleModel());
        if (!opened.wait(10000) || (drawn.isEmpty() && !drawn.wait(10000)))
            qFatal("the sample did not open");
        return made;
    }

    QString target(const char* name) const { return m_folder->filePath(QString::fromLatin1(name)); }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        isolate(*m_folder);
    }

    void waitsForAnExportThatRuns()
    {
        Gate gate(u"export"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        shown->workspace().document().exportTo(target("first.onnx"));
        QTRY_VERIFY(gate.waiting);
        answerNextQuestion(u"Wait"_s);
        QVERIFY(!shown->close());
        QVERIFY(shown->isVisible());
        gate.open.release();
        QTRY_VERIFY(!shown->isVisible());
        QVERIFY(QFile::exists(target("first.onnx")));
    }

    void staysWhenNobodyWantsToWait()
    {
        Gate gate(u"export"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(target("first.onnx"));
        QTRY_VERIFY(gate.waiting);
        answerNextQuestion(u"Cancel"_s);
        QVERIFY(!shown->close());
        gate.open.release();
        QVERIFY(exported.wait());
        QVERIFY(shown->isVisible());
    }

    void leavesTheTargetWhenToldToStop()
    {
        Gate gate(u"export"_s, 1);
        auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        shown->workspace().document().exportTo(target("first.onnx"));
        shown->workspace().document().exportTo(target("second.onnx"));
        QTRY_VERIFY(gate.waiting);
        answerNextQuestion(u"Stop"_s);
        QVERIFY(shown->close());
        gate.open.release();
        shown.reset(); // waits for the work to end
        QVERIFY(!QFile::exists(target("first.onnx")));
        QVERIFY(!QFile::exists(target("second.onnx")));
    }

    void writesASecondExportBehindTheFirst()
    {
        Gate gate(u"export"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        QSignalSpy ended(&shown->workspace().document(), &Document::exportsEnded);
        shown->workspace().document().exportTo(target("first.onnx"));
        QTRY_VERIFY(gate.waiting);
        shown->workspace().document().exportTo(target("second.onnx"));
        QCOMPARE(shown->workspace().document().beingExported(),
                 (QStringList{u"first.onnx"_s, u"second.onnx"_s}));
        answerNextQuestion(u"Wait"_s);
        QVERIFY(!shown->close());
        gate.open.release();
        QTRY_VERIFY(!shown->isVisible());
        QCOMPARE(exported.size(), 2);
        QCOMPARE(ended.size(), 1);
        QVERIFY(QFile::exists(target("first.onnx")));
        QVERIFY(QFile::exists(target("second.onnx")));
    }

    void staysWhenTheExportItWaitsForFails()
    {
        Gate gate(u"export"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        QVERIFY(QDir(m_folder->path()).mkdir(u"directory.onnx"_s));
        shown->workspace().document().exportTo(target("first.onnx"));
        QTRY_VERIFY(gate.waiting);
        shown->workspace().document().exportTo(target("directory.onnx"));
        answerNextQuestion(u"Wait"_s);
        QVERIFY(!shown->close());
        QSignalSpy ended(&shown->workspace().document(), &Document::exportsEnded);
        gate.open.release();
        QVERIFY(ended.wait());
        QCOMPARE(ended.constFirst().constFirst().toBool(), false);
        QVERIFY(shown->isVisible());
        QVERIFY(shown->messages().message().kind == MessageBar::Kind::Error);
    }

    void opensAnotherModelWhenTheExportIsDone()
    {
        Gate gate(u"export"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        shown->workspace().document().exportTo(target("first.onnx"));
        QTRY_VERIFY(gate.waiting);
        answerNextQuestion(u"Wait"_s);
        QSignalSpy opened(&shown->workspace().document(), &Document::openedModel);
        shown->openPath(modelWithoutBatchNorms(*m_folder));
        QCOMPARE(opened.size(), 0);
        gate.open.release();
        QVERIFY(opened.wait());
        QVERIFY(QFile::exists(target("first.onnx")));
    }

    void waitsForAnImageThatIsPainted()
    {
        Gate gate(u"image"_s, 1);
        const auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        auto* action = shown->findChild<QAction*>(u"actionExportImage"_s);
        QVERIFY(action);
        action->trigger();
        chooseFile(*shown, target("graph.svg"));
        QTRY_VERIFY(shown->findChild<QPushButton*>(u"imageWrite"_s));
        shown->findChild<QPushButton*>(u"imageWrite"_s)->click();
        QTRY_VERIFY(gate.waiting); // painted elsewhere: the window is here to be asked
        QVERIFY(!action->isEnabled());
        answerNextQuestion(u"Wait"_s);
        QVERIFY(!shown->close());
        gate.open.release();
        QTRY_VERIFY(!shown->isVisible());
        QVERIFY(QFile::exists(target("graph.svg")));
    }

    void leavesNoImageThatWasCancelled()
    {
        Gate gate(u"image"_s, 1);
        auto shown = window();
        gate.listenTo(shown->workspace().jobs());
        bool told = false;
        shown->graph().saveImage(target("graph.pdf"), {}, [&told](const QString&) { told = true; });
        QTRY_VERIFY(gate.waiting);
        shown->graph().cancelImage();
        gate.open.release();
        shown.reset();
        QVERIFY(!told);
        QVERIFY(!QFile::exists(target("graph.pdf")));
    }
};

QTEST_MAIN(TestClosing)
#include "test_closing.moc"
