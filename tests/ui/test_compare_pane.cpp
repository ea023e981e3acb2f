// SPDX-License-Identifier: GPL-3.0-or-later
// Two models side by side: what was opened and what became of it, or two files; what differs, in a list
// and on the canvases, by the events of a person.
#include "core/graph/DeclaredShapes.h"
#include "core/model/ModelReader.h"
#include "tests/cli/Program.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/ui/FileChanges.h"
#include "tests/ui/Gate.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/ScopeOverview.h"
#include "ui/compare/ChangesPanel.h"
#include "ui/compare/ComparePane.h"
#include "ui/document/Convert.h"
#include "ui/weights/WeightsPanel.h"
#include "ui/widgets/MessageBar.h"
#include "ui/widgets/SegmentedControl.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QFile>
#include <QJsonArray>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <algorithm>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;
using pleat::test::ModelBuilder;
using pleat::test::Program;

namespace {

QString written(const QTemporaryDir& folder, const QString& name, const std::string& bytes)
{
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes.data(), qint64(bytes.size())) < 0)
        qFatal("%s cannot be written", qPrintable(name));
    return folder.filePath(name);
}

SnapshotPointer snapshotOf(const QString& path)
{
    NoProgress quiet;
    auto model = openModel(toPath(path), quiet, {});
    if (!model)
        qFatal("%s", model.error().message.c_str());
    auto snapshot = makeSnapshot(std::move(model->model), quiet, {});
    return snapshot ? *snapshot : nullptr;
}

ComparedScenes scenesOf(const QString& before, const QString& after)
{
    NoProgress quiet;
    const auto compared = compareModels(snapshotOf(before), snapshotOf(after), quiet, {});
    if (!compared)
        qFatal("%s", compared.error().message.c_str());
    const auto none = std::make_shared<const ValueTypes>();
    auto scenes = sideBySide(**compared, {}, {none, none}, {}, ui::Direction::TopDown, {});
    if (!scenes)
        qFatal("nothing was laid out");
    return std::move(*scenes);
}

int numberOf(const IndexedScene& scene, const QString& name)
{
    for (std::size_t n = 0; n < scene.scene.nodes.size(); ++n)
        if (!scene.scene.nodes[n].gone && scene.scene.nodes[n].name == name)
            return static_cast<int>(n);
    return -1;
}

std::size_t seen(const IndexedScene& scene)
{
    return std::size_t(std::ranges::count_if(scene.scene.nodes, [](const SceneNode& n) { return !n.gone; }));
}

// Every line leads from the border of its producer to that of its reader, and through no other node.
bool areWhole(const IndexedScene& indexed)
{
    const GraphScene& scene = indexed.scene;
    for (std::size_t e = 0; e < scene.edges.size(); ++e) {
        if (scene.edges[e].gone)
            continue;
        const layout::Branch& branch = scene.layout.branches[e];
        std::vector<layout::PointF> way = scene.layout.trunks[branch.trunk].points;
        way.resize(branch.leaves);
        way.insert(way.end(), branch.points.begin(), branch.points.end());
        const QRectF from = scene.nodes[scene.edges[e].from].rect, to = scene.nodes[scene.edges[e].to].rect;
        const auto touches = [](const QRectF& rect, double y, layout::PointF p) {
            return std::abs(p.y - y) < 0.5 && p.x >= rect.left() - 0.5 && p.x <= rect.right() + 0.5;
        };
        if (!touches(from, from.bottom(), way.front()) || !touches(to, to.top(), way.back()))
            return false;
        for (const SceneNode& node : scene.nodes)
            for (const layout::PointF p : way)
                if (!node.gone && node.rect.adjusted(1, 1, -1, -1).contains(p.x, p.y))
                    return false;
    }
    return true;
}

} // namespace

