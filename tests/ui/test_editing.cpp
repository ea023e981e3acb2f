// SPDX-License-Identifier: GPL-3.0-or-later
// Edits by hand in the window: with the mouse and the keyboard where things are shown, each an undo step that
// gives back the very bytes; what cannot be is refused beside the field, before anything changes.
#include "core/model/ModelWriter.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/edit/FieldEditor.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QCompleter>
#include <QContextMenuEvent>
#include <QFile>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTest>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTimer>
#include <QTreeView>
#include <onnx/onnx_pb.h>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

std::string bytesOf(const Snapshot& snapshot)
{
    const QTemporaryDir folder;
    NoProgress quiet;
    if (!saveModel(snapshot.view->model(), toPath(folder.filePath(u"m.onnx"_s)), quiet, {}))
        qFatal("not saved");
    QFile file(folder.filePath(u"m.onnx"_s));
    return file.open(QIODevice::ReadOnly) ? file.readAll().toStdString() : std::string();
}

NodeIndex firstOf(const GraphView& view, std::string_view op)
{
    for (std::uint32_t n = 0; n < view.nodeCount(); ++n)
        if (view.exists(NodeIndex{n}) && view.op(NodeIndex{n}) == op)
            return NodeIndex{n};
    qFatal("no such node");
}

} // namespace

class TestEditing final : public QObject {
    Q_OBJECT

    QTemporaryDir m_settings;
    std::unique_ptr<MainWindow> m_window;

    Workspace& workspace() { return m_window->workspace(); }
    Document& document() { return workspace().document(); }
    const GraphView& view() { return *document().current()->view; }
    QTextBrowser& inspector() { return *part<QTextBrowser>(*m_window, "inspectorText"); }
    FieldEditor* editor() { return m_window->findChild<FieldEditor*>(); }
    QString words() { return m_window->panel<InspectorPanel>().plainText(); }

    void open(const QString& path)
    {
        m_window = openedWindow(path);
        m_window->resize(1500, 1100);
        QTRY_VERIFY(!workspace().jobs().isBusy(&document(), u"shapes"_s));
    }

    void select(std::string_view op) { workspace().selectNode(view().id(firstOf(view(), op))); }

    // Clicks the link in the line of the inspector that begins with these words: the last one in it, which is
    // the pencil, or the one of an address.
    void clickIn(const QString& line, const QString& link = u"edit:"_s)
    {
        QTextBrowser& text = inspector();
        QTextCursor found = text.document()->find(line);
        while (!found.isNull() && found.block().text().trimmed() != line &&
               !found.block().text().startsWith(line))
            found = text.document()->find(line, found);
        QVERIFY2(!found.isNull(), qPrintable(line));
        text.setTextCursor(found);
        text.ensureCursorVisible();
        const int y = text.cursorRect(found).center().y();
        for (int x = text.viewport()->width(); x > 0; --x)
            if (text.anchorAt({x, y}).startsWith(link))
                return QTest::mouseClick(text.viewport(), Qt::LeftButton, {}, {x - 3, y});
        QFAIL("no link in this line");
    }

    void write(const QString& words)
    {
        QTRY_VERIFY(editor());
        auto* line = part<QLineEdit>(*editor(), "fieldLine");
        if (auto* popup = QApplication::activePopupWidget())
            popup->close();
        QTest::keySequence(line, QKeySequence::SelectAll);
        QTest::keyClick(line, Qt::Key_Delete);
        QTest::keyClicks(line, words);
        if (auto* popup = QApplication::activePopupWidget())
            popup->close();
        QTest::keyClick(line, Qt::Key_Return);
    }

    QString refusal()
    {
        auto* const label = editor() ? editor()->findChild<PlainLabel*>(u"fieldRefusal"_s) : nullptr;
        return label && label->isVisible() ? label->text() : QString();
    }

    void trigger(const QString& keys)
    {
        for (QAction* action : m_window->actions())
            if (action->shortcut() == QKeySequence(keys))
                return action->trigger();
        QFAIL("no such action");
    }

