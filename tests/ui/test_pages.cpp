// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies and functions as pages of the canvas, by the events of a person: in, out, and back.
#include "core/graph/Pages.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/FindField.h"
#include "ui/canvas/FindModel.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/Legend.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/inspector/InspectorPanel.h"
#include "ui/layers/LayersPanel.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"

#include <QClipboard>
#include <QCompleter>
#include <QFile>
#include <QGuiApplication>
#include <QListView>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QTreeWidget>
#include <algorithm>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

class TestPages final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    GraphPane& pane() { return m_window->graph(); }
    GraphCanvas& canvas() { return m_window->graph().canvas(); }
    const GraphView& view() { return *m_window->workspace().shown()->view; }
    Document& document() { return m_window->workspace().document(); }

    int nodeCalled(const QString& name)
    {
        const auto& nodes = canvas().scene().nodes;
        for (std::size_t n = 0; n < nodes.size(); ++n)
            if (!nodes[n].gone && nodes[n].name == name)
                return static_cast<int>(n);
        return -1;
    }
    const SceneNode& node(const QString& name)
    {
        const int at = nodeCalled(name);
        if (at < 0)
            qFatal("the page has no node %s", qPrintable(name));
        return canvas().scene().nodes[static_cast<std::size_t>(at)];
    }
    QPoint at(const QString& name) { return canvas().toWidget(node(name).rect.center()).toPoint(); }
    QString page()
    {
        const QStringList pages = pane().bar().pages().pages();
        return pages.isEmpty() ? QString() : pages.constLast();
    }
    bool comesTo(const QString& page, const QString& nodeOnIt)
    {
        return QTest::qWaitFor([&] { return this->page() == page && nodeCalled(nodeOnIt) >= 0; });
    }
    void openWithMouse(const QString& name)
    {
        canvas().fit();
        QTest::mouseDClick(&canvas(), Qt::LeftButton, {}, at(name));
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }
    void init()
    {
        m_window = openedWindow(modelWithPages(m_folder));
        canvas().setAnimated(false);
        QVERIFY(comesTo(u"pages.onnx"_s, u"choice"_s));
    }
    void cleanup() { m_window.reset(); }

    void namesWhatANodeOpens()
    {
        const auto pages = pagesOf(view(), view().find(NodeId(node(u"choice"_s).key)));
        QCOMPARE(pages.size(), std::size_t(2));
        QCOMPARE(pageName(view(), pages[0]), u"choice · then_branch"_s);
        QCOMPARE(pageName(view(), pages[1]), u"choice · else_branch"_s);
        const auto called = pagesOf(view(), view().find(NodeId(node(u"call"_s).key)));
        QCOMPARE(called.size(), std::size_t(1));
        QCOMPARE(pageName(view(), called[0]), u"Block"_s);
        for (std::uint32_t s = 0; s < view().scopes().size(); ++s) {
            QCOMPARE(findPage(view(), pageId(view(), ScopeIndex{s})), ScopeIndex{s});
            QCOMPARE(findPage(view(), view().scopes()[s].path), ScopeIndex{s});
        }
        QVERIFY(node(u"choice"_s).opens && node(u"call"_s).opens && !node(u"relu0"_s).opens);
    }

    void doubleClickOpensABodyAndBackspaceLeavesIt()
    {
        canvas().lookAt({node(u"choice"_s).rect.center(), 1.25});
        const auto was = canvas().view();
        QTest::mouseDClick(&canvas(), Qt::LeftButton, {}, at(u"choice"_s));
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        QVERIFY(nodeCalled(u"c0"_s) < 0);
        QCOMPARE(canvas().scene().frames.size(), std::size_t(1)); // c1 and bn1
        QTest::keyClick(&canvas(), Qt::Key_Backspace);
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        QCOMPARE(canvas().view().zoom, was.zoom);
        QCOMPARE(canvas().view().centre, was.centre);
        QCOMPARE(canvas().selection().node, nodeCalled(u"choice"_s));
        QTest::keyClick(&canvas(), Qt::Key_Return);
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
    }

    void aCapturedValueLeadsToItsProducer()
    {
        openWithMouse(u"choice"_s);
        QVERIFY(comesTo(u"choice · then_branch"_s, u"stem"_s));
        QVERIFY(node(u"stem"_s).outside);
        canvas().fit();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(u"stem"_s));
        QVERIFY(comesTo(u"pages.onnx"_s, u"relu0"_s));
        QCOMPARE(canvas().selection().node, nodeCalled(u"relu0"_s));
        QVERIFY(canvas().visibleScene().contains(node(u"relu0"_s).rect));
        pane().goBack();
        QVERIFY(comesTo(u"choice · then_branch"_s, u"stem"_s));
    }

    void theBreadcrumbLeadsOutAndBeside()
    {
        openWithMouse(u"choice"_s);
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        Breadcrumb& crumbs = pane().bar().pages();
        Q_EMIT crumbs.siblingChosen(1);
        QVERIFY(comesTo(u"choice · else_branch"_s, u"negate"_s));
        QCOMPARE(crumbs.pages(), (QStringList{u"pages.onnx"_s, u"choice · else_branch"_s}));
        QToolButton* outermost = nullptr;
        for (QToolButton* button : crumbs.findChildren<QToolButton*>()) {
            QVERIFY(!button->accessibleName().isEmpty());
            QVERIFY2(button->isHidden() || button->width() >= button->sizeHint().width(),
                     qPrintable(button->text()));
            if (button->isVisible() && button->text() == u"pages.onnx"_s)
                outermost = button;
        }
        QVERIFY(outermost);
        click(outermost);
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        pane().goBack();
        QVERIFY(comesTo(u"choice · else_branch"_s, u"negate"_s));
        pane().goBack();
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        pane().goBack();
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        pane().goBack(); // there is nothing before it
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
    }

    void aFunctionNodeNamesItsInputsAsTheFunctionDoes()
    {
        const int call = nodeCalled(u"call"_s);
        QVERIFY2(canvas().toolTipFor({call, -1, -1}).contains(u"image&nbsp;&nbsp;chosen"_s),
                 qPrintable(canvas().toolTipFor({call, -1, -1})));
        m_window->workspace().selectNode(NodeId(node(u"call"_s).key));
        const QString words = m_window->panel<InspectorPanel>().plainText();
        QVERIFY2(words.contains(u"image"_s), qPrintable(words));
        openWithMouse(u"call"_s);
        QVERIFY(comesTo(u"Block"_s, u"c2"_s));
        QCOMPARE(node(u"image"_s).category, Category::GraphInput);
        QVERIFY(!node(u"image"_s).outside);
    }

    void foldsLeadToTheirPageAndStayOnIt()
    {
        auto* list = m_window->findChild<QListView*>(u"foldList"_s);
        QVERIFY(list);
        for (int row = 0; row < list->model()->rowCount(); ++row) {
            const QModelIndex index = list->model()->index(row, 0);
            if (index.data().toString().contains(u"c1"_s)) {
                list->scrollTo(index);
                QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(index).center());
            }
        }
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        QCOMPARE(canvas().selection().node, nodeCalled(u"c1"_s));
        QTest::keyClick(&canvas(), Qt::Key_Return); // folds it
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"bn1"_s) < 0; }));
        QCOMPARE(page(), u"choice · then_branch"_s);
        QCOMPARE(canvas().scene().frames[0].badge, u"folded"_s);
        const QRectF conv = node(u"c1"_s).rect;
        document().undoStack().undo();
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"bn1"_s) >= 0; }));
        QCOMPARE(page(), u"choice · then_branch"_s);
        document().undoStack().redo();
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"bn1"_s) < 0; }));
        QCOMPARE(node(u"c1"_s).rect, conv); // nothing moves
        pane().bar().sides().setCurrent(0);
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"bn1"_s) >= 0; }));
        QCOMPARE(page(), u"choice · then_branch"_s);
    }

    void aPageIsAsItWasLeft()
    {
        openWithMouse(u"call"_s);
        QVERIFY(comesTo(u"Block"_s, u"c2"_s));
        document().foldAll();
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"bn2"_s) < 0; }));
        QCOMPARE(page(), u"Block"_s);
        const QRectF conv = node(u"c2"_s).rect;
        pane().goBack();
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        const double gap = node(u"relu0"_s).rect.top() - node(u"c0"_s).rect.bottom();
        QVERIFY2(gap > node(u"c0"_s).rect.height(), qPrintable(QString::number(gap))); // where bn0 was
        openWithMouse(u"call"_s);
        QVERIFY(comesTo(u"Block"_s, u"c2"_s));
        QCOMPARE(node(u"c2"_s).rect, conv);
    }

    void findLooksThroughAllPages()
    {
        auto* find = part<FindField>(*m_window, "findField");
        QTest::keyClicks(find, u"op:conv"_s);
        QCOMPARE(find->count(), u"3"_s);
        const QAbstractItemModel& list = *find->completer()->model();
        QCOMPARE(list.index(0, 0).data(FindModel::KindRole).toString(), u"Conv"_s);
        QCOMPARE(list.index(1, 0).data(FindModel::KindRole).toString(),
                 u"Conv  ·  in choice · then_branch"_s);
        QTest::keyClick(find, Qt::Key_Return);
        QCOMPARE(find->count(), u"1 of 3"_s);
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        QCOMPARE(canvas().selection().node, nodeCalled(u"c0"_s));
        QTest::keyClick(m_window.get(), Qt::Key_F3);
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        QTest::keyClick(m_window.get(), Qt::Key_F3);
        QVERIFY(comesTo(u"Block"_s, u"c2"_s));
        QCOMPARE(find->count(), u"3 of 3"_s);
        QTest::keyClick(m_window.get(), Qt::Key_F3);
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
        QTest::keyClick(m_window.get(), Qt::Key_F3, Qt::ShiftModifier);
        QVERIFY(comesTo(u"Block"_s, u"c2"_s));
        pane().goBack();
        QVERIFY(comesTo(u"pages.onnx"_s, u"c0"_s));
    }

    void findLightsWhatItFoundOnThePage()
    {
        auto* find = part<FindField>(*m_window, "findField");
        find->setFocus();
        const QImage before = canvas().grab().toImage();
        QTest::keyClicks(find, u"dtype:float shape:4x3x3x3 conv"_s);
        QCOMPARE(find->text(), u"dtype:float shape:4x3x3x3 conv"_s);
        QCOMPARE(find->count(), u"1"_s);
        QVERIFY(canvas().grab().toImage() != before);
        QTest::keyClick(find, Qt::Key_Escape);
        QCOMPARE(find->count(), QString());
        QCOMPARE(canvas().grab().toImage(), before);
    }

    void theLegendLightsAndLeavesOut()
    {
        pane().showLegend();
        auto* legend = part<Legend>(*m_window, "legend");
        auto* tree = legend->findChild<QTreeWidget*>();
        const auto rowOf = [tree](const QString& op) {
            return tree->findItems(op, Qt::MatchExactly | Qt::MatchRecursive).value(0);
        };
        QVERIFY(rowOf(u"Relu"_s) && rowOf(u"Conv"_s) && rowOf(u"Block"_s));
        QCOMPARE(rowOf(u"Conv"_s)->text(1), u"1"_s);
        const QImage before = canvas().grab().toImage();
        tree->setCurrentItem(rowOf(u"Conv"_s));
        QVERIFY(canvas().grab().toImage() != before);
        rowOf(u"Relu"_s)->setCheckState(0, Qt::Unchecked);
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"relu0"_s) < 0; }));
        legend->hide();
        pane().showLegend();
        QCOMPARE(rowOf(u"Relu"_s)->checkState(0), Qt::Unchecked);
        rowOf(u"Relu"_s)->setCheckState(0, Qt::Checked);
        QVERIFY(QTest::qWaitFor([&] { return nodeCalled(u"relu0"_s) >= 0; }));
        legend->hide();
    }

    void copiesTheNamesOfWhatIsChosen()
    {
        canvas().fit();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, at(u"c0"_s));
        QTest::mouseClick(&canvas(), Qt::LeftButton, Qt::ShiftModifier, at(u"relu0"_s));
        QTest::keyClick(&canvas(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"c0\nrelu0"_s);
    }

    // The bodies of Loop and Scan are pages as well, and what lists layers leads there.
    void loopsAndScansAreOpenedToo_data()
    {
        QTest::addColumn<QString>("op");
        QTest::newRow("Loop") << u"Loop"_s;
        QTest::newRow("Scan") << u"Scan"_s;
    }
    void loopsAndScansAreOpenedToo()
    {
        QFETCH(QString, op);
        const bool loop = op == u"Loop"_s;
        pleat::test::ModelBuilder body;
        if (loop)
            body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool);
        body.input("state", {"N", 3, 8, 8}).conv("inner", {.out = 3, .pads = {1, 1, 1, 1}}).batchNorm("bn");
        if (loop)
            body.node("Identity", {"go"}, {"go_on"}).output("go_on");
        auto graph = body.output("bn_out").body();
        pleat::test::ModelBuilder model;
        if (loop) {
            graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
                onnx::TensorProto::BOOL);
            const std::string trips = model.constant("trips", {}, {3}, DataType::Int64);
            const std::string go = model.constant("always", {}, {1}, DataType::Bool);
            model.input("x", {"N", 3, 8, 8});
            model.node("Loop", {trips, go, "x"}, {"y"}, {{"body", graph}}, "again");
        } else {
            model.input("x", {5, "N", 3, 8, 8});
            model.node("Scan", {"x"}, {"y"}, {{"body", graph}, {"num_scan_inputs", 1}}, "again");
        }
        const QString path = m_folder.filePath(op + u".onnx"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(model.bytes()));
        file.close();
        m_window = openedWindow(path);
        canvas().setAnimated(false);
        QVERIFY(comesTo(op + u".onnx"_s, u"again"_s));
        openWithMouse(u"again"_s);
        QVERIFY(comesTo(u"again · body"_s, u"inner"_s));
        QVERIFY(nodeCalled(u"state"_s) >= 0);
        QCOMPARE(canvas().scene().frames.size(), std::size_t(1));
        QTest::keyClick(&canvas(), Qt::Key_Backspace);
        QVERIFY(comesTo(op + u".onnx"_s, u"again"_s));
        // From LAYERS.
        auto& layers = m_window->panel<LayersPanel>();
        Q_EMIT layers.wanted();
        QTRY_VERIFY(layers.isComplete());
        auto* table = layers.findChild<QTableView*>();
        QVERIFY(table && table->model()->rowCount() == 1);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                          table->visualRect(table->model()->index(0, 0)).center());
        QVERIFY(comesTo(u"again · body"_s, u"inner"_s));
        QCOMPARE(canvas().selection().node, nodeCalled(u"inner"_s));
    }

    void aReloadedFileKeepsItsPage()
    {
        openWithMouse(u"choice"_s);
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
        QSignalSpy shown(&pane(), &GraphPane::sceneShown);
        document().reload();
        QVERIFY(shown.wait());
        QVERIFY(comesTo(u"choice · then_branch"_s, u"c1"_s));
    }
};

QTEST_MAIN(TestPages)
#include "test_pages.moc"
