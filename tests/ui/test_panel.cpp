// SPDX-License-Identifier: GPL-3.0-or-later
// A panel of one's own, here in one file: added with a line, it has a place, menu entries and keys, watches
// the workspace, and marks nodes on the canvas. And what the workspace promises to each of them.
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Panel.h"
#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"
#include "ui/window/MainWindow.h"

#include <QDockWidget>
#include <QMenu>
#include <QMenuBar>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

// Says which node is selected, and marks every Relu.
class ToyPanel final : public Panel {
    Q_OBJECT
public:
    explicit ToyPanel(Workspace& workspace)
        : Panel(workspace, {.id = u"toy"_s, .title = u"Toy"_s, .shortcut = u"Ctrl+Alt+9"_s})
    {
        m_label = new PlainLabel(QString(), this);
        addEntry(Menu::Model, makeAction(this, u"Say &Hello"_s, {u"Ctrl+Alt+H"_s}, u"Says hello"_s,
                                         [this] { ++m_hellos; }));
        connect(&workspace.selection(), &Selection::changed, this, &ToyPanel::show);
        connect(&workspace, &Workspace::changed, this, &ToyPanel::show);
        connect(&workspace, &Workspace::opened, this, [this] { ++m_opened; });
        setMarks({[](const Snapshot& shown, const Snapshot&, const std::stop_token&) {
            std::vector<Mark> marks;
            for (std::uint32_t i = 0; i < shown.view->nodeCount(); ++i)
                if (const NodeIndex node{i}; shown.view->op(node) == "Relu")
                    marks.push_back(
                        {{shown.view->id(node)}, {}, u"toy"_s, {}, u"a Relu"_s, u"Play"_s, "relu"});
            return marks;
        }});
    }
    ~ToyPanel() override { workspace().jobs().cancel(this, u"toy"_s); } // the workspace is still there

    QString text() const { return m_label->text(); }
    int m_hellos = 0, m_opened = 0;
    std::vector<std::string> m_played;

protected:
    void markActivated(const std::string& id) override { m_played.push_back(id); }

private:
    void show()
    {
        const SnapshotPointer shown = workspace().shown();
        const NodeId id = workspace().selection().value().node;
        const NodeIndex node = shown && id != NodeId::None ? shown->view->find(id) : NodeIndex::None;
        m_label->setText(
            node == NodeIndex::None ? QString() : QString::fromStdString(std::string(shown->view->op(node))));
    }

    PlainLabel* m_label = nullptr;
};

QAction* entry(const QMainWindow& window, const QString& menu, const QString& text)
{
    for (const QAction* top : window.menuBar()->actions())
        if (top->text().remove(u'&') == menu)
            for (QAction* action : top->menu()->actions())
                if (action->text().remove(u'&') == text)
                    return action;
    return nullptr;
}

} // namespace

class TestPanel final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    struct Opened {
        MainWindow window{std::filesystem::path()};
        ToyPanel* toy = nullptr;

        Opened()
        {
            window.addPanel(toy = new ToyPanel(window.workspace()));
            window.show();
            QSignalSpy drawn(&window.graph(), &GraphPane::sceneShown);
            window.openPath(sampleModel());
            if (!drawn.wait(10000))
                qFatal("the sample did not open");
        }
    };

