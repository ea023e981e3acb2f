// SPDX-License-Identifier: GPL-3.0-or-later
// About Pleat: what it says of ONNX Runtime, and how another one is chosen.
#include "core/worker/Tasks.h"
#include "tests/ui/WindowFixture.h"
#include "ui/document/Settings.h"
#include "ui/window/AboutBox.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

class TestAbout final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void init() { isolate(m_folder); }

    // A program that is no worker stands for one whose ONNX Runtime crashes.
    void saysWhatBecameOfOnnxRuntime()
    {
        MainWindow window(std::filesystem::path("/bin/false"));
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keySequence(&window, QKeySequence(QStringLiteral("Shift+F1")));
        auto* box = window.findChild<AboutBox*>();
        QVERIFY(box && box->isVisible());
        QVERIFY(part<QLabel>(*box, "aboutName")->text().contains(QLatin1StringView(PLEAT_VERSION)));
        QTRY_VERIFY_WITH_TIMEOUT(box->runtimeText().contains(QStringLiteral("ONNX Runtime crashed")), 10000);
        box->accept();
        QTRY_VERIFY(!window.findChild<AboutBox*>());
    }

    // The worker is this program; what is chosen is tried by it before it is remembered.
    void takesAnotherOnnxRuntimeOnlyWhereItCanBeUsed()
    {
        MainWindow window(std::filesystem::path("/proc/self/exe"));
        window.show();
        AboutBox box(window.workspace(), &window);
        box.open();
        const auto choose = [&box](const QString& file) {
            QSignalSpy found(&box, &AboutBox::found);
            click(part<QPushButton>(box, "aboutChoose"));
            chooseFile(box, file);
            return !found.isEmpty() || found.wait(20000);
        };
        auto* automatic = part<QPushButton>(box, "aboutAutomatic");
        QTRY_VERIFY_WITH_TIMEOUT(box.runtimeText().startsWith(QStringLiteral("Version 1.")), 20000);
        const QString library = box.runtimeText().section(QStringLiteral("from "), 1);
        QVERIFY(!automatic->isEnabled());
        QVERIFY(choose(sampleModel())); // is no library at all
        QVERIFY(part<QLabel>(box, "aboutRefused")->isVisible());
        QVERIFY2(part<QLabel>(box, "aboutRefused")
                     ->text()
                     .startsWith(QStringLiteral("digits.onnx was not taken.")),
                 qPrintable(part<QLabel>(box, "aboutRefused")->text()));
        QCOMPARE(Settings::onnxRuntime(), QString());
        QSignalSpy changed(&window.workspace(), &Workspace::onnxRuntimeChanged);
        QVERIFY(choose(library));
        QVERIFY(!part<QLabel>(box, "aboutRefused")->isVisible());
        QCOMPARE(Settings::onnxRuntime(), library);
        QCOMPARE(window.workspace().workerPlace().onnxRuntime.string(), library.toStdString());
        QCOMPARE(changed.size(), 1);
        QVERIFY(automatic->isEnabled());
        click(automatic);
        QCOMPARE(Settings::onnxRuntime(), QString());
        QVERIFY(!automatic->isEnabled());
    }

    void saysThatAChosenLibraryIsGoneAndFindsAnother()
    {
        Settings::setOnnxRuntime(m_folder.filePath(QStringLiteral("gone.so")));
        MainWindow window(std::filesystem::path("/proc/self/exe"));
        AboutBox box(window.workspace(), &window);
        box.open();
        QTRY_VERIFY_WITH_TIMEOUT(box.runtimeText().contains(QStringLiteral("gone.so")), 20000);
        auto* automatic = part<QPushButton>(box, "aboutAutomatic");
        click(automatic);
        QTRY_VERIFY_WITH_TIMEOUT(box.runtimeText().startsWith(QStringLiteral("Version 1.")), 20000);
        QCOMPARE(Settings::onnxRuntime(), QString());
        QVERIFY(!automatic->isEnabled());
    }

    void saysNothingOfItWithoutAWorker()
    {
        MainWindow window({});
        const AboutBox box(window.workspace(), &window);
        QVERIFY(box.runtimeText().isEmpty());
        QVERIFY(!box.findChild<QPushButton*>(QStringLiteral("aboutChoose")));
    }
};

// This program is the worker, too.
int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    QApplication application(argc, argv);
    TestAbout test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_about.moc"
