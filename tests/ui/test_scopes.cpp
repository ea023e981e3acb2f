// SPDX-License-Identifier: GPL-3.0-or-later
// Scopes on the canvas: collapsed into one node, expanded in place, as blocks with names where nodes are too
// small to be read. With the mouse and the keyboard on a window that has a deep network open.
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/ScopeBlocks.h"
#include "ui/canvas/ScopeOutlines.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldModel.h"
#include "ui/fold/FoldPanel.h"
#include "ui/window/MainWindow.h"

#include <QAction>
#include <QFile>
#include <QListView>
#include <QMenu>
#include <QTimer>
#include <QtTest>
#include <algorithm>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;

namespace {

// Stages of blocks of Conv, BatchNormalization and Relu, named as torch.onnx.export does; or by numbers that
// tell nothing of them.
QString network(const QTemporaryDir& folder, int stages, int blocks, bool names = true)
{
    pleat::test::ModelBuilder model;
    model.input("x", {1, 4, 6, 6});
    for (int s = 0; s < stages; ++s) {
        for (int b = 0; b < blocks; ++b) {
            const std::string stage = "stage" + std::to_string(s);
            const std::string block =
                names ? stage + "." + std::to_string(b) : "v" + std::to_string(s * blocks + b);
            const std::string module = "/" + stage + "/" + block + "/";
            const auto name = [&](const char* part) { return names ? module + part : block + part; };
            model.node("Conv", {model.current(), model.random(block + "w", {4, 4, 1, 1}, -1, 1)},
                       {block + "c"}, {}, name("conv/Conv"));
            model.batchNorm(name("bn/BatchNormalization"), {.channels = 4, .output = block + "b"});
            model.node("Relu", {block + "b"}, {block + "r"}, {}, name("relu/Relu"));
        }
    }
    const QString path = folder.filePath(QStringLiteral("network-%1-%2.onnx").arg(stages).arg(blocks));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        qFatal("cannot write");
    const std::string bytes = model.bytes();
    file.write(bytes.data(), static_cast<qint64>(bytes.size()));
    return path;
}

int nodeTitled(const GraphCanvas& canvas, const QString& title)
{
    const auto& nodes = canvas.scene().nodes;
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (!nodes[n].gone && nodes[n].title == title)
            return static_cast<int>(n);
    return -1;
}

QStringList rowsOf(const GraphCanvas& canvas, const QString& title)
{
    QStringList words;
    const int node = nodeTitled(canvas, title);
    if (node >= 0)
        for (const WeightRow& row : canvas.scene().nodes[static_cast<std::size_t>(node)].rows)
            words += QStringLiteral("%1|%2").arg(row.name, row.shape);
    return words;
}

QPointF topOf(const GraphCanvas& canvas, int node)
{
    const QRectF& rect = canvas.scene().nodes[static_cast<std::size_t>(node)].rect;
    return canvas.toWidget({rect.center().x(), rect.top()});
}

QPoint middleOf(const GraphCanvas& canvas, int node)
{
    return canvas.toWidget(canvas.scene().nodes[static_cast<std::size_t>(node)].rect.center()).toPoint();
}

} // namespace

