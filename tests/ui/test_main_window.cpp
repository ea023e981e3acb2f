// SPDX-License-Identifier: GPL-3.0-or-later
// The window, clicked and typed into like a person does. Sample: resources/samples/digits.onnx, 14 batch
// norms, 13 of which can be folded.
#include "core/model/ModelReader.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldPanel.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/weights/WeightsComparison.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"
#include "ui/window/Sample.h"

#include <QCheckBox>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <map>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

class TestMainWindow final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    // A window with the sample in it.
    std::unique_ptr<MainWindow> sampleWindow()
    {
        auto window = std::make_unique<MainWindow>(std::filesystem::path());
        window->show();
        QSignalSpy opened(&window->workspace().document(), &Document::openedModel);
        window->openPath(sampleModel());
        if (!opened.wait(10000))
            qFatal("the sample did not open");
        return window;
    }

    static QModelIndex row(MainWindow& window, int number)
    {
        return window.panel<FoldPanel>().list().model()->index(number, 0);
    }

    static void clickRow(MainWindow& window, int number)
    {
        QListView& list = window.panel<FoldPanel>().list();
        const QModelIndex index = row(window, number);
        list.scrollTo(index);
        QTest::mouseClick(list.viewport(), Qt::LeftButton, {}, list.visualRect(index).center());
    }

    static void fold(MainWindow& window)
    {
        QSignalSpy changed(&window.workspace().document(), &Document::currentChanged);
        click(part<QToolButton>(window, "toolFoldAll"));
        QVERIFY(changed.wait());
    }

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void opensFoldsAndExportsInThreeClicks()
    {
        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        click(part<QToolButton>(window, "toolOpen"));
        chooseFile(window, sampleModel());
        QVERIFY(opened.size() == 1 || opened.wait());
        QCOMPARE(part<QToolButton>(window, "toolFoldAll")->text(), QStringLiteral("Fold all (13)"));
        QVERIFY(!window.workspace().document().hasUnsavedChanges());

        fold(window);
        QVERIFY(window.workspace().document().hasUnsavedChanges());
        QVERIFY(window.windowTitle().contains(u'•'));

        const QString target = m_folder.filePath(QStringLiteral("folded.onnx"));
        QSignalSpy exported(&window.workspace().document(), &Document::exported);
        click(part<QToolButton>(window, "toolExport"));
        chooseFile(window, target);
        QVERIFY(exported.size() == 1 || exported.wait());
        QVERIFY(!window.workspace().document().hasUnsavedChanges());
        QVERIFY(!window.windowTitle().contains(u'•'));
        QCOMPARE(window.workspace().document().path(), sampleModel()); // the document stays on its source

        NoProgress progress;
        const auto result = openModel(toPath(target), progress, {});
        QVERIFY(result.has_value());
        const auto view = GraphView::of(result->model);
        int batchNorms = 0;
        for (std::uint32_t i = 0; i < view->nodeCount(); ++i)
            batchNorms += view->op(NodeIndex{i}) == "BatchNormalization";
        QCOMPARE(batchNorms, 1); // the blocked one
    }

    void foldsOnlyWhatIsChecked()
    {
        const auto window = sampleWindow();
        window->panel<FoldPanel>().model().setAllChecked(false);
        QVERIFY(!part<QToolButton>(*window, "toolFold")->isEnabled());
        // A click on the box of the second row, then Space on the third.
        QListView& list = window->panel<FoldPanel>().list();
        const QRect second = list.visualRect(row(*window, 1));
        QTest::mouseClick(list.viewport(), Qt::LeftButton, {},
                          QPoint(second.left() + 20, second.center().y()));
        list.setCurrentIndex(row(*window, 2));
        QTest::keyClick(&list, Qt::Key_Space);
        QCOMPARE(window->panel<FoldPanel>().model().checked().size(), std::size_t(2));

        QSignalSpy changed(&window->workspace().document(), &Document::currentChanged);
        click(part<QToolButton>(*window, "toolFold"));
        QVERIFY(changed.wait());
        QCOMPARE(window->panel<FoldPanel>().model().counts().folded, 2);
        QCOMPARE(window->panel<FoldPanel>().model().counts().canFold, 11);
        QCOMPARE(row(*window, 1).data(FoldModel::StateRole).toInt(), int(FoldState::Folded));
    }

    void undoesAndRedoesByName()
    {
        const auto window = sampleWindow();
        QListView& list = window->panel<FoldPanel>().list();
        list.setCurrentIndex(row(*window, 0));
        QSignalSpy changed(&window->workspace().document(), &Document::currentChanged);
        QTest::keyClick(&list, Qt::Key_Return);
        QVERIFY(changed.wait());
        auto* undo = part<QToolButton>(*window, "toolUndo");
        QCOMPARE(undo->text(), QStringLiteral("Undo fold features.0.conv"));
        click(undo);
        QCOMPARE(window->panel<FoldPanel>().model().counts().folded, 0);
        QVERIFY(window->workspace().document().current() == window->workspace().document().opened());
        QVERIFY(!window->workspace().document().hasUnsavedChanges());
        QVERIFY(!undo->isEnabled());
        click(part<QToolButton>(*window, "toolRedo"));
        QCOMPARE(window->panel<FoldPanel>().model().counts().folded, 1);
        QVERIFY(window->workspace().document().hasUnsavedChanges());
    }

    void showsWeightsOfARowBeforeAndAfterItIsFolded()
    {
        const auto window = sampleWindow();
        clickRow(*window, 1);
        QTRY_VERIFY(window->panel<WeightsPanel>().comparison() &&
                    window->panel<WeightsPanel>().title().contains(QStringLiteral("features.1.depthwise")));
        const WeightsComparison preview = *window->panel<WeightsPanel>().comparison();
        QVERIFY(preview.preview);
        QVERIFY(preview.before.has_value());
        QCOMPARE(preview.s.size(), std::size_t(16));
        QVERIFY(preview.before->statistics.range != preview.after.statistics.range);
        QVERIFY(!preview.after.bias.empty());
        QVERIFY(window->workspace().document().current() ==
                window->workspace().document().opened()); // only looked at

        fold(*window);
        QTRY_VERIFY(window->panel<WeightsPanel>().comparison() &&
                    !window->panel<WeightsPanel>().comparison()->preview);
        const WeightsComparison& folded = *window->panel<WeightsPanel>().comparison();
        QVERIFY(folded.after.statistics.channels == preview.after.statistics.channels);
        QVERIFY(folded.before->statistics.channels == preview.before->statistics.channels);
        QCOMPARE(folded.after.bias, preview.after.bias);
        QCOMPARE(folded.s, preview.s);
        // Each channel's range is that of before times s: the definition of a fold.
        for (std::size_t i = 0; i < folded.s.size(); ++i) {
            const Range& was = folded.before->statistics.channels[i];
            const double high = std::max(was.min * folded.s[i], was.max * folded.s[i]);
            QVERIFY(std::abs(folded.after.statistics.channels[i].max - high) <= 1e-6 * std::abs(high));
        }
    }

    void selectsTheSamePairOnCanvasAndInTheList()
    {
        const auto window = sampleWindow();
        QTRY_VERIFY(!window->graph().canvas().scene().nodes.empty()); // it may have been shown by now
        clickRow(*window, 3);
        const GraphCanvas& canvas = window->graph().canvas();
        const int node = canvas.selection().node;
        QVERIFY(node >= 0);
        QCOMPARE(canvas.scene().nodes[std::size_t(node)].title, QStringLiteral("Conv"));
        QVERIFY(window->panel<InspectorPanel>().plainText().contains(
            canvas.scene().nodes[std::size_t(node)].name));

        CanvasHit other;
        other.frame = canvas.scene().frameOf[static_cast<std::size_t>(
            canvas.nodeWithKey(quint32(row(*window, 5).data(FoldModel::LayerRole).toUInt())))];
        other.node = canvas.nodeWithKey(row(*window, 5).data(FoldModel::LayerRole).toUInt());
        window->graph().canvas().select(other);
        QCOMPARE(window->panel<FoldPanel>().list().currentIndex().row(), 5);
    }

    void showsTheCulpritOfABlockedRow()
    {
        const auto window = sampleWindow();
        QTRY_VERIFY(!window->graph().canvas().scene().nodes.empty()); // it may have been shown by now
        int blocked = -1;
        for (int i = 0; i < window->panel<FoldPanel>().model().rowCount(); ++i)
            if (row(*window, i).data(FoldModel::StateRole).toInt() == int(FoldState::Blocked))
                blocked = i;
        QVERIFY(blocked >= 0);
        QVERIFY(!row(*window, blocked).data(FoldModel::DetailRole).toString().isEmpty());
        clickRow(*window, blocked);
        const auto culprit = row(*window, blocked).data(FoldModel::CulpritRole).toUInt();
        QVERIFY(static_cast<NodeId>(culprit) != NodeId::None);
        QCOMPARE(window->graph().canvas().selection().node, window->graph().canvas().nodeWithKey(culprit));
        QCOMPARE(window->panel<FoldPanel>().list().currentIndex().row(), blocked);
    }

    void staysWithItsModelWhenAnotherCannotBeOpened()
    {
        const auto window = sampleWindow();
        const QString bad = m_folder.filePath(QStringLiteral("bad.onnx"));
        QFile file(bad);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("this is not a model at all");
        file.close();
        QSignalSpy failed(&window->workspace().document(), &Document::failed);
        window->openPath(bad);
        QVERIFY(failed.wait());
        QVERIFY(window->messages().isVisible());
        QVERIFY(window->messages().message().kind == MessageBar::Kind::Error);
        QVERIFY(window->messages().message().sentence.contains(QStringLiteral("bad.onnx")));
        QVERIFY(!window->messages().message().details.isEmpty());
        QVERIFY(window->isVisible());
        QCOMPARE(window->workspace().document().path(), sampleModel());
        QCOMPARE(window->panel<FoldPanel>().model().counts().canFold, 13);
    }

    void exportsNoInfiniteWeights()
    {
        const QTemporaryDir folder;
        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(modelThatOverflows(folder));
        QVERIFY(opened.size() == 1 || opened.wait());
        fold(window);
        const QString target = folder.filePath(QStringLiteral("folded.onnx"));
        QSignalSpy failed(&window.workspace().document(), &Document::failed);
        click(part<QToolButton>(window, "toolExport"));
        chooseFile(window, target);
        QVERIFY(failed.size() == 1 || failed.wait());
        QVERIFY(window.messages().message().kind == MessageBar::Kind::Error);
        QVERIFY(window.messages().message().sentence.contains(QStringLiteral("folded.onnx")));
        QVERIFY(window.messages().message().details.contains(
            QStringLiteral("\"conv.weight\" infinite in float")));
        QVERIFY(window.workspace().document().hasUnsavedChanges());
        QCOMPARE(filesIn(folder).keys(), QStringList{QStringLiteral("overflows.onnx")});
        window.workspace().document().undoStack().undo(); // nothing to be asked about
    }

    void takesListedInitializersForConstants()
    {
        const QTemporaryDir folder;
        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(modelWithListedInitializers(folder));
        QVERIFY(opened.size() == 1 || opened.wait());
        auto* box = part<QCheckBox>(window, "foldFrozenInputs");
        QVERIFY(box->isVisible() && box->isEnabled() && !box->isChecked());
        QCOMPARE(window.panel<FoldPanel>().model().counts().blocked, 2);

        // On: the pairs can be folded. Off again, and by undo and redo.
        QSignalSpy changed(&window.workspace().document(), &Document::currentChanged);
        click(box);
        QVERIFY(changed.wait());
        QVERIFY(box->isChecked());
        QCOMPARE(window.panel<FoldPanel>().model().counts().canFold, 2);
        QTRY_VERIFY(box->isEnabled());
        click(box);
        QVERIFY(!box->isChecked());
        QCOMPARE(window.panel<FoldPanel>().model().counts().blocked, 2);
        window.workspace().document().undoStack().redo();
        QVERIFY(box->isChecked());
        QCOMPARE(window.panel<FoldPanel>().model().counts().canFold, 2);

        // The preview has a before, though there it was no constant.
        NoProgress progress;
        const SnapshotPointer& before = window.workspace().document().opened();
        const SnapshotPointer current = window.workspace().document().current();
        const auto found =
            findWeights({before, current, NodeId::None, current->candidates().front()->id}, progress, {});
        QVERIFY(found && found->before && found->notes.preview);
        QCOMPARE(found->before->weight.name(), std::string("first"));

        // Folded, it cannot be switched off before the fold is undone.
        fold(window);
        QCOMPARE(window.panel<FoldPanel>().model().counts().folded, 2);
        QVERIFY(box->isVisible() && box->isChecked() && !box->isEnabled());
        const QString target = folder.filePath(QStringLiteral("folded.onnx"));
        QSignalSpy exported(&window.workspace().document(), &Document::exported);
        click(part<QToolButton>(window, "toolExport"));
        chooseFile(window, target);
        QVERIFY(exported.size() == 1 || exported.wait());
        const auto result = openModel(toPath(target), progress, {});
        QVERIFY(result.has_value());
        const auto view = GraphView::of(result->model);
        QCOMPARE(view->nodeCount(), std::size_t(2));
        QCOMPARE(view->scopes().front().inputs.size(), std::size_t(1)); // the data
        window.workspace().document().undoStack().undo();
        QVERIFY(box->isChecked() && box->isEnabled());
        window.workspace().document().undoStack().undo();
        QVERIFY(!box->isChecked());
        QCOMPARE(window.panel<FoldPanel>().model().counts().blocked, 2);
        window.workspace().document().undoStack().setClean(); // nothing to be asked about
    }

    void hidesTheBoxWhereNothingIsListed()
    {
        const auto window = sampleWindow();
        QVERIFY(!part<QCheckBox>(*window, "foldFrozenInputs")->isVisible());
    }

    void saysThatABatchCountsAsOne()
    {
        const auto window = sampleWindow();
        window->workspace().selection().clear();
        QTRY_VERIFY(window->panel<InspectorPanel>().plainText().contains(QStringLiteral("for a batch of 1")));
    }

    void asksBeforeItLosesChanges()
    {
        const auto window = sampleWindow();
        QVERIFY(window->close()); // nothing to lose, nothing to ask
        window->show();
        fold(*window);
        answerNextQuestion(QStringLiteral("Cancel"));
        QVERIFY(!window->close());
        QVERIFY(window->isVisible());

        const QString target = m_folder.filePath(QStringLiteral("asked.onnx"));
        answerNextQuestion(QStringLiteral("Export"));
        QVERIFY(!window->close()); // not before the file is written
        chooseFile(*window, target);
        QTRY_VERIFY(!window->isVisible());
        QVERIFY(QFile::exists(target));
    }

    void discardsWhenTold()
    {
        const auto window = sampleWindow();
        fold(*window);
        answerNextQuestion(QStringLiteral("Discard"));
        QVERIFY(window->close());
    }

    void startsWithSomethingToDo()
    {
        MainWindow window({});
        window.show();
        QVERIFY(part<QPushButton>(window, "startOpen")->isVisible());
        QVERIFY(!part<QToolButton>(window, "toolFoldAll")->isEnabled());
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        click(part<QPushButton>(window, "startSample"));
        QVERIFY(opened.wait());
        QCOMPARE(window.panel<FoldPanel>().model().counts().batchNorms, 14);
        QVERIFY(window.panel<FoldPanel>().isVisible());
    }

    void saysSoWhenThereIsNoBatchNorm()
    {
        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(modelWithoutBatchNorms(m_folder));
        QVERIFY(opened.wait());
        auto* title = part<QLabel>(window, "foldEmptyTitle");
        QVERIFY(title->isVisible());
        QCOMPARE(title->text(), QStringLiteral("No batch norm in this model"));
        QTRY_VERIFY(part<QLabel>(window, "foldEmptySentence")->text().contains(QStringLiteral("bias")));
        QVERIFY(!part<QToolButton>(window, "toolFoldAll")->isEnabled());
    }

    void showsTheModelAsItWasOpened()
    {
        const auto window = sampleWindow();
        QSignalSpy shown(&window->graph(), &GraphPane::sceneShown);
        fold(*window);
        QTRY_VERIFY(!shown.isEmpty());
        const auto batchNorms = [&] {
            const auto& nodes = window->graph().canvas().scene().nodes;
            return std::count_if(nodes.begin(), nodes.end(), [](const SceneNode& node) {
                return !node.gone && node.title == QStringLiteral("BatchNormalization");
            });
        };
        QTRY_COMPARE(batchNorms(), 1);
        SegmentedControl* sides = &window->graph().bar().sides();
        QTest::keyClick(sides, Qt::Key_Left);
        QTRY_COMPARE(batchNorms(), 14);
        QTest::keyClick(sides, Qt::Key_Right);
        QTRY_COMPARE(batchNorms(), 1);
    }

    void findsANodeByAPartOfItsName()
    {
        const auto window = sampleWindow();
        QLineEdit* find = part<QLineEdit>(*window, "findField");
        QTest::keyClicks(find, QStringLiteral("features.2/expand/conv/Conv"));
        QTest::keyClick(find, Qt::Key_Return);
        const NodeIndex node = window->workspace().document().current()->view->find(
            window->workspace().selection().value().node);
        QVERIFY(node != NodeIndex::None);
        QVERIFY(toQt(window->workspace().document().current()->view->label(node))
                    .contains(QStringLiteral("features.2/expand")));
    }

    void keysMeanOneThing()
    {
        MainWindow window({});
        std::map<QString, QAction*> known;
        for (QAction* action : window.actions())
            for (const QKeySequence& key : action->shortcuts()) {
                const auto [at, isNew] = known.emplace(key.toString(), action);
                QVERIFY2(isNew || at->second == action,
                         qPrintable(key.toString() + QStringLiteral(": ") + at->second->text() +
                                    QStringLiteral(", ") + action->text()));
            }
        QVERIFY(known.size() > 30);
    }

    void opensWhatIsDropped()
    {
        MainWindow window({});
        window.show();
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(sampleModel())});
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        QDragEnterEvent enter(QPoint(50, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&window, &drop);
        QVERIFY(opened.wait());
    }

    void offersToReloadWhatChangedOnDisk()
    {
        const QString path = m_folder.filePath(QStringLiteral("watched.onnx"));
        QFile::remove(path);
        QVERIFY(QFile::copy(sampleModel(), path));
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
        MainWindow window({});
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(path);
        QVERIFY(opened.wait());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write(file.read(1)); // the same bytes, another time
        file.seek(file.size());
        file.close();
        QFile plain(modelWithoutBatchNorms(m_folder));
        QVERIFY(plain.open(QIODevice::ReadOnly));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(plain.readAll());
        file.close();
        QTRY_VERIFY(window.messages().isVisible());
        click(part<QToolButton>(window, "messageAction"));
        QVERIFY(opened.wait());
        QCOMPARE(window.panel<FoldPanel>().model().counts().batchNorms, 0);
    }

    void saysHowManyWereFoldedAndWhatStays()
    {
        const auto window = sampleWindow();
        fold(*window);
        QVERIFY(window->messages().isVisible());
        const QString sentence = window->messages().message().sentence;
        QVERIFY2(sentence.contains(QStringLiteral("13")), qPrintable(sentence));
        QVERIFY2(sentence.contains(QStringLiteral("operator between")), qPrintable(sentence));
        click(part<QToolButton>(*window, "messageAction"));
        QCOMPARE(window->panel<FoldPanel>().list().model()->rowCount(), 1);
        QCOMPARE(row(*window, 0).data(FoldModel::StateRole).toInt(), int(FoldState::Blocked));
        // Redo folds as well, but nobody has to be told again.
        window->workspace().document().undoStack().undo();
        window->messages().dismiss();
        window->workspace().document().undoStack().redo();
        QVERIFY(!window->messages().isVisible());
    }

    void showsWeightsWhileShapesAreStillInferred()
    {
        // A worker that takes its time.
        const QString worker = m_folder.filePath(QStringLiteral("slow-worker"));
        QFile script(worker);
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write("#!/bin/sh\nexec sleep 120\n");
        script.close();
        QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
        MainWindow window(toPath(worker));
        window.show();
        QSignalSpy opened(&window.workspace().document(), &Document::openedModel);
        window.openPath(sampleModel());
        QVERIFY(opened.wait());
        QTRY_VERIFY(window.workspace().jobs().isBusy(QStringLiteral("shapes")));
        clickRow(window, 2);
        QTRY_VERIFY(window.panel<WeightsPanel>().comparison());
        QTRY_VERIFY(window.panel<WeightsPanel>().title().contains(QStringLiteral("features.1.pointwise")));
        QVERIFY(window.workspace().jobs().isBusy(QStringLiteral("shapes")));
    }

    void foldsOneAfterTheOtherWhatIsAskedForAtOnce()
    {
        MainWindow window({});
        window.show();
        Document& document = window.workspace().document();
        QSignalSpy opened(&document, &Document::openedModel);
        window.openPath(modelWithPairs(m_folder, 3));
        QVERIFY(opened.wait(20000));
        const std::vector<pleat::FoldId> ids = document.foldable();
        QCOMPARE(ids.size(), std::size_t{3});
        document.foldChosen({ids[0]});
        document.foldChosen({ids[1]});
        document.foldChosen({ids[0]}); // a double click too many
        document.foldChosen({ids[2]});
        QTRY_COMPARE(document.current()->counts.folded, 3);
        QCOMPARE(document.undoStack().count(), 3);
        QTRY_VERIFY(!document.isBusy());
    }

    void destroysWhatIsSeenBeforeWhatItRefersTo()
    {
        QStringList order;
        auto window = sampleWindow();
        const auto note = [&order, this](QObject* object, const QString& what) {
            connect(object, &QObject::destroyed, this, [&order, what] { order += what; });
        };
        note(&window->workspace().jobs(), QStringLiteral("owner"));
        note(&window->workspace().document(), QStringLiteral("owner"));
        note(&window->workspace().selection(), QStringLiteral("owner"));
        int panels = 0;
        for (QWidget* each : window->findChildren<QWidget*>()) {
            note(each, QStringLiteral("panel"));
            ++panels;
        }
        QVERIFY(panels > 20);
        window.reset();
        QCOMPARE(order.mid(panels), QStringList(3, QStringLiteral("owner")));
        QCOMPARE(order.count(QStringLiteral("panel")), panels);
    }

    void repairsASampleThatIsDamaged()
    {
        const auto sample = sampleOnDisk();
        QVERIFY(sample.has_value());
        QFile original(sampleModel());
        QVERIFY(original.open(QIODevice::ReadOnly));
        const QByteArray whole = original.readAll();
        const auto content = [&sample] {
            QFile file(*sample);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QCOMPARE(content(), whole);
        QByteArray sameSize = whole;
        sameSize[1000] = char(~sameSize[1000]);
        for (const QByteArray& damaged : {sameSize, whole.first(500), QByteArray()}) {
            QFile file(*sample);
            QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
            file.write(damaged);
            file.close();
            const auto again = sampleOnDisk();
            QVERIFY(again.has_value());
            QCOMPARE(content(), whole);
        }
        // Nothing beside it, and nothing is written where nothing is wrong.
        const QFileInfo before(*sample);
        QCOMPARE(before.dir().entryList(QDir::Files | QDir::Hidden), QStringList(before.fileName()));
        QVERIFY(sampleOnDisk().has_value());
        QCOMPARE(QFileInfo(*sample).lastModified(), before.lastModified());
    }

    void saysWhyTheSampleCannotBeWritten()
    {
        const auto sample = sampleOnDisk();
        QVERIFY(sample.has_value());
        const QFileInfo info(*sample);
        QVERIFY(info.dir().removeRecursively());
        QFile inTheWay(info.path());
        QVERIFY(inTheWay.open(QIODevice::WriteOnly));
        inTheWay.close();
        const auto refused = sampleOnDisk();
        QVERIFY(!refused.has_value());
        QVERIFY(!refused.error().message.empty());
        MainWindow window({});
        window.show();
        window.openSample();
        QVERIFY(window.messages().isVisible());
        QVERIFY(window.workspace().document().isEmpty());
        QVERIFY(QFile::remove(info.path()));
    }

    void givesEveryMenuActionAShortcutAndATip()
    {
        MainWindow window({});
        QStringList bare;
        const std::function<void(QMenu*)> look = [&](QMenu* menu) {
            for (QAction* action : menu->actions()) {
                if (action->menu()) {
                    look(action->menu());
                } else if (!action->isSeparator() && action->shortcuts().isEmpty()) {
                    bare += action->text();
                } else if (!action->isSeparator()) {
                    QVERIFY2(!action->toolTip().isEmpty(), qPrintable(action->text()));
                }
            }
        };
        QStringList keys;
        for (QAction* menu : window.menuBar()->actions())
            look(menu->menu());
        QCOMPARE(bare, QStringList());
    }
};

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