class TestComparePane final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    Workspace& workspace() { return m_window->workspace(); }
    ComparePane& pane() { return m_window->comparison(); }
    QListView& list() { return *part<QListView>(*m_window, "changesList"); }
    SegmentedControl& sides()
    {
        return pane().isVisible() ? pane().bar().sides() : m_window->graph().bar().sides();
    }
    void choose(int segment)
    {
        SegmentedControl& control = sides();
        const int width = control.width() / 3;
        QTest::mouseClick(&control, Qt::LeftButton, {}, {width * segment + width / 2, control.height() / 2});
    }
    void openFolded()
    {
        m_window = openedWindow(sampleModel());
        QSignalSpy folded(&workspace().document(), &Document::currentChanged);
        workspace().document().foldAll();
        QVERIFY(folded.wait(10000));
    }
    void openBoth()
    {
        openFolded();
        QSignalSpy compared(&pane(), &ComparePane::compared);
        choose(2);
        QVERIFY(compared.wait(10000));
        still();
    }
    void openTwo(const QString& before, const QString& after)
    {
        m_window = std::make_unique<MainWindow>(std::filesystem::path());
        m_window->resize(1500, 950);
        m_window->show();
        QSignalSpy compared(&pane(), &ComparePane::compared);
        m_window->openBeside(before, after);
        QVERIFY(compared.wait(20000));
        still();
    }
    void still()
    {
        pane().before().setAnimated(false);
        pane().after().setAnimated(false);
    }
    QString foldedSample()
    {
        const QString path = m_folder.filePath(u"folded.onnx"_s);
        const Program program;
        if (!QFile::exists(path) && program.run({u"fold"_s, sampleModel(), u"-o"_s, path}).code != 0)
            qFatal("the sample was not folded");
        return path;
    }
    void clickRow(int row)
    {
        const QModelIndex index = list().model()->index(row, 0);
        list().scrollTo(index);
        QTest::mouseClick(list().viewport(), Qt::LeftButton, {}, list().visualRect(index).center());
    }
    int rowOf(ChangeKind kind)
    {
        for (int row = 0; row < list().model()->rowCount(); ++row)
            if (list().model()->index(row, 0).data(ChangesModel::KindRole).toInt() == static_cast<int>(kind))
                return row;
        return -1;
    }
    static bool showsInTheMiddle(const GraphCanvas& canvas, int node)
    {
        const QPointF at = canvas.toWidget(canvas.scene().nodes[std::size_t(node)].rect.center());
        return std::abs(at.x() - canvas.width() / 2.0) < 2 && std::abs(at.y() - canvas.height() / 2.0) < 2;
    }