class TestScopes final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    GraphCanvas& canvas() { return m_window->graph().canvas(); }
    void open(const QString& path)
    {
        m_window = openedWindow(path);
        canvas().setAnimated(false);
        QTRY_VERIFY(!canvas().scene().nodes.empty());
    }
    // Opens the context menu of a node and triggers what begins with these words.
    void choose(int node, const QString& words)
    {
        QVERIFY2(chooseInMenu(canvas(), middleOf(canvas(), node), words), qPrintable(words));
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }
    void cleanup() { m_window.reset(); }

    void showsASmallNetworkAtOnce()
    {
        open(network(m_folder, 3, 4));
        QCOMPARE(canvas().scene().nodes.size(), std::size_t(3 * 4 * 3 + 2));
    }

    void opensALargeNetworkCollapsed()
    {
        open(network(m_folder, 6, 20));
        QCOMPARE(canvas().scene().nodes.size(), std::size_t(6 + 2)); // stages, input and output
        QCOMPARE(canvas().scene().edges.size(), std::size_t(7));
        // 20 · (16 + 4 · 4) weights, each pair can be folded.
        QCOMPARE(rowsOf(canvas(), QStringLiteral("stage2")),
                 QStringList({QStringLiteral("60 nodes|640 parameters"),
                              QStringLiteral("|20 Conv · 20 BatchNormalization · 20 Relu"),
                              QStringLiteral("20 can fold|")}));
    }

    void expandsInPlace()
    {
        open(network(m_folder, 6, 20));
        const int block = nodeTitled(canvas(), QStringLiteral("stage2"));
        const QPointF top = topOf(canvas(), block);
        const QPointF before = topOf(canvas(), nodeTitled(canvas(), QStringLiteral("stage1")));
        QTest::mouseDClick(&canvas(), Qt::LeftButton, {}, middleOf(canvas(), block));
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("stage2.0")) >= 0);
        QCOMPARE(canvas().scene().nodes.size(), std::size_t(5 + 20 + 2));
        const QPointF now = topOf(canvas(), nodeTitled(canvas(), QStringLiteral("stage2.0")));
        const double header = measures::outlineHeaderHeight * canvas().zoom();
        QVERIFY(std::abs(now.y() - header - top.y()) < 1 && std::abs(now.x() - top.x()) < 1);
        const QPointF after = topOf(canvas(), nodeTitled(canvas(), QStringLiteral("stage1")));
        QVERIFY(std::abs(after.y() - before.y()) < 1);
        // By keyboard, one level deeper; and back.
        canvas().select({nodeTitled(canvas(), QStringLiteral("stage2.7")), -1, -1});
        QTest::keyClick(&canvas(), Qt::Key_Return);
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("Conv")) >= 0);
        const int conv = nodeTitled(canvas(), QStringLiteral("Conv"));
        canvas().centreOn(conv);
        choose(conv, QStringLiteral("Collapse stage2.7"));
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("Conv")) < 0);
        QVERIFY(nodeTitled(canvas(), QStringLiteral("stage2.7")) >= 0);
        choose(nodeTitled(canvas(), QStringLiteral("stage2.6")), QStringLiteral("Collapse stage2"));
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("stage2")) >= 0);
        choose(nodeTitled(canvas(), QStringLiteral("stage2")), QStringLiteral("Expand All"));
        QTRY_COMPARE(canvas().scene().nodes.size(), std::size_t(6 * 20 * 3 + 2));
        for (QAction* action : m_window->actions())
            if (action->shortcut() == QKeySequence(QStringLiteral("Ctrl+Alt+Up")))
                action->trigger();
        QTRY_COMPARE(canvas().scene().nodes.size(), std::size_t(6 + 2));
    }

    void countsWhatIsFolded()
    {
        open(network(m_folder, 6, 20));
        Document& document = m_window->workspace().document();
        const FoldId id = document.current()->candidates().front()->id;
        document.foldChosen({id});
        const QString can = QStringLiteral("19 can fold|"), did = QStringLiteral("1 folded|");
        QTRY_VERIFY(rowsOf(canvas(), QStringLiteral("stage0")).contains(can));
        QVERIFY(rowsOf(canvas(), QStringLiteral("stage0")).contains(did));
        QCOMPARE(rowsOf(canvas(), QStringLiteral("stage0")).front(),
                 QStringLiteral("59 nodes|628 parameters"));
        document.undoStack().undo();
        QTRY_VERIFY(rowsOf(canvas(), QStringLiteral("stage0")).contains(QStringLiteral("20 can fold|")));
        QCOMPARE(canvas().scene().nodes.size(), std::size_t(6 + 2)); // what is collapsed stays so
    }

    void areOutlinedWithTheirNames()
    {
        open(network(m_folder, 3, 4));
        const GraphScene& scene = canvas().scene();
        QStringList outlined;
        for (std::size_t g = 0; g < scene.groups.size(); ++g) {
            const SceneGroup& group = scene.groups[g];
            if (group.outline.isNull())
                continue;
            outlined += group.label;
            for (std::size_t n = 0; n < scene.nodes.size(); ++n) {
                int in = scene.groupOf[n];
                while (in >= 0 && in != static_cast<int>(g))
                    in = scene.groups[static_cast<std::size_t>(in)].parent;
                QCOMPARE(group.outline.contains(scene.nodes[n].rect), in >= 0);
                QCOMPARE(group.outline.intersects(scene.nodes[n].rect), in >= 0);
            }
            for (const SceneFrame& frame : scene.frames) // a pair is in it or not
                QCOMPARE(group.outline.contains(frame.rect), group.outline.intersects(frame.rect));
        }
        QCOMPARE(outlined, QStringList({QStringLiteral("stage0"), QStringLiteral("stage1"),
                                        QStringLiteral("stage2")})); // of three nodes there are none
        const QRectF header = outlineHeader(scene.groups[0]);
        QTest::mouseClick(&canvas(), Qt::LeftButton, {},
                          canvas().toWidget(header.topLeft() + QPointF(20, 10)).toPoint());
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("stage0")) >= 0);
        QVERIFY(nodeTitled(canvas(), QStringLiteral("stage1")) < 0);
    }

    // No label is over a node, nor cut by a frame or an outline; most lines have theirs.
    void writesLabelsWhereNothingElseIs_data()
    {
        QTest::addColumn<bool>("down");
        QTest::newRow("top-down") << true;
        QTest::newRow("left-right") << false;
    }
    void writesLabelsWhereNothingElseIs()
    {
        QFETCH(bool, down);
        open(network(m_folder, 3, 4));
        if (!down)
            m_window->graph().toggleDirection();
        QTRY_COMPARE(canvas().scene().direction, down ? ui::Direction::TopDown : ui::Direction::LeftRight);
        const GraphScene& scene = canvas().scene();
        const Theme theme = Theme::lightTheme();
        const SceneFonts fonts = SceneFonts::standard();
        const GraphPainter painter(scene, canvas().index(), theme, fonts);
        std::size_t written = 0;
        for (std::uint32_t e = 0; e < scene.edges.size(); ++e) {
            const QRectF label = painter.labelRect(e);
            if (label.isEmpty())
                continue;
            ++written;
            for (const SceneNode& node : scene.nodes)
                QVERIFY(!node.rect.intersects(label));
            for (const SceneFrame& frame : scene.frames)
                QVERIFY(!frame.badgeRect.intersects(label) &&
                        frame.rect.intersects(label) == frame.rect.contains(label));
            for (const SceneGroup& group : scene.groups)
                QVERIFY(!outlineHeader(group).intersects(label) &&
                        group.outline.intersects(label) == group.outline.contains(label));
        }
        QVERIFY2(written * 4 > scene.edges.size() * 3, qPrintable(QString::number(written)));
    }

    void haveTheColourOfTheWorstInThem()
    {
        open(network(m_folder, 6, 20));
        Workspace& workspace = m_window->workspace();
        const auto candidates = workspace.document().current()->candidates();
        auto heat = std::make_shared<Heat>();
        heat->nodes[candidates[0]->layer->id] = {0.25, QStringLiteral("1.2 ×")};
        heat->nodes[candidates[7]->layer->id] = {0.75, QStringLiteral("3.1 ×")};
        heat->nodes[candidates[25]->layer->id] = {-0.5, QStringLiteral("0.7 ×")};
        workspace.setHeat(heat);
        const auto at = [&](const char* scope) {
            return canvas().heat()->at(
                static_cast<std::uint32_t>(nodeTitled(canvas(), QLatin1StringView(scope))));
        };
        QVERIFY(at("stage0") && at("stage1"));
        QCOMPARE(at("stage0")->share, 0.75);
        QCOMPARE(at("stage0")->words, QStringLiteral("3.1 ×"));
        QCOMPARE(at("stage1")->share, -0.5);
        QVERIFY(!at("stage2"));
        m_window->graph().expandScopes();
        QTRY_VERIFY(nodeTitled(canvas(), QStringLiteral("stage0")) < 0);
        QCOMPARE(canvas().heat()->nodes.size(), std::size_t(3));
    }

    // What was folded leaves a gap; Tidy closes it, and opens it again.
    void tidiesWhatEditsLeft()
    {
        open(network(m_folder, 3, 4));
        GraphPane& pane = m_window->graph();
        const double before = canvas().scene().bounds.height();
        QVERIFY(!pane.hasGaps());
        m_window->workspace().document().foldAll();
        QTRY_VERIFY(pane.hasGaps());
        QCOMPARE(canvas().scene().bounds.height(), before);
        const auto trigger = [this] {
            for (QAction* action : m_window->actions())
                if (action->shortcut() == QKeySequence(QStringLiteral("Ctrl+Shift+T")))
                    action->trigger();
        };
        trigger();
        QTRY_VERIFY(!pane.hasGaps());
        QVERIFY(canvas().scene().bounds.height() < 0.8 * before);
        QVERIFY(pane.canUntidy());
        trigger();
        QTRY_VERIFY(pane.hasGaps());
        QCOMPARE(canvas().scene().bounds.height(), before);
        trigger();
        QTRY_VERIFY(!pane.hasGaps());
        m_window->workspace().document().undoStack().undo(); // what comes back has its place
        QTRY_COMPARE(canvas().scene().bounds.height(), before);
    }

    void revealsWhatIsHidden()
    {
        open(network(m_folder, 6, 20));
        QListView& list = m_window->panel<FoldPanel>().list();
        const QModelIndex row = list.model()->index(47, 0);
        list.scrollTo(row);
        QTest::mouseClick(list.viewport(), Qt::LeftButton, {}, list.visualRect(row).center());
        const quint32 layer = row.data(FoldModel::LayerRole).toUInt();
        QTRY_VERIFY(canvas().nodeWithKey(layer) >= 0);
        QTRY_COMPARE(canvas().selection().node, canvas().nodeWithKey(layer));
        QTRY_VERIFY(canvas().visibleScene().contains(
            canvas().scene().nodes[static_cast<std::size_t>(canvas().nodeWithKey(layer))].rect));
        QVERIFY(nodeTitled(canvas(), QStringLiteral("stage0")) >= 0); // no more than it has to
    }

    // A deep chain that is fitted: names that can be read all along it.
    void namesBlocksOfWhatIsTooSmall_data()
    {
        QTest::addColumn<bool>("names");
        QTest::newRow("names") << true;
        QTest::newRow("no names") << false;
    }
    void namesBlocksOfWhatIsTooSmall()
    {
        QFETCH(bool, names);
        open(network(m_folder, 12, 25, names));
        m_window->graph().expandScopes();
        QTRY_COMPARE(canvas().scene().nodes.size(), std::size_t(12 * 25 * 3 + 2));
        canvas().fit();
        QVERIFY(canvas().zoom() < 0.05);
        const auto blocks = overviewBlocks(canvas().scene(), canvas().zoom());
        QVERIFY(blocks.size() > 5);
        double covered = 0;
        QStringList labels;
        for (const OverviewBlock& block : blocks) {
            QVERIFY(block.rect.height() * canvas().zoom() >= 18);
            QVERIFY(block.rect.width() * canvas().zoom() >= 100);
            covered += block.rect.height();
            labels += canvas().scene().groups[static_cast<std::size_t>(block.group)].label;
        }
        QVERIFY(covered > 0.8 * canvas().scene().bounds.height());
        QCOMPARE(labels.removeDuplicates(), 0);
        // A double click leads there.
        const double zoom = canvas().zoom();
        const QPointF middle = blocks[3].rect.center();
        QTest::mouseDClick(&canvas(), Qt::LeftButton, {}, canvas().toWidget(middle).toPoint());
        QVERIFY(canvas().zoom() > 2 * zoom);
        QVERIFY(canvas().visibleScene().contains(middle));
        // Nodes that can be read are what is seen.
        QVERIFY(overviewBlocks(canvas().scene(), 0.7).empty());
    }
};

QTEST_MAIN(TestScopes)
#include "test_scopes.moc"