private Q_SLOTS:
    void init() { isolate(m_folder); }

    void hasAPlaceAndKeysThatShowIt()
    {
        Opened opened;
        auto* dock = part<QDockWidget>(opened.window, "toy");
        QCOMPARE(dock->widget(), opened.toy);
        QCOMPARE(&opened.window.panel<ToyPanel>(), opened.toy);
        QAction* toggle = entry(opened.window, u"View"_s, u"Toy"_s);
        QVERIFY(toggle);
        QVERIFY(opened.toy->isVisible());
        QVERIFY(QTest::qWaitForWindowActive(&opened.window));
        QTest::keySequence(&opened.window, QKeySequence(u"Ctrl+Alt+9"_s));
        QVERIFY(!opened.toy->isVisible());
        QTest::keySequence(&opened.window, QKeySequence(u"Ctrl+Alt+9"_s));
        QVERIFY(opened.toy->isVisible());
    }

    void bringsAnActionWithAMenuEntryAndKeys()
    {
        Opened opened;
        QAction* hello = entry(opened.window, u"Model"_s, u"Say Hello"_s);
        QVERIFY(hello);
        hello->trigger();
        QCOMPARE(opened.toy->m_hellos, 1);
        QVERIFY(QTest::qWaitForWindowActive(&opened.window));
        opened.toy->hide();
        QTest::keySequence(&opened.window, QKeySequence(u"Ctrl+Alt+H"_s));
        QCOMPARE(opened.toy->m_hellos, 2); // also while it is hidden
    }

    void watchesSelectionAndDocument()
    {
        Opened opened;
        QCOMPARE(opened.toy->m_opened, 1);
        QCOMPARE(opened.toy->text(), u"Conv"_s); // the first pair is selected
        Workspace& workspace = opened.window.workspace();
        const GraphView& view = *workspace.document().current()->view;
        for (std::uint32_t i = 0; i < view.nodeCount(); ++i)
            if (view.op(NodeIndex{i}) == "Relu")
                workspace.selectNode(view.id(NodeIndex{i}));
        QCOMPARE(opened.toy->text(), u"Relu"_s);
        workspace.selection().clear();
        QCOMPARE(opened.toy->text(), QString());
    }

    void marksNodesOnTheCanvasAndHearsOfADoubleClick()
    {
        Opened opened;
        GraphCanvas& canvas = opened.window.graph().canvas();
        const auto& frames = canvas.scene().frames;
        const auto toys =
            std::ranges::count_if(frames, [](const SceneFrame& frame) { return frame.badge == u"toy"; });
        QVERIFY(toys > 0);
        QVERIFY(std::size_t(toys) < frames.size()); // those of the folds are there, too
        const auto first = std::ranges::find(frames, u"toy"_s, &SceneFrame::badge) - frames.begin();
        QCOMPARE(frames[std::size_t(first)].tooltip, u"a Relu"_s);
        Q_EMIT canvas.frameActivated(int(first));
        QCOMPARE(opened.toy->m_played, std::vector<std::string>{"relu"});
        QVERIFY(!opened.window.workspace().document().isBusy()); // nobody else thinks it is his
    }

    void goesBeforeTheWorkspaceAndTakesItsMarksAlong()
    {
        Opened opened;
        QSignalSpy drawn(&opened.window.graph(), &GraphPane::sceneShown);
        delete opened.toy;
        QVERIFY(drawn.wait(10000));
        const auto& frames = opened.window.graph().canvas().scene().frames;
        QVERIFY(std::ranges::none_of(frames, [](const SceneFrame& frame) { return frame.badge == u"toy"; }));
        QVERIFY(!entry(opened.window, u"Model"_s, u"Say Hello"_s));
    }

    void twoDocumentsDoNotCancelEachOthersJobs()
    {
        Workspace workspace{std::filesystem::path()};
        Document& other = workspace.addDocument();
        QCOMPARE(workspace.documents().size(), std::size_t(2));
        QSignalSpy first(&workspace, &Workspace::opened);
        QSignalSpy second(&other, &Document::openedModel);
        workspace.document().openPath(sampleModel());
        other.openPath(modelWithPairs(m_folder, 3));
        QTRY_COMPARE(first.size(), 1);
        QTRY_COMPARE(second.size(), 1);
        QCOMPARE(other.foldable().size(), std::size_t(3));
        QCOMPARE(workspace.document().foldable().size(), std::size_t(13));
    }
};

QTEST_MAIN(TestPanel)
#include "test_panel.moc"
