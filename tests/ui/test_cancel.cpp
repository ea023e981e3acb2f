// SPDX-License-Identifier: GPL-3.0-or-later
// Somebody opens or exports and presses Cancel, at the first step of the work, at the last and between: the
// document and every file are as they were.
#include "tests/ui/Gate.h"
#include "tests/ui/WindowFixture.h"
#include "ui/widgets/MessageBar.h"
#include "ui/window/MainWindow.h"

#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <set>
#include <thread>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

// The first step, the last, and some between.
std::set<int> someOf(int steps)
{
    std::set<int> chosen;
    for (int quarter = 0; quarter <= 4; ++quarter)
        chosen.insert(1 + (steps - 1) * quarter / 4);
    return chosen;
}

} // namespace

class TestCancel final : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_model;

    // A window with the model in it, all of it folded.
    std::unique_ptr<MainWindow> window()
    {
        auto made = std::make_unique<MainWindow>(std::filesystem::path());
        made->show();
        QSignalSpy opened(&made->workspace().document(), &Document::openedModel);
        QSignalSpy folded(&made->workspace().document(), &Document::currentChanged);
        made->openPath(m_model);
        if (!opened.wait(10000))
            qFatal("the model did not open");
        made->workspace().document().foldAll();
        if (!folded.wait(10000))
            qFatal("nothing was folded");
        made->messages().dismiss(); // which says how much was
        return made;
    }

    static int steps(MainWindow& window, const QString& lane, const std::function<void(MainWindow&)>& start)
    {
        Gate gate(lane);
        gate.listenTo(window.workspace().jobs());
        start(window);
        const bool ended = QTest::qWaitFor([&] { return !window.workspace().jobs().isBusy(lane); }, 10000);
        window.workspace().jobs().setListener({});
        return ended ? gate.step.load() : 0;
    }

    static void pressCancel(MainWindow& window)
    {
        auto* button = part<QToolButton>(window, "statusCancel");
        QTRY_VERIFY(button->isVisible());
        click(button);
    }

    void cancelEverywhere(const QString& lane, const std::function<void(MainWindow&)>& start)
    {
        const int all = steps(*window(), lane, start);
        QVERIFY(all > 0);
        init(); // what that one wrote is not ours to look at
        const auto before = filesIn(*m_folder);
        for (const int step : someOf(all)) {
            auto shown = window();
            const auto opened = shown->workspace().document().opened();
            const auto current = shown->workspace().document().current();
            Gate gate(lane, step);
            gate.listenTo(shown->workspace().jobs());
            QSignalSpy failed(&shown->workspace().document(), &Document::failed);
            start(*shown);
            QTRY_VERIFY(gate.waiting);
            pressCancel(*shown);
            gate.open.release();
            QVERIFY(!shown->workspace().jobs().isBusy(lane));
            QVERIFY(shown->workspace().document().opened() == opened);
            QVERIFY(shown->workspace().document().current() == current);
            QVERIFY(shown->workspace().document().hasUnsavedChanges());
            QVERIFY(!shown->messages().isVisible());
            QCOMPARE(failed.size(), 0);
            shown.reset(); // waits for the work to end
            QCOMPARE(filesIn(*m_folder).keys(), before.keys());
            QVERIFY2(filesIn(*m_folder) == before, qPrintable(u"step %1 of %2"_s.arg(step).arg(all)));
        }
    }

private Q_SLOTS:
    void init()
    {
        m_settings = std::make_unique<QTemporaryDir>();
        m_folder = std::make_unique<QTemporaryDir>();
        isolate(*m_settings);
        m_model = sampleWithDataFile(*m_folder);
        modelWithoutBatchNorms(*m_folder);
    }

    void leavesTheDocumentWhenOpeningIsCancelled()
    {
        cancelEverywhere(u"open"_s, [this](MainWindow& window) {
            window.workspace().document().openPath(m_folder->filePath(u"plain.onnx"_s));
        });
    }

    void leavesNoFileWhenAnExportIsCancelled_data()
    {
        QTest::addColumn<QString>("target");
        QTest::addColumn<int>("data");
        const std::array places{std::pair{"keep", DataPlacement::Keep},
                                std::pair{"inline", DataPlacement::Inline},
                                std::pair{"external", DataPlacement::External}};
        for (const auto& [name, data] : places) {
            QTest::addRow("%s, a new file", name) << u"new.onnx"_s << int(data);
            QTest::addRow("%s, over another file", name) << u"plain.onnx"_s << int(data);
            QTest::addRow("%s, over its source", name) << u"digits.onnx"_s << int(data);
        }
    }
    void leavesNoFileWhenAnExportIsCancelled()
    {
        QFETCH(QString, target);
        QFETCH(int, data);
        cancelEverywhere(u"export"_s, [this, target, data](MainWindow& window) {
            window.workspace().document().exportTo(m_folder->filePath(target),
                                                   static_cast<DataPlacement>(data));
        });
    }

    void stillClosesAfterTheExportWhenAnotherJobIsCancelled()
    {
        const auto shown = window();
        Gate gate(u"export"_s, 1);
        gate.listenTo(shown->workspace().jobs());
        // Older than the export, and more urgent: this is what Cancel stops.
        shown->workspace().jobs().start(
            u"other"_s, u"Other"_s, shown.get(),
            [](Progress&, std::stop_token stop) {
                while (!stop.stop_requested())
                    std::this_thread::yield();
                return 0;
            },
            [](int) {}, JobDisplay::Shown, JobPriority::LookedAt);
        answerNextQuestion(u"Export"_s);
        QVERIFY(!shown->close());
        const QString target = m_folder->filePath(u"target.onnx"_s);
        chooseFile(*shown, target);
        click(part<QAbstractButton>(*shown, "exportWrite"));
        QTRY_VERIFY(gate.waiting);
        pressCancel(*shown);
        QVERIFY(!shown->workspace().jobs().isBusy(u"other"_s));
        QVERIFY(shown->workspace().document().isExporting());
        // Nor does an error of something else.
        QSignalSpy failed(&shown->workspace().document(), &Document::failed);
        shown->workspace().document().openPath(m_folder->filePath(u"missing.onnx"_s));
        QVERIFY(failed.wait());
        gate.open.release();
        QTRY_VERIFY(!shown->isVisible());
        QVERIFY(QFile::exists(target));
    }

    void forgetsThatItWasToCloseWhenTheExportIsCancelled()
    {
        const auto shown = window();
        Gate gate(u"export"_s, 1);
        gate.listenTo(shown->workspace().jobs());
        answerNextQuestion(u"Export"_s);
        QVERIFY(!shown->close());
        chooseFile(*shown, m_folder->filePath(u"target.onnx"_s));
        click(part<QAbstractButton>(*shown, "exportWrite"));
        QTRY_VERIFY(gate.waiting);
        pressCancel(*shown);
        gate.open.release();
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(m_folder->filePath(u"later.onnx"_s));
        QVERIFY(exported.wait());
        QVERIFY(shown->isVisible());
    }
};

QTEST_MAIN(TestCancel)
#include "test_cancel.moc"
