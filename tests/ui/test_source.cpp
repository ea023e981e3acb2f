// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the open model change under the window: what it says, what it still shows, what can be done.
#include "core/model/ModelReader.h"
#include "core/model/ModelWriter.h"
#include "tests/ui/FileChanges.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldPanel.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/MessageBar.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QFile>
#include <QLabel>
#include <QListView>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;
using Kind = SourceState::Kind;

class TestSource final : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_settings;
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_model, m_data;

    std::unique_ptr<MainWindow> window()
    {
        auto made = std::make_unique<MainWindow>(std::filesystem::path());
        made->show();
        QSignalSpy opened(&made->workspace().document(), &Document::openedModel);
        made->openPath(m_model);
        if (!opened.wait(10000) ||
            !QTest::qWaitFor([&] { return made->panel<WeightsPanel>().comparison() != nullptr; }))
            qFatal("the model did not open");
        return made;
    }

    static void fold(MainWindow& window)
    {
        QSignalSpy changed(&window.workspace().document(), &Document::currentChanged);
        click(part<QToolButton>(window, "toolFoldAll"));
        QVERIFY(changed.size() > 0 || changed.wait());
    }

    static QString sentence(MainWindow& window) { return part<QLabel>(window, "messageSentence")->text(); }
    static QToolButton* remedy(MainWindow& window) { return part<QToolButton>(window, "messageAction"); }

    static void choose(MainWindow& window, int row)
    {
        QListView& list = window.panel<FoldPanel>().list();
        list.setCurrentIndex(list.model()->index(row, 0));
    }

    void eachWay()
    {
        QTest::addColumn<bool>("data");
        QTest::newRow("the model file") << false;
        QTest::newRow("its data file") << true;
    }
    const QString& victim() const
    {
        QFETCH(bool, data);
        return data ? m_data : m_model;
    }

    // The bytes that were opened are gone.
    void expectUnreadable(void (*happens)(const QString&), const QString& words)
    {
        const auto shown = window();
        happens(victim());
        QTRY_VERIFY(shown->workspace().document().sourceState().kind == Kind::Rewritten);
        QVERIFY(shown->messages().isVisible());
        QVERIFY(shown->messages().message().kind == MessageBar::Kind::Error);
        QVERIFY2(sentence(*shown).contains(words), qPrintable(sentence(*shown)));
        QVERIFY(sentence(*shown).contains(QFileInfo(victim()).fileName()));
        QVERIFY(shown->windowTitle().contains(u"changed on disk"_s));
        QVERIFY(!shown->panel<WeightsPanel>().comparison());
        for (int row = 0; row < 3; ++row) {
            choose(*shown, row);
            QVERIFY(!shown->panel<WeightsPanel>().comparison());
            QVERIFY(!shown->workspace().jobs().isBusy(u"weights"_s));
        }
        // Nothing is made of them.
        QSignalSpy failed(&shown->workspace().document(), &Document::failed);
        click(part<QToolButton>(*shown, "toolFoldAll"));
        QCOMPARE(failed.size(), 1);
        QVERIFY(!shown->workspace().document().hasUnsavedChanges());
        QCOMPARE(remedy(*shown)->text(), u"Reload"_s);
        shown->messages().dismiss();
        click(part<QToolButton>(*shown, "toolExport")); // says why not instead of asking for a name
        QVERIFY(shown->messages().isVisible());
        QCOMPARE(remedy(*shown)->text(), u"Reload"_s);
    }

    // A model with its data, as one file.
    QByteArray whole(const QString& path) const
    {
        NoProgress progress;
        const QString target = m_settings->filePath(u"whole.onnx"_s);
        const auto opened = openModel(toPath(path), progress, {});
        if (!opened || !saveModel(opened->model, toPath(target), progress, {}, DataPlacement::Inline))
            return {};
        return contents(target);
    }

    // What was opened is still there: it shows, folds and exports as if nothing had happened.
    void expectReadable(void (*happens)(const QString&), Kind kind, const QString& words,
                        const QString& offer)
    {
        const QString inside = m_settings->filePath(u"inside.onnx"_s);
        const QString kept = m_folder->filePath(u"kept.onnx"_s);
        const auto shown = window();
        fold(*shown);
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(inside, DataPlacement::Inline);
        QVERIFY(exported.wait());
        const QByteArray expected = contents(inside);
        QVERIFY(!expected.isEmpty());
        shown->workspace().document().undoStack().undo();

        happens(victim());
        QTRY_VERIFY(shown->workspace().document().sourceState().kind == kind);
        QVERIFY(shown->messages().isVisible());
        QVERIFY2(sentence(*shown).contains(words), qPrintable(sentence(*shown)));
        QVERIFY(sentence(*shown).contains(QFileInfo(victim()).fileName()));
        QCOMPARE(remedy(*shown)->text(), offer);
        choose(*shown, 2);
        QTRY_VERIFY(shown->panel<WeightsPanel>().comparison());
        fold(*shown);
        QFile::remove(inside);
        shown->workspace().document().exportTo(inside, DataPlacement::Inline);
        QVERIFY(exported.wait());
        QVERIFY(contents(inside) == expected);
        // Beside the data file, to which it must not refer any more if that is another one now.
        shown->workspace().document().exportTo(kept);
        QVERIFY(exported.wait());
        QVERIFY(whole(kept) == expected);
    }