    // As a right click does; entries of menus in menus one after the other.
    void chooseInTheMenuOf(NodeId node, const QString& entry, const QString& inner = {})
    {
        workspace().selectNode(node, Workspace::Reveal::Yes);
        auto& canvas = m_window->graph().canvas();
        const QString name = toQt(view().label(view().find(node)));
        const auto shown = [&] {
            return std::ranges::find_if(
                canvas.scene().nodes, [&](const SceneNode& each) { return !each.gone && each.name == name; });
        };
        QTRY_VERIFY(shown() != canvas.scene().nodes.end());
        QTRY_VERIFY(!workspace().jobs().isBusy(canvas.parent(), u"layout"_s));
        QTRY_VERIFY(canvas.visibleScene().contains(shown()->rect));
        QTimer::singleShot(50, this, [entry, inner] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            for (const QString& words : {entry, inner}) {
                if (words.isEmpty())
                    break;
                QAction* found = nullptr;
                for (QAction* action : menu->actions())
                    if (action->text().remove(u'&') == words)
                        found = action;
                if (!found)
                    qFatal("no entry %s", qPrintable(words));
                if (found->menu()) {
                    menu = found->menu();
                    continue;
                }
                found->trigger();
            }
            while (auto* popup = QApplication::activePopupWidget())
                popup->close();
        });
        const QPoint at = canvas.toWidget(shown()->rect.center()).toPoint();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, canvas.mapToGlobal(at));
        QCoreApplication::sendEvent(&canvas, &event);
    }

    void undoGivesBack(const std::string& bytes)
    {
        document().undoStack().undo();
        QCOMPARE(bytesOf(*document().current()), bytes);
    }