private Q_SLOTS:
    void init() { isolate(m_folder); }
    void cleanup() { m_window.reset(); }

    void whatBelongsTogetherLiesAtOnePlace()
    {
        const ComparedScenes scenes = scenesOf(sampleModel(), foldedSample());
        QCOMPARE(scenes.before->scene.nodes.size(), scenes.after->scene.nodes.size());
        QCOMPARE(seen(*scenes.before) - seen(*scenes.after), std::size_t(13)); // the batch norms
        std::size_t same = 0;
        for (std::size_t n = 0; n < scenes.items.size(); ++n) {
            const SceneNode &old = scenes.before->scene.nodes[n], &now = scenes.after->scene.nodes[n];
            if (old.gone || now.gone)
                continue;
            ++same;
            QCOMPARE(now.title, old.title);
            QVERIFY(now.rect.top() == old.rect.top() && now.rect.center().x() == old.rect.center().x());
        }
        QCOMPARE(same, seen(*scenes.after));
        QVERIFY(areWhole(*scenes.before) && areWhole(*scenes.after));
        // The line past what was folded is as straight as it was.
        for (const layout::Trunk& trunk : scenes.after->scene.layout.trunks)
            QVERIFY(!trunk.points.empty());
    }

    void whatWasInsertedHasItsPlaceToo()
    {
        const auto network = [](bool quantized) {
            ModelBuilder model;
            model.input("x", {1, 3, 8, 8}).conv("c1", {.out = 4, .in = 3});
            if (quantized)
                model.then("Sigmoid", "s1").then("Tanh", "t1");
            return model.then("Relu", "r1").conv("c2", {.out = 4, .in = 4}).bytes();
        };
        const ComparedScenes scenes = scenesOf(written(m_folder, u"plain.onnx"_s, network(false)),
                                               written(m_folder, u"more.onnx"_s, network(true)));
        QCOMPARE(seen(*scenes.after), seen(*scenes.before) + 2);
        QVERIFY(areWhole(*scenes.before) && areWhole(*scenes.after));
        const int added = numberOf(*scenes.after, u"s1"_s), conv = numberOf(*scenes.before, u"c1"_s);
        QVERIFY(added >= 0 && numberOf(*scenes.before, u"s1"_s) < 0);
        QCOMPARE(numberOf(*scenes.after, u"c1"_s), conv);
        const auto lookAt = [](const IndexedScene& scene, int node) {
            const int frame = scene.scene.frameOf[std::size_t(node)];
            return frame < 0 ? std::optional<MarkLook>() : scene.scene.frames[std::size_t(frame)].look;
        };
        QVERIFY(lookAt(*scenes.after, added) == lookOf(ChangeKind::Added));
        QVERIFY(!lookAt(*scenes.before, conv) && !lookAt(*scenes.after, conv));
    }

    // As one graph these two have a cycle.
    void anotherOrderIsShownAsItIs()
    {
        const auto network = [](const char* first, const char* second) {
            ModelBuilder model;
            model.input("x", {1, 3, 8, 8}).then(first, first).then(second, second);
            return model.then("Softmax", "end").bytes();
        };
        const ComparedScenes scenes = scenesOf(written(m_folder, u"ab.onnx"_s, network("Sigmoid", "Tanh")),
                                               written(m_folder, u"ba.onnx"_s, network("Tanh", "Sigmoid")));
        QCOMPARE(seen(*scenes.before), std::size_t(5));
        QCOMPARE(seen(*scenes.after), std::size_t(5));
        QVERIFY(areWhole(*scenes.before) && areWhole(*scenes.after));
    }

    void beforeAfterAndBothOfAFoldedModel()
    {
        openBoth();
        QVERIFY(pane().isVisible() && !m_window->graph().isVisible());
        QVERIFY(pane().before().isVisible() && pane().after().isVisible());
        QVERIFY(part<QDockWidget>(*m_window, "changes")->isVisible());
        QCOMPARE(pane().changes()->model().counts()[int(ChangeKind::Removed)], 13);
        choose(0);
        QTRY_VERIFY(m_window->graph().isVisible());
        QCOMPARE(workspace().shown(), workspace().document().opened());
        QVERIFY(!part<QDockWidget>(*m_window, "changes")->isVisible());
        choose(2);
        QTRY_VERIFY(pane().isVisible());
        choose(1);
        QTRY_VERIFY(m_window->graph().isVisible());
        QCOMPARE(workspace().shown(), workspace().document().current());
    }

    void zoomedOutBothAreBlocksOfScopes()
    {
        openBoth();
        const auto before = overviewBlocks(pane().before().scene(), 0.03);
        const auto after = overviewBlocks(pane().after().scene(), 0.03);
        QVERIFY(!before.empty());
        QCOMPARE(before.size(), after.size());
        for (std::size_t b = 0; b < before.size(); ++b) {
            QCOMPARE(before[b].rect, after[b].rect);
            QCOMPARE(before[b].group, after[b].group);
        }
        for (const SceneGroup& group : pane().before().scene().groups)
            QVERIFY(group.outline.isNull()); // there is nothing to collapse
    }

    void followsUndo()
    {
        openBoth();
        QSignalSpy compared(&pane(), &ComparePane::compared);
        workspace().document().undoStack().undo();
        QVERIFY(compared.wait(10000));
        QCOMPARE(pane().changes()->model().rowCount(), 0);
        QCOMPARE(seen(*pane().before().sharedScene()), seen(*pane().after().sharedScene()));
    }

    void aClickInTheListLeadsBothThere()
    {
        openBoth();
        const QAbstractItemModelTester tester(list().model());
        const int row = rowOf(ChangeKind::Removed);
        clickRow(row);
        const int node = pane().before().selection().node;
        QVERIFY(node >= 0);
        QCOMPARE(pane().before().scene().nodes[std::size_t(node)].title, u"BatchNormalization"_s);
        QVERIFY(pane().after().scene().nodes[std::size_t(node)].gone);
        QVERIFY(pane().after().selection().nothing());
        QVERIFY(showsInTheMiddle(pane().before(), node) && showsInTheMiddle(pane().after(), node));
        QCOMPARE(pane().before().seen(), pane().after().seen());
        QVERIFY(!workspace().selection().value().fold.empty()); // WEIGHTS has it
        QTest::keyClick(&list(), Qt::Key_Up);
        const int changed = pane().after().selection().node;
        QVERIFY(changed >= 0 && changed == pane().before().selection().node);
        QVERIFY(part<QPlainTextEdit>(*m_window, "changeDetails")->toPlainText().contains(u"by up to"_s));
    }

    void keysGoFromChangeToChange()
    {
        openBoth();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        clickRow(0);
        QTest::keyClick(&pane().after(), Qt::Key_F7);
        QCOMPARE(list().currentIndex().row(), 1);
        QTest::keyClick(&pane().after(), Qt::Key_F7, Qt::ShiftModifier);
        QCOMPARE(list().currentIndex().row(), 0);
    }

    void theListIsFiltered()
    {
        openBoth();
        auto* words = part<QLineEdit>(*m_window, "changesFilter");
        QTest::keyClicks(words, u"removed batchnorm"_s);
        QCOMPARE(list().model()->rowCount(), 13);
        words->clear();
        const auto chips = m_window->comparison().changes()->findChildren<QToolButton*>();
        const int all = list().model()->rowCount();
        for (QToolButton* chip : chips)
            if (chip->text().startsWith(u'−'))
                click(chip);
        QCOMPARE(list().model()->rowCount(), all - 13);
    }

    void oneViewAndOneSelection()
    {
        openBoth();
        pane().before().setZoom(0.8, {100, 100});
        QCOMPARE(pane().after().seen(), pane().before().seen());
        pane().after().fit();
        QCOMPARE(pane().after().seen(), pane().before().seen());
        pane().after().actualSize();
        const int conv = pane().numberOf(pane().comparison()->changes.front());
        pane().after().centreOn(conv);
        const QPoint at =
            pane().after().toWidget(pane().after().scene().nodes[std::size_t(conv)].rect.center()).toPoint();
        QSignalSpy hovered(&pane().after(), &GraphCanvas::hovered);
        QTest::mouseMove(&pane().after(), at);
        QTest::mouseClick(&pane().after(), Qt::LeftButton, {}, at);
        QCOMPARE(pane().before().selection().node, conv);
        QCOMPARE(list().currentIndex().row(), 0);
        QVERIFY(workspace().selection().value().node != NodeId::None);
    }

    void theMenuChoosesAndCopies()
    {
        openBoth();
        QSignalSpy drawn(&pane(), &ComparePane::compared);
        pane().setDetails({.names = true}); // on the nodes, beside their operators
        QVERIFY(drawn.wait(10000));
        GraphCanvas& after = pane().after();
        const auto conv = std::ranges::find(after.scene().nodes, u"Conv"_s, &SceneNode::op);
        const auto number = static_cast<int>(conv - after.scene().nodes.begin());
        after.centreOn(number);
        QVERIFY(chooseInMenu(after, after.toWidget(conv->rect.center()).toPoint(), u"Choose All"_s));
        const auto convs = std::ranges::count_if(after.scene().nodes, [](const SceneNode& node) {
            return !node.gone && node.title.startsWith(u"Conv"_s);
        });
        QCOMPARE(qsizetype(after.chosen().size()), qsizetype(convs));
        QTest::keySequence(&after, QKeySequence::Copy);
        QCOMPARE(QGuiApplication::clipboard()->text().count(u'\n') + 1, qsizetype(convs));
        QVERIFY(QGuiApplication::clipboard()->text().split(u'\n').contains(conv->name));
    }

    void twoFilesHaveTheCountsOfTheCommandLine()
    {
        openTwo(sampleModel(), foldedSample());
        const Program program;
        const QJsonObject json =
            program.run({u"compare"_s, sampleModel(), foldedSample(), u"--json"_s}).json();
        const Comparison& compared = *pane().comparison();
        QCOMPARE(qint64(compared.nodes.same), json["nodes_same"_L1].toInteger(-1));
        QCOMPARE(qint64(compared.nodes.different), json["nodes_different"_L1].toInteger(-1));
        QCOMPARE(qint64(compared.nodes.onlyBefore), json["nodes_only_before"_L1].toInteger(-1));
        QCOMPARE(qint64(compared.tensors.same), json["same"_L1].toInteger(-1));
        QCOMPARE(qint64(compared.tensors.different), json["different"_L1].toInteger(-1));
        QCOMPARE(qint64(compared.tensors.onlyAfter), json["only_after"_L1].toInteger(-1));
        const auto counts = pane().changes()->model().counts();
        QCOMPARE(counts[int(ChangeKind::Removed)], json["nodes_only_before"_L1].toInt(-1));
        QCOMPARE(counts[int(ChangeKind::Added)], json["nodes_only_after"_L1].toInt(-1));
        // A node that the command line has nothing to say of may have other weights, which it lists as
        // tensors.
        const auto byWeights = std::ranges::count(compared.changes, u"weights"_s, &Change::brief);
        QCOMPARE(counts[int(ChangeKind::Changed)] - int(byWeights), json["nodes_different"_L1].toInt(-1));
        QVERIFY(m_window->windowTitle().contains(u"digits.onnx"_s) &&
                m_window->windowTitle().contains(u"folded.onnx"_s));
    }

    void weightsAreThoseOfBothFiles()
    {
        openTwo(sampleModel(), foldedSample());
        const auto& changes = pane().comparison()->changes;
        const auto conv = std::ranges::find_if(changes, [](const Change& change) {
            return change.op == u"Conv"_s && change.brief.contains(u"weights"_s);
        });
        QVERIFY(conv != changes.end());
        clickRow(static_cast<int>(conv - changes.begin()));
        const auto& weights = m_window->panel<WeightsPanel>();
        const auto isBeside = [&] { return weights.comparison() && weights.comparison()->beside; };
        QTRY_VERIFY(isBeside());
        const WeightsComparison& seen = *weights.comparison();
        QVERIFY(seen.before);
        const Program program;
        const QJsonArray tensors = program.run({u"compare"_s, sampleModel(), foldedSample(), u"--json"_s})
                                       .json()["tensors"_L1]
                                       .toArray();
        const auto told = std::ranges::find_if(tensors, [&](const QJsonValue& each) {
            return each["after"_L1]["name"_L1].toString() == toQt(seen.after.name);
        });
        QVERIFY(told != tensors.end());
        QVERIFY(seen.after.statistics.range.max == (*told)["after"_L1]["max"_L1].toDouble());
        QVERIFY(seen.before->statistics.range.max == (*told)["before"_L1]["max"_L1].toDouble());
        click(part<QToolButton>(*m_window, "leaveComparison"));
        QTRY_VERIFY(weights.comparison() && !weights.comparison()->beside);
    }

    void theSidesOfTwoFilesAndTheWayOut()
    {
        openTwo(sampleModel(), foldedSample());
        choose(0);
        QVERIFY(pane().before().isVisible() && !pane().after().isVisible());
        choose(1);
        QVERIFY(!pane().before().isVisible() && pane().after().isVisible());
        choose(2);
        click(part<QToolButton>(*m_window, "leaveComparison"));
        QVERIFY(m_window->graph().isVisible() && !pane().isVisible());
        QVERIFY(!part<QDockWidget>(*m_window, "changes")->isVisible());
        QVERIFY(!m_window->windowTitle().contains(u"folded.onnx"_s));
        QCOMPARE(workspace().shown(), workspace().document().current());
    }

    void aSecondFileThatChangesIsReadAgain()
    {
        const QString path = m_folder.filePath(u"second.onnx"_s);
        putInPlace(path, contents(foldedSample()));
        age(path);
        openTwo(sampleModel(), path);
        const std::size_t removed = pane().comparison()->nodes.onlyBefore;
        QVERIFY(removed > 0);
        choose(0); // what was being looked at still is
        QSignalSpy compared(&pane(), &ComparePane::compared);
        putInPlace(path, contents(sampleModel()));
        QTRY_VERIFY(m_window->messages().isVisible());
        const auto* says = part<QLabel>(*m_window, "messageSentence");
        QVERIFY2(says->text().startsWith(u"second.onnx was replaced on disk."_s), qPrintable(says->text()));
        QVERIFY(!says->text().contains(u"export"_s)); // it is only looked at
        click(part<QToolButton>(*m_window, "messageAction"));
        QVERIFY(compared.wait(20000));
        QCOMPARE(pane().comparison()->nodes.onlyBefore, std::size_t(0));
        QVERIFY(!m_window->messages().isVisible());
        QVERIFY(pane().before().isVisible() && !pane().after().isVisible());
        // F5 reads both.
        putInPlace(path, contents(foldedSample()));
        QTRY_VERIFY(m_window->messages().isVisible());
        part<QAction>(*m_window, "actionReload")->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(pane().comparison() && pane().comparison()->nodes.onlyBefore == removed,
                                 20000);
        QVERIFY(workspace().other());
        QVERIFY(!m_window->messages().isVisible());
        // What is said of it goes with it.
        putInPlace(path, contents(sampleModel()));
        QTRY_VERIFY(m_window->messages().isVisible());
        workspace().compareWith(foldedSample());
        QTRY_VERIFY(!m_window->messages().isVisible());
        QCOMPARE(workspace().side(), Side::Both);
    }

    void saysWhyTheSecondCannotBeRead()
    {
        m_window = openedWindow(sampleModel());
        QSignalSpy failed(&workspace(), &Workspace::failed);
        workspace().compareWith(written(m_folder, u"broken.onnx"_s, "no model"));
        QVERIFY(failed.wait(10000));
        QVERIFY(m_window->messages().isVisible());
        QVERIFY(m_window->graph().isVisible() && !workspace().other());
        QCOMPARE(workspace().document().path(), sampleModel());
    }

    void cancelLeavesTheWindowAsItWas()
    {
        m_window = openedWindow(sampleModel());
        QTRY_VERIFY(!workspace().jobs().isBusy());
        Gate gate(u"open"_s, 1);
        gate.listenTo(workspace().jobs());
        workspace().compareWith(foldedSample());
        QTRY_VERIFY(gate.waiting);
        auto* cancel = part<QToolButton>(*m_window, "statusCancel");
        QTRY_VERIFY(cancel->isVisible());
        click(cancel);
        gate.open.release();
        QTRY_VERIFY(!workspace().jobs().isBusy());
        QVERIFY(m_window->graph().isVisible() && !workspace().other());
        workspace().jobs().setListener({});
    }

    void asksAboutASecondFileThatIsDropped()
    {
        m_window = openedWindow(sampleModel());
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(foldedSample())});
        answerNextQuestion(u"Compare"_s);
        QDragEnterEvent enter(QPoint(50, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 200), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QSignalSpy compared(&pane(), &ComparePane::compared);
        QCoreApplication::sendEvent(m_window.get(), &drop);
        QVERIFY(compared.wait(10000));
        QVERIFY(workspace().other());
        QCOMPARE(workspace().document().path(), sampleModel());
    }

    void aChangeInABodyOpensItsPage()
    {
        m_window = openedWindow(modelWithPages(m_folder));
        QSignalSpy folded(&workspace().document(), &Document::currentChanged);
        workspace().document().foldAll();
        QVERIFY(folded.wait(10000));
        QSignalSpy compared(&pane(), &ComparePane::compared);
        choose(2);
        QVERIFY(compared.wait(10000));
        still();
        QCOMPARE(pane().bar().pages().pages(), QStringList{u"pages.onnx"_s});
        int inBody = -1;
        const auto& changes = pane().comparison()->changes;
        for (std::size_t c = 0; c < changes.size(); ++c)
            if (changes[c].name == u"bn1"_s)
                inBody = static_cast<int>(c);
        QVERIFY(inBody >= 0);
        clickRow(inBody);
        QVERIFY(compared.wait(10000));
        QCOMPARE(pane().bar().pages().pages().size(), 2);
        const int node = pane().before().selection().node;
        QVERIFY(node >= 0 && showsInTheMiddle(pane().before(), node));
        QCOMPARE(pane().before().scene().nodes[std::size_t(node)].name, u"bn1"_s);
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTest::keyClick(&pane().before(), Qt::Key_Backspace);
        QVERIFY(compared.wait(10000));
        QCOMPARE(pane().bar().pages().pages().size(), 1);
    }
};

QTEST_MAIN(TestComparePane)
#include "test_compare_pane.moc"