private Q_SLOTS:
    void init()
    {
        m_settings = std::make_unique<QTemporaryDir>();
        m_folder = std::make_unique<QTemporaryDir>();
        isolate(*m_settings);
        m_model = sampleWithDataFile(*m_folder);
        m_data = m_folder->filePath(u"weights.data"_s);
        age(m_model);
        age(m_data);
    }

    void clearsTheWeightsOfATruncatedFile_data() { eachWay(); }
    void clearsTheWeightsOfATruncatedFile() { expectUnreadable(truncate, u"was cut short"_s); }

    void clearsTheWeightsOfAnOverwrittenFile_data() { eachWay(); }
    void clearsTheWeightsOfAnOverwrittenFile() { expectUnreadable(overwrite, u"was changed"_s); }

    void takesATouchedFileForChanged_data() { eachWay(); }
    void takesATouchedFileForChanged() { expectUnreadable(touch, u"was changed"_s); }

    void goesOnWithAFileThatWasReplaced_data() { eachWay(); }
    void goesOnWithAFileThatWasReplaced()
    {
        expectReadable(replace, Kind::Replaced, u"was replaced on disk"_s, u"Reload"_s);
    }

    void goesOnWithAFileThatWasDeleted_data() { eachWay(); }
    void goesOnWithAFileThatWasDeleted()
    {
        expectReadable(remove, Kind::Deleted, u"was deleted"_s, u"Export…"_s);
    }

    void goesOnWithAFileThatWasDeletedAndMadeAgain_data() { eachWay(); }
    void goesOnWithAFileThatWasDeletedAndMadeAgain()
    {
        expectReadable(recreate, Kind::Replaced, u"was replaced on disk"_s, u"Reload"_s);
    }

    void takesTheMessageBackWhenTheFileComesBack()
    {
        const auto shown = window();
        std::filesystem::rename(toPath(m_data), toPath(m_data + u".away"_s));
        QTRY_VERIFY(shown->workspace().document().sourceState().kind == Kind::Deleted);
        QVERIFY(shown->messages().isVisible());
        std::filesystem::rename(toPath(m_data + u".away"_s), toPath(m_data));
        QTRY_VERIFY(shown->workspace().document().sourceState().isIntact());
        QVERIFY(!shown->messages().isVisible());
        QVERIFY(!shown->windowTitle().contains(u"deleted"_s));
    }

    void looksWhenTheWindowBecomesActive()
    {
        const auto shown = window();
        QVERIFY(QTest::qWaitForWindowActive(shown.get()));
        touch(m_data);
        QEvent active(QEvent::ActivationChange);
        QCoreApplication::sendEvent(shown.get(), &active); // before any other event is handled
        QVERIFY(shown->workspace().document().sourceState().kind == Kind::Rewritten);
    }

    void namesAllFilesThatChanged()
    {
        const auto shown = window();
        replace(m_model);
        replace(m_data);
        QTRY_COMPARE(sentence(*shown).section(u" were "_s, 0, 0), u"digits.onnx and weights.data"_s);
    }

    void doesNotReportItsOwnExportOverTheSource()
    {
        const auto shown = window();
        fold(*shown);
        QSignalSpy sourceChanged(&shown->workspace().document(), &Document::sourceChanged);
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(m_model);
        QVERIFY(exported.wait());
        shown->workspace().document().lookAtSource();
        QVERIFY(shown->workspace().document().sourceState().isIntact());
        QCOMPARE(sourceChanged.size(), 0);
        QTRY_VERIFY(shown->panel<WeightsPanel>().comparison()); // of the old bytes, which are still open
        // It knows its own file from that of somebody else.
        replace(m_model);
        QTRY_VERIFY(shown->workspace().document().sourceState().kind == Kind::Replaced);
    }

    void noticesThatItsOwnExportOverTheSourceWasOverwritten()
    {
        const auto shown = window();
        fold(*shown);
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(m_model);
        QVERIFY(exported.wait());
        shown->workspace().document().lookAtSource();
        write(m_model, "another", QIODevice::Append);
        QTRY_VERIFY(shown->workspace().document().sourceState().kind ==
                    Kind::Replaced); // ours is the deleted one
    }

    void stopsAnExportWhoseSourceIsTruncatedMeanwhile_data() { eachWay(); }
    void stopsAnExportWhoseSourceIsTruncatedMeanwhile()
    {
        const auto shown = window();
        fold(*shown);
        const auto before = filesIn(*m_settings);
        std::atomic<bool> done = false;
        shown->workspace().jobs().setListener([&, path = victim()](const QString& lane, quint64, quint64) {
            if (lane == u"export"_s && !done.exchange(true))
                truncate(path);
        });
        QSignalSpy failed(&shown->workspace().document(), &Document::failed);
        shown->workspace().document().exportTo(m_settings->filePath(u"target.onnx"_s));
        QVERIFY(failed.size() > 0 || failed.wait());
        QVERIFY(done);
        QVERIFY(failed.constFirst().at(1).value<Error>().code == ErrorCode::Changed);
        QVERIFY(shown->workspace().document().sourceState().kind == Kind::Rewritten);
        QVERIFY(shown->messages().isVisible());
        QCOMPARE(remedy(*shown)->text(), u"Reload"_s);
        QVERIFY(!shown->panel<WeightsPanel>().comparison());
        QVERIFY(shown->workspace().document().hasUnsavedChanges());
        QCOMPARE(filesIn(*m_settings).keys(), before.keys());
    }

    void undoesAndRedoesWithoutTheFile()
    {
        const auto shown = window();
        fold(*shown);
        truncate(m_data);
        QTRY_VERIFY(!shown->workspace().document().sourceState().isReadable());
        shown->workspace().document().undoStack().undo();
        QVERIFY(shown->workspace().document().current() == shown->workspace().document().opened());
        QVERIFY(!shown->panel<WeightsPanel>().comparison());
        shown->workspace().document().undoStack().redo();
        QCOMPARE(shown->panel<FoldPanel>().model().counts().folded, 13);
        QVERIFY(!shown->panel<WeightsPanel>().comparison());
        QVERIFY(!shown->workspace().jobs().isBusy(u"weights"_s));
    }

    void reloadsWhereItWas()
    {
        const auto shown = window();
        choose(*shown, 6);
        GraphCanvas& canvas = shown->graph().canvas();
        QTRY_VERIFY(canvas.selection().node >= 0);
        canvas.setAnimated(false);
        canvas.zoomIn();
        const int node = canvas.selection().node;
        const QString name = canvas.scene().nodes[std::size_t(node)].name;
        canvas.centreOn(node);
        const auto placeOf = [&canvas](const QString& wanted) {
            for (const SceneNode& each : canvas.scene().nodes)
                if (each.name == wanted)
                    return canvas.toWidget(each.rect.center());
            return QPointF();
        };
        const QPointF place = placeOf(name);
        const double zoom = canvas.zoom();
        replace(m_model);
        QTRY_VERIFY(shown->messages().isVisible());
        QSignalSpy opened(&shown->workspace().document(), &Document::openedModel);
        QSignalSpy drawn(&shown->graph(), &GraphPane::sceneShown);
        click(remedy(*shown));
        QVERIFY(opened.wait());
        QVERIFY(drawn.size() > 0 || drawn.wait());
        QVERIFY(shown->workspace().document().sourceState().isIntact());
        QCOMPARE(canvas.zoom(), zoom);
        QVERIFY((placeOf(name) - place).manhattanLength() < 1);
        QVERIFY(canvas.selection().node >= 0);
        QCOMPARE(canvas.scene().nodes[std::size_t(canvas.selection().node)].name, name);
        QCOMPARE(shown->panel<FoldPanel>().list().currentIndex().row(), 6);
    }

    void asksBeforeReloadingLosesFolds()
    {
        const auto shown = window();
        fold(*shown);
        replace(m_model);
        QTRY_VERIFY(remedy(*shown) &&
                    remedy(*shown)->text() == u"Reload"_s); // what folding says was there first
        answerNextQuestion(u"Cancel"_s);
        click(remedy(*shown));
        QVERIFY(shown->workspace().document().hasUnsavedChanges());
        QSignalSpy opened(&shown->workspace().document(), &Document::openedModel);
        answerNextQuestion(u"Discard"_s);
        shown->workspace().document().lookAtSource();
        part<QAction>(*shown, "actionReload")->trigger();
        QVERIFY(opened.wait());
        QVERIFY(!shown->workspace().document().hasUnsavedChanges());
    }

    void offersToReloadAgainWhenTheFileIsNotWholeYet()
    {
        const QByteArray whole = contents(m_model);
        const auto shown = window();
        write(m_model, whole.first(whole.size() / 2)); // in place, the rest is on its way
        QTRY_VERIFY(shown->messages().isVisible());
        QSignalSpy failed(&shown->workspace().document(), &Document::failed);
        click(remedy(*shown));
        QVERIFY(failed.wait());
        QVERIFY(shown->messages().isVisible());
        QVERIFY(!shown->panel<WeightsPanel>().comparison());
        write(m_model, whole);
        QSignalSpy opened(&shown->workspace().document(), &Document::openedModel);
        QCOMPARE(remedy(*shown)->text(), u"Reload"_s);
        click(remedy(*shown));
        QVERIFY(opened.wait());
        QVERIFY(shown->workspace().document().sourceState().isIntact());
        QTRY_VERIFY(shown->panel<WeightsPanel>().comparison());
    }

    void asksBeforeItClosesTheLastCopy()
    {
        const auto shown = window();
        remove(m_model);
        QTRY_VERIFY(shown->workspace().document().isLastCopy());
        answerNextQuestion(u"Cancel"_s);
        QVERIFY(!shown->close());
        QSignalSpy exported(&shown->workspace().document(), &Document::exported);
        shown->workspace().document().exportTo(m_settings->filePath(u"kept.onnx"_s));
        QVERIFY(exported.wait());
        QVERIFY(shown->close());
    }
};

QTEST_MAIN(TestSource)
#include "test_source.moc"