private Q_SLOTS:
    void initTestCase()
    {
        isolate(m_settings);
        open(sampleModel());
    }

    void cleanup()
    {
        workspace().setSide(Side::After);
        document().undoStack().setIndex(0);
        document().undoStack().clear();
        if (!document().path().endsWith(u"digits.onnx"_s))
            open(sampleModel());
        workspace().selection().clear();
        QTRY_VERIFY(!editor());
    }

    void cleanupTestCase() { m_window.reset(); }

    void changesAnAttributeInPlace()
    {
        const std::string before = bytesOf(*document().current());
        select("Conv");
        clickIn(u"strides"_s);
        write(u"1, one"_s);
        QTRY_VERIFY2(refusal().contains(u"must be a list of integers"_s), qPrintable(refusal()));
        QCOMPARE(document().undoStack().count(), 0);
        write(u"2, 2"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QTRY_VERIFY(!editor());
        QVERIFY(words().contains(u"2, 2"_s));
        undoGivesBack(before);
    }

    void changesATensorInAnAttribute()
    {
        const std::string before = bytesOf(*document().current());
        select("Constant");
        const NodeIndex node = firstOf(view(), "Constant");
        clickIn(u"value"_s);
        write(u"int8[1]: 300"_s);
        QTRY_VERIFY2(refusal().contains(u"is no value of int8"_s), qPrintable(refusal()));
        write(u"float[2]: 1, 2.5"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().entry(view().find(view().id(node))).proto->attribute(0).t().dims(0), 2);
        QTRY_VERIFY2(words().contains(u"float[2]: 1, 2.5"_s), qPrintable(words()));
        document().undoStack().undo();
        QCOMPARE(bytesOf(*document().current()), before);
    }

    void setsADefaultAndGivesItBack()
    {
        select("Conv");
        QVERIFY2(words().contains(u"auto_pad"_s), qPrintable(words()));
        clickIn(u"auto_pad"_s);
        QTRY_VERIFY(editor());
        auto* line = part<QLineEdit>(*editor(), "fieldLine");
        QCOMPARE(line->completer()->completionCount(), 4);
        write(u"SAME"_s);
        QTRY_VERIFY2(refusal().contains(u"SAME_UPPER"_s), qPrintable(refusal()));
        write(u"VALID"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QTRY_VERIFY(!editor());
        clickIn(u"auto_pad"_s);
        QTRY_VERIFY(editor());
        if (auto* popup = QApplication::activePopupWidget())
            popup->close();
        click(part<QPushButton>(*editor(), "fieldRemove"));
        QTRY_COMPARE(document().undoStack().count(), 2);
        QCOMPARE(bytesOf(*document().current()), bytesOf(*document().opened()));
    }

    void escapeGivesUpAndChangesNothing()
    {
        select("Conv");
        clickIn(u"strides"_s);
        QTRY_VERIFY(editor());
        auto* line = part<QLineEdit>(*editor(), "fieldLine");
        QTest::keyClicks(line, u"7"_s);
        QTest::keyClick(line, Qt::Key_Escape);
        QTRY_VERIFY(!editor());
        QCOMPARE(document().undoStack().count(), 0);
        QVERIFY(!workspace().selection().value().isEmpty());
    }

    void renamesWhatIsSelectedWithF2()
    {
        select("Conv");
        trigger(u"F2"_s);
        write(u"first"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().name(firstOf(view(), "Conv")), std::string_view("first"));
        QVERIFY(words().contains(u"first"_s));

        workspace().selectValue(view().output(firstOf(view(), "Conv"), 0));
        trigger(u"F2"_s);
        const QString taken = toQt(view().name(view().input(firstOf(view(), "Conv"), 0)));
        write(taken);
        QTRY_VERIFY2(refusal().contains(u"taken"_s), qPrintable(refusal()));
        write(u"made"_s);
        QTRY_COMPARE(document().undoStack().count(), 2);
        QTRY_COMPARE(workspace().selection().value().value, std::string("made"));
        QVERIFY(words().startsWith(u"made"_s));
    }

    void replacesTheOperator()
    {
        select("Relu");
        const NodeId relu = workspace().selection().value().node;
        clickIn(u"Relu"_s);
        write(u"Conv"_s);
        QTRY_VERIFY2(refusal().contains(u"2 to 3 inputs"_s), qPrintable(refusal()));
        write(u"Sigmoid"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().op(view().find(relu)), std::string_view("Sigmoid"));
    }

    void reconnectsAnInputByName()
    {
        const NodeIndex relu = firstOf(view(), "Relu");
        const std::string input(view().name(view().input(firstOf(view(), "Conv"), 0)));
        workspace().selectNode(view().id(relu));
        clickIn(u"X"_s);
        write(u"nowhere"_s);
        QTRY_VERIFY2(refusal().contains(u"no tensor called"_s), qPrintable(refusal()));
        write(toQt(view().name(view().output(relu, 0))));
        QTRY_VERIFY2(refusal().contains(u"itself"_s) || refusal().contains(u"cycle"_s),
                     qPrintable(refusal()));
        write(toQt(input));
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().name(view().input(firstOf(view(), "Relu"), 0)), std::string_view(input));
    }

    void fixesTheBatchAndSaysWhatTheModelIs()
    {
        const std::string before = bytesOf(*document().current());
        workspace().selection().clear();
        QTRY_VERIFY(words().contains(u"batch size"_s));
        clickIn(u"batch size"_s);
        write(u"0"_s);
        QTRY_VERIFY2(refusal().contains(u"1 or more"_s), qPrintable(refusal()));
        write(u"7"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QTRY_VERIFY2(words().contains(u"7×1×"_s), qPrintable(words()));
        clickIn(u"Add an entry…"_s);
        write(u"licence=none"_s);
        QTRY_COMPARE(document().undoStack().count(), 2);
        QTRY_VERIFY2(words().contains(u"licence"_s), qPrintable(words()));
        QTRY_VERIFY(!editor());
        clickIn(u"doc string"_s);
        QTRY_VERIFY(editor());
        auto* text = part<QPlainTextEdit>(*editor(), "fieldText");
        QTest::keyClicks(text, u"Two"_s);
        QTest::keyClick(text, Qt::Key_Return);
        QTest::keyClicks(text, u"lines"_s);
        QTest::keyClick(text, Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(document().undoStack().count(), 3);
        QCOMPARE(textOf(view(), ModelText::Doc), std::string("Two\nlines"));
        document().undoStack().setIndex(0);
        QCOMPARE(bytesOf(*document().current()), before);
    }

    void declaresAnOutputOtherwise()
    {
        const std::string before = bytesOf(*document().current());
        const auto output = [this] { return view().scopes().front().outputs.front(); };
        workspace().selectValue(output());
        clickIn(u"shape"_s);
        write(u"batch,scores"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QTRY_VERIFY2(words().contains(u"batch×scores"_s), qPrintable(words()));
        clickIn(u"type"_s);
        write(u"float16"_s);
        QTRY_COMPARE(document().undoStack().count(), 2);
        QCOMPARE(view().op(view().producer(output())), std::string_view("Cast"));
        QTRY_VERIFY2(words().contains(u"float16"_s), qPrintable(words()));
        document().undoStack().setIndex(0);
        QCOMPARE(bytesOf(*document().current()), before);
    }

    void tellsWhereATensorComesFromAndGoesTo()
    {
        select("Relu");
        const NodeIndex maker = view().producer(view().input(firstOf(view(), "Relu"), 0));
        clickIn(u"X"_s, u"value:"_s);
        QTRY_COMPARE(workspace().selection().value().value,
                     std::string(view().name(view().output(maker, 0))));
        select("Relu");
        QVERIFY(words().contains(u"from "_s + toQt(view().op(maker))));
        QVERIFY(words().contains(u"DOCUMENTATION"_s));
        QVERIFY(words().contains(u"rectified linear function"_s));
    }

    void theOpenedModelIsToBeLookedAtOnly()
    {
        select("Conv");
        workspace().setSide(Side::Before);
        for (int y = 0; y < inspector().viewport()->height(); y += 3)
            for (int x = 0; x < inspector().viewport()->width(); x += 3)
                QVERIFY(!inspector().anchorAt({x, y}).startsWith(u"edit:"_s));
    }

    void theMenuOfTheGraphTakesANodeOutAndInsertsOne()
    {
        const std::string before = bytesOf(*document().current());
        select("Relu");
        const NodeId relu = workspace().selection().value().node;
        const NodeIndex behind = view().uses(view().output(view().find(relu), 0)).front().node;
        const NodeId reader = view().id(behind);
        const std::string input(view().name(view().input(view().find(relu), 0)));
        chooseInTheMenuOf(relu, u"Bypass"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().find(relu), NodeIndex::None);
        QCOMPARE(view().name(view().input(view().find(reader), 0)), std::string_view(input));
        undoGivesBack(before);
        document().undoStack().clear();

        const std::size_t nodes = view().nodeCount();
        chooseInTheMenuOf(relu, u"Insert Behind It"_s, u"Identity"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().nodeCount(), nodes + 1);
        QCOMPARE(view().op(view().producer(view().input(view().find(reader), 0))),
                 std::string_view("Identity"));
        undoGivesBack(before);
    }

    void saysInAMessageWhatCannotBeRemoved()
    {
        select("Relu");
        trigger(u"Del"_s);
        QTRY_VERIFY(m_window->messages().isVisible());
        QCOMPARE(document().undoStack().count(), 0);
        m_window->messages().dismiss();
    }

    void cutsTheModelBehindATensor()
    {
        select("Relu");
        const std::string made(view().name(view().output(firstOf(view(), "Relu"), 0)));
        trigger(u"Ctrl+Alt+B"_s);
        QTRY_COMPARE(document().undoStack().count(), 1);
        QCOMPARE(view().scopes().front().outputs.size(), std::size_t(1));
        QCOMPARE(view().name(view().scopes().front().outputs.front()), std::string_view(made));
    }

    void makesANetworkOf16Bits()
    {
        const std::string before = bytesOf(*document().current());
        trigger(u"Ctrl+Alt+J"_s);
        auto* sheet = part<QDialog>(*m_window, "computeSheet");
        part<QLineEdit>(*sheet, "computeKeep")->setText(u"Softmax, ReduceMean"_s);
        click(part<QAbstractButton>(*sheet, "computePorts"));
        click(part<QAbstractButton>(*sheet, "computeDo"));
        QTRY_COMPARE(document().undoStack().count(), 1);
        const Initializer* weights = view().initializer(view().input(firstOf(view(), "Conv"), 1));
        QVERIFY(weights);
        QCOMPARE(int(tensorView(weights->tensor).type()), int(DataType::Float16));
        document().undoStack().undo();
        QCOMPARE(bytesOf(*document().current()), before);
    }

    void extractsWhatIsChosenAsAModelOfItsOwn()
    {
        const std::string before = bytesOf(*document().current());
        workspace().selection().clear();
        trigger(u"Ctrl+Shift+X"_s);
        QTRY_VERIFY(m_window->messages().isVisible()); // nothing is chosen
        m_window->messages().dismiss();
        select("Relu");
        GraphCanvas& canvas = m_window->graph().canvas();
        QTRY_VERIFY(canvas.selection().node >= 0);
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"part.onnx"_s);
        const std::string input(view().name(view().input(firstOf(view(), "Relu"), 0)));
        trigger(u"Ctrl+Shift+X"_s);
        chooseFile(*m_window, path);
        QTRY_VERIFY(m_window->messages().isVisible());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        onnx::ModelProto part;
        QVERIFY(part.ParseFromString(file.readAll().toStdString()));
        QCOMPARE(part.graph().node_size(), 1);
        QCOMPARE(part.graph().node(0).op_type(), std::string("Relu"));
        QCOMPARE(part.graph().input(0).name(), input);
        m_window->messages().dismiss();
        QCOMPARE(document().undoStack().count(), 0);
        QCOMPARE(bytesOf(*document().current()), before);
    }

    void addsANodeThatWasFound()
    {
        select("Relu");
        const std::string input(view().name(view().output(firstOf(view(), "Relu"), 0)));
        trigger(u"Ins"_s);
        auto* sheet = part<QDialog>(*m_window, "addNodeSheet");
        auto* search = part<QLineEdit>(*sheet, "operatorSearch");
        auto* list = part<QTreeView>(*sheet, "operatorList");
        QVERIFY2(list->model()->rowCount() > 100, "the operators of ONNX 13");
        QTest::keyClicks(search, u"conv"_s);
        QCOMPARE(list->currentIndex().data().toString(), u"Conv"_s);
        click(part<QAbstractButton>(*sheet, "addNode"));
        auto* refusal = part<PlainLabel>(*sheet, "addNodeRefusal");
        QTRY_VERIFY2(refusal->text().contains(u"2 to 3 inputs"_s), qPrintable(refusal->text()));
        QCOMPARE(document().undoStack().count(), 0);
        QTest::keySequence(search, QKeySequence::SelectAll);
        QTest::keyClicks(search, u"softm"_s);
        QCOMPARE(list->currentIndex().data().toString(), u"Softmax"_s);
        QCOMPARE(part<QLineEdit>(*sheet, "field:input")->text(), toQt(input));
        click(part<QAbstractButton>(*sheet, "addNode"));
        QTRY_COMPARE(document().undoStack().count(), 1);
        const NodeIndex made = view().find(workspace().selection().value().node);
        QVERIFY(made != NodeIndex::None);
        QCOMPARE(view().op(made), std::string_view("Softmax"));
        QCOMPARE(view().name(view().input(made, 0)), std::string_view(input));
    }

    void listsWhatDoesNotFitAndSaysItBeforeExporting()
    {
        const NodeId conv = view().id(firstOf(view(), "Conv"));
        workspace().selectValue(view().input(firstOf(view(), "Conv"), 0));
        workspace().edit({InsertNode{lastingId(view(), view().input(firstOf(view(), "Conv"), 0)),
                                     lastingId(view(), firstOf(view(), "Conv")),
                                     "Cast",
                                     {{"to", static_cast<std::int64_t>(DataType::Float16)}}}});
        QTRY_VERIFY(workspace().problems() > 0); // what follows from float16 does not fit either
        auto* count = part<QAbstractButton>(*m_window, "statusProblems");
        QVERIFY(count->isVisible());
        answerNextQuestion(u"See Problems"_s);
        trigger(QKeySequence(QKeySequence::Save).toString());
        auto* table = part<QTableView>(*m_window, "problemsTable");
        QTRY_VERIFY(table->isVisible());
        workspace().selection().clear();
        QTRY_VERIFY(table->visualRect(table->model()->index(0, 0)).isValid());
        QVERIFY2(table->model()->index(0, 1).data().toString().contains(u"must be of one type"_s),
                 qPrintable(table->model()->index(0, 1).data().toString()));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                          table->visualRect(table->model()->index(0, 0)).center());
        QCOMPARE(workspace().selection().value().node, conv);
        QTRY_VERIFY(
            std::ranges::any_of(m_window->graph().canvas().scene().frames, [](const SceneFrame& frame) {
                return !frame.nodes.empty() && frame.badge == u"does not fit"_s;
            }));
        document().undoStack().undo();
        QTRY_COMPARE(workspace().problems(), 0);
        QVERIFY(!count->isVisible());
    }

    void saysHowManyCallsAnEditInAFunctionConcerns()
    {
        const QTemporaryDir folder;
        open(modelWithPages(folder));
        for (std::uint32_t n = 0; n < view().nodeCount(); ++n)
            if (view().exists(NodeIndex{n}) && view().op(NodeIndex{n}) == "Conv" &&
                functionAround(view(), view().scope(NodeIndex{n})))
                workspace().selectNode(view().id(NodeIndex{n}));
        QTRY_VERIFY2(words().contains(u"an edit concerns its one call"_s), qPrintable(words()));
    }
};

QTEST_MAIN(TestEditing)
#include "test_editing.moc"
