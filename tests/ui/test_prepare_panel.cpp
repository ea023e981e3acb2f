// SPDX-License-Identifier: GPL-3.0-or-later
// PREPARE: what passes would do is seen before it is done, chosen, applied as steps of undo's, and offered
// where it lets more batch norms fold.
#include "core/worker/Tasks.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphPane.h"
#include "ui/prepare/PreparePanel.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QTreeView>
#include <QUndoStack>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

struct Opened {
    MainWindow window;
    PreparePanel& panel;

    explicit Opened(const QString& model, const std::filesystem::path& worker = {})
        : window(worker),
          panel(window.panel<PreparePanel>())
    {
        window.resize(1400, 950);
        window.show();
        QSignalSpy previewed(&panel, &PreparePanel::previewed);
        window.openPath(model);
        if (!previewed.wait(10000))
            qFatal("nothing was looked at");
    }

    int places() const { return static_cast<int>(panel.model().preview()->places); }

    QModelIndex pass(const QString& name) const
    {
        for (int row = 0; row < panel.model().rowCount(); ++row)
            if (panel.model().index(row, 0).data() == name)
                return panel.model().index(row, 0);
        qFatal("there is no pass of that name");
    }
};

} // namespace

class TestPreparePanel final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void isThereWhenItIsAskedFor()
    {
        Opened opened(sampleModel());
        auto* dock = part<QDockWidget>(opened.window, "prepare");
        QVERIFY(!dock->isVisible());
        QVERIFY(QTest::qWaitForWindowActive(&opened.window));
        QTest::keySequence(&opened.window, QKeySequence(u"Ctrl+Shift+P"_s));
        QVERIFY(dock->isVisible());
    }

    void showsWhatWouldBeDone()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        const QModelIndex constants = opened.pass(u"Constant nodes to initializers"_s);
        QCOMPARE(constants.data(PrepareModel::CountRole).toInt(), 1);
        QCOMPARE(opened.panel.model().rowCount(constants), 1);
        QVERIFY(opened.panel.model().index(0, 0, constants).data().toString().contains(u"Constant"_s));
    }

    void appliesEachPassAsAStepThatCanBeUndone()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        Document& document = opened.window.workspace().document();
        const SnapshotPointer before = document.current();
        QVERIFY(opened.places() >= 2); // the Constant, the Identity
        Q_EMIT opened.panel.wanted();
        auto* apply = part<QPushButton>(opened.window, "prepareApply");
        QSignalSpy changed(&document, &Document::currentChanged);
        QSignalSpy previewed(&opened.panel, &PreparePanel::previewed);
        click(apply);
        QVERIFY(changed.wait(10000));
        const int steps = document.undoStack().index();
        QVERIFY(steps >= 2);
        QVERIFY(document.undoStack().undoText().startsWith(u"prepare: "_s));
        QVERIFY(!previewed.isEmpty() || previewed.wait(10000));
        QCOMPARE(opened.places(), 0);
        QVERIFY(!apply->isEnabled());
        for (int step = 0; step < steps; ++step)
            document.undoStack().undo();
        QCOMPARE(document.current(), before);
    }

    void leavesOutWhatIsNotChecked()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        QSignalSpy previewed(&opened.panel, &PreparePanel::previewed);
        const int all = opened.places();
        auto& model = const_cast<PrepareModel&>(opened.panel.model());
        QVERIFY(model.setData(opened.pass(u"Constant nodes to initializers"_s), Qt::Unchecked,
                              Qt::CheckStateRole));
        QVERIFY(previewed.wait(10000));
        QVERIFY(opened.places() < all);
        // It still says what it would do.
        QCOMPARE(opened.pass(u"Constant nodes to initializers"_s).data(PrepareModel::CountRole).toInt(), 1);
    }

    // This program is the worker.
    void hasOnnxRuntimeComputeConstants()
    {
        const QString path = modelWithConstantNodes(m_folder);
        onnx::ModelProto model;
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly) && model.ParseFromString(file.readAll().toStdString()));
        file.close();
        model.mutable_graph()->mutable_node(1)->set_op_type("Softplus");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(model.SerializeAsString()));
        file.close();
        const auto places = [](const Opened& opened) {
            return opened.pass(u"Constant folding"_s).data(PrepareModel::CountRole).toInt();
        };
        QCOMPARE(places(Opened(path)), 0);
        Opened opened(path, "/proc/self/exe");
        QCOMPARE(places(opened), 1);
        Document& document = opened.window.workspace().document();
        QSignalSpy changed(&document, &Document::currentChanged);
        click(part<QPushButton>(opened.window, "prepareApply"));
        QVERIFY(changed.wait(10000));
        const GraphView& view = *document.current()->view;
        for (std::size_t node = 0; node < view.nodeCount(); ++node)
            QVERIFY(!view.exists(static_cast<NodeIndex>(node)) ||
                    view.op(static_cast<NodeIndex>(node)) != "Softplus");
        document.undoStack().setClean(); // nothing to be asked about
    }

    void offersToPrepareWhereMoreFoldsAfterIt()
    {
        Opened opened(modelWithADeadReader(m_folder, 3));
        Workspace& workspace = opened.window.workspace();
        Document& document = workspace.document();
        const MessageBar& bar = opened.window.messages();
        auto* prepareAndFold = part<QToolButton>(opened.window, "messageAction");
        QSignalSpy known(&workspace, &Workspace::preparationChanged);
        QSignalSpy folded(&document, &Document::foldedPairs);
        document.foldAll();
        QVERIFY(folded.wait(10000));
        QCOMPARE(folded.takeFirst().first().toInt(), 2);
        QVERIFY(!known.isEmpty() || known.wait(10000));
        QVERIFY2(bar.message().sentence.endsWith(u"One more can be folded once the model is prepared."_s),
                 qPrintable(bar.message().sentence));
        QCOMPARE(bar.message().otherText, u"Show it"_s); // why it stays can still be seen
        known.clear();
        click(prepareAndFold);
        QVERIFY(folded.wait(10000));
        QCOMPARE(folded.first().first().toInt(), 1);
        QCOMPARE(document.current()->counts.folded, 3);
        QCOMPARE(document.current()->counts.blocked, 0);
        QVERIFY(!known.isEmpty() || known.wait(10000));
        QVERIFY2(!bar.message().sentence.contains(u"prepared"_s), qPrintable(bar.message().sentence));
        document.undoStack().undo(); // the fold, then the passes: each a step of its own
        QCOMPARE(document.current()->counts.canFold, 1);
        document.undoStack().setClean(); // nothing to be asked about
    }

    void offersNothingWherePreparingLetsNoMoreFold()
    {
        Opened opened(sampleModel());
        Workspace& workspace = opened.window.workspace();
        QSignalSpy known(&workspace, &Workspace::preparationChanged);
        workspace.document().foldAll();
        QVERIFY(!known.isEmpty() || known.wait(10000));
        QCOMPARE(workspace.preparation()->moreFolds, 0);
        QCOMPARE(opened.window.messages().message().actionText, u"Show it"_s);
        QCOMPARE(opened.window.messages().message().otherText, u"Verify"_s);
        workspace.document().undoStack().undo();
        QVERIFY(!workspace.preparation()); // of another model
        workspace.document().undoStack().setClean();
    }

    void convertsToAnOpsetThatIsTyped()
    {
        Opened opened(sampleModel(), "/proc/self/exe"); // of opset 13
        Q_EMIT opened.panel.wanted();
        const QModelIndex pass = opened.pass(u"Another opset"_s);
        const QModelIndex count = pass.siblingAtColumn(1);
        QCOMPARE(count.data().toString(), u"–"_s); // nobody has looked
        auto* field = part<QLineEdit>(opened.window, "prepareOpset");
        QCOMPARE(field->placeholderText(), u"13"_s);
        const auto type = [&](const QString& text) {
            QSignalSpy previewed(&opened.panel, &PreparePanel::previewed);
            field->setFocus();
            field->selectAll();
            QTest::keyClicks(field, text);
            QTest::keyClick(field, Qt::Key_Return);
            return previewed.wait(20000);
        };
        QVERIFY(type(u"17"_s));
        QCOMPARE(pass.data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
        QCOMPARE(count.data().toString(), u"1"_s);
        QVERIFY(type(u"9"_s)); // an older one
        QCOMPARE(count.data().toString(), u"cannot"_s);
        QVERIFY(pass.data(Qt::ToolTipRole).toString().contains(u"13"_s));
        QVERIFY(type(u"17"_s));
        Document& document = opened.window.workspace().document();
        QSignalSpy changed(&document, &Document::currentChanged);
        click(part<QPushButton>(opened.window, "prepareApply"));
        QVERIFY(changed.wait(10000));
        QCOMPARE(document.current()->view->model().opset(), std::int64_t{17});
        document.undoStack().setClean();
    }

    void saysThatAnOpsetIsNoNumber()
    {
        Opened opened(sampleModel());
        Q_EMIT opened.panel.wanted();
        auto* field = part<QLineEdit>(opened.window, "prepareOpset");
        QTest::keyClicks(field, u"new"_s);
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(part<QLabel>(opened.window, "prepareSummary")->text(), u"\"new\" is no opset."_s);
        QVERIFY(!part<QPushButton>(opened.window, "prepareApply")->isEnabled());
    }

    void asksForTheOpsetOfAPassThatIsChecked()
    {
        Opened opened(sampleModel());
        Q_EMIT opened.panel.wanted();
        QVERIFY(QTest::qWaitForWindowActive(&opened.window));
        auto& model = const_cast<PrepareModel&>(opened.panel.model());
        QVERIFY(model.setData(opened.pass(u"Another opset"_s), Qt::Checked, Qt::CheckStateRole));
        QVERIFY(part<QLineEdit>(opened.window, "prepareOpset")->hasFocus());
    }

    void countsSlowPassesOnlyWhenTheyAreChecked()
    {
        Opened opened(modelWithConstantNodes(m_folder), "/proc/self/exe");
        Q_EMIT opened.panel.wanted();
        const QModelIndex pass = opened.pass(u"Inferred shapes"_s);
        QCOMPARE(pass.siblingAtColumn(1).data().toString(), u"–"_s);
        QSignalSpy previewed(&opened.panel, &PreparePanel::previewed);
        auto& model = const_cast<PrepareModel&>(opened.panel.model());
        QVERIFY(model.setData(pass, Qt::Checked, Qt::CheckStateRole));
        QVERIFY(previewed.wait(20000));
        QVERIFY(pass.siblingAtColumn(1).data().toString() != u"–"_s);
    }

    void showsThePassesWithNothingToDoWhenAskedTo()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        Q_EMIT opened.panel.wanted();
        auto* tree = part<QTreeView>(opened.window, "prepareTree");
        const auto isShown = [&](const QString& name) {
            return !tree->isRowHidden(opened.pass(name).row(), QModelIndex());
        };
        QVERIFY(isShown(u"Constant nodes to initializers"_s));
        QVERIFY(isShown(u"Another opset"_s)); // nobody knows yet
        QVERIFY(!isShown(u"Dropout nodes"_s));
        click(part<QToolButton>(opened.window, "prepareShowAll"));
        QVERIFY(isShown(u"Dropout nodes"_s));
    }

    void marksTheNodesConcerned()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        const SnapshotPointer shown = opened.window.workspace().shown();
        const auto marks = marksOf(*opened.panel.model().preview(), *shown, {});
        QVERIFY(!marks.empty());
        QVERIFY(shown->view->find(marks.front().nodes.front()) != NodeIndex::None);
    }

    void isAWellBehavedModel()
    {
        Opened opened(modelWithConstantNodes(m_folder));
        PrepareModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPreview(opened.panel.model().preview());
        model.setPreview(nullptr);
        model.setPreview(opened.panel.model().preview());
        model.setPreview(opened.panel.model().preview());
    }
};

int main(int argc, char** argv)
{
    if (const auto worked = runAsWorker(argc, argv))
        return *worked;
    QApplication application(argc, argv);
    TestPreparePanel test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_prepare_panel.moc"
