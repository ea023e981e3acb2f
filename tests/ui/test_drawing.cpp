// SPDX-License-Identifier: GPL-3.0-or-later
// What the window makes of an edit by following it is what it makes of the model anew: the drawing on the
// same layout, the counts and the rows, after random folds, undos and redos; with the marks of all panels.
#include "core/edit/EditStep.h"
#include "core/edit/Find.h"
#include "core/graph/DeclaredShapes.h"
#include "core/model/ModelReader.h"
#include "tests/ui/WindowFixture.h"
#include "ui/canvas/Drawing.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/document/Convert.h"
#include "ui/fold/FoldLook.h"
#include "ui/fold/FoldModel.h"
#include "ui/window/MainWindow.h"

#include <QAbstractItemModelTester>
#include <QScreen>
#include <QTest>
#include <algorithm>
#include <map>
#include <random>

using namespace pleat;
using namespace pleat::ui;
using namespace pleat::ui::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int edits = 60;

QString text(const QRectF& rect)
{
    return QStringLiteral("%1 %2 %3 %4").arg(rect.x()).arg(rect.y()).arg(rect.width()).arg(rect.height());
}

QString text(const std::vector<layout::PointF>& points)
{
    QString words;
    for (const layout::PointF& point : points)
        words += QStringLiteral("(%1 %2)").arg(point.x).arg(point.y);
    return words;
}

// All that is painted of a drawing, in words.
QStringList seen(const Drawing& drawing)
{
    const GraphScene& scene = drawing.scene->scene;
    QStringList words;
    for (std::size_t n = 0; n < scene.nodes.size(); ++n) {
        const SceneNode& node = scene.nodes[n];
        if (node.gone)
            continue;
        QString rows;
        for (const WeightRow& row : node.rows)
            rows += row.name + u'=' + row.shape + u' ';
        words += QStringLiteral("node %1 %2 %3 %4 %5 %6 marks %7")
                     .arg(n)
                     .arg(node.title, rows, text(node.rect))
                     .arg(node.clearBefore)
                     .arg(node.clearAfter)
                     .arg(drawing.marksOn[n]);
        const int frame = scene.frameOf[n];
        words += frame < 0 ? QString() : scene.frames[static_cast<std::size_t>(frame)].badge;
    }
    for (std::size_t e = 0; e < scene.edges.size(); ++e) {
        const SceneEdge& edge = scene.edges[e];
        if (edge.gone)
            continue;
        const layout::Branch& branch = scene.layout.branches[e];
        words += QStringLiteral("edge %1 %2 %3 %4 %5 %6 over %7 by %8")
                     .arg(e)
                     .arg(edge.from)
                     .arg(edge.to)
                     .arg(edge.toPort)
                     .arg(edge.tensorName, edge.label, text(scene.layout.trunks[branch.trunk].points),
                          text(branch.points));
    }
    for (std::size_t f = 0; f < scene.frames.size(); ++f) {
        const SceneFrame& frame = scene.frames[f];
        if (frame.nodes.empty())
            continue;
        const Drawing::FrameMark& mark = drawing.frames[f];
        words += QStringLiteral("frame %1 %2 %3 %4 %5 %6")
                     .arg(frame.badge, frame.tooltip, text(frame.rect), text(frame.badgeRect), mark.action,
                          toQt(mark.id));
    }
    words.sort();
    return words;
}

QStringList rows(const FoldModel& model)
{
    QStringList words;
    for (int row = 0; row < model.rowCount(); ++row) {
        const QModelIndex index = model.index(row);
        QString line;
        for (const int role : {int(Qt::DisplayRole), int(Qt::CheckStateRole), int(FoldModel::IdRole),
                               int(FoldModel::DetailRole), int(FoldModel::StateRole)})
            line += index.data(role).toString() + u'|';
        words += line;
    }
    return words;
}

} // namespace

class TestDrawing final : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    NoProgress m_progress;

    // What the canvas draws by the marks of all panels.
    static Drawing::Of drawn(const Workspace& workspace, const Drawing* previous = nullptr)
    {
        return {.shown = workspace.shown(),
                .current = workspace.document().current(),
                .sources = workspace.marks(),
                .types = previous ? previous->of.types : workspace.types(),
                .details = {}};
    }

    static QStringList badges(const Drawing& drawing)
    {
        QStringList words;
        for (const SceneFrame& frame : drawing.scene->scene.frames)
            if (!frame.nodes.empty())
                words << frame.badge;
        words.sort();
        return words;
    }

private Q_SLOTS:
    void initTestCase() { isolate(m_folder); }

    void followsWhatWouldBeMadeAnew_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<int>("direction");
        QTest::addColumn<bool>("allFollow");
        QTest::newRow("a chain") << modelWithPairs(m_folder, 40) << int(ui::Direction::TopDown) << true;
        QTest::newRow("a chain, left to right")
            << modelWithPairs(m_folder, 40) << int(ui::Direction::LeftRight) << true;
        QTest::newRow("the sample") << sampleModel() << int(ui::Direction::TopDown) << false;
        QTest::newRow("scopes, some of them collapsed")
            << modelWithPairs(m_folder, 40) << int(ui::Direction::TopDown) << false;
    }
    void followsWhatWouldBeMadeAnew()
    {
        QFETCH(QString, path);
        QFETCH(int, direction);
        QFETCH(bool, allFollow);
        auto model = openModel(toPath(path), m_progress, {});
        QVERIFY(model);
        const auto types = std::make_shared<const ValueTypes>(declaredTypes(model->model));
        const auto opened = makeSnapshot(std::move(model->model), m_progress, {});
        QVERIFY(opened);
        const std::vector<Workspace::PanelMarks> sources{
            {QStringLiteral("folds"), {foldMarks, foldMarkChange}}};
        std::optional<ScopeState> scopes;
        if (QString::fromUtf8(QTest::currentDataTag()).startsWith(QStringLiteral("scopes"))) {
            scopes = ScopeState().of(std::make_shared<const NameScopes>(*(*opened)->view, ScopeIndex::Main));
            const auto all = scopes->tree().scopes();
            QVERIFY(all.size() > 4);
            for (std::uint32_t s = 1; s < all.size(); s += 2)
                scopes->collapse(s);
        }
        const auto of = [&](const SnapshotPointer& shown, const SnapshotPointer& current) {
            return Drawing::Of{
                shown, current,          sources, 0, types, static_cast<ui::Direction>(direction),
                {},    ScopeIndex::Main, scopes};
        };
        const auto laidOut = draw(of(*opened, *opened), nullptr, {});
        QVERIFY(laidOut);
        Drawing drawing = *laidOut;
        FoldModel list;
        const QAbstractItemModelTester tester(&list);
        list.setSnapshots(*opened, *opened);

        std::mt19937 random(7);
        std::vector<SnapshotPointer> undo{*opened};
        std::size_t at = 0;
        bool before = false;
        int followed = 0;
        for (int edit = 0; edit < edits; ++edit) {
            const auto choice = random() % 8;
            std::vector<FoldId> foldable;
            for (const FoldCandidate* candidate : undo[at]->candidates())
                if (candidate->foldable)
                    foldable.push_back(candidate->id);
            if (choice < 4 && !foldable.empty()) {
                const FoldId id = foldable[random() % foldable.size()];
                const auto stepped = stepSnapshot(undo[at], FoldStep{{{id}}, {}}, m_progress, {});
                QVERIFY(stepped);
                undo.resize(++at);
                undo.push_back(stepped->snapshot);
            } else if (choice < 6 && at > 0) {
                --at;
            } else if (choice < 7 && at + 1 < undo.size()) {
                ++at;
            } else {
                before = !before;
            }
            const SnapshotPointer& current = undo[at];
            const Drawing::Of now = of(before ? *opened : current, current);
            if (const auto follows = follow(now, drawing)) {
                ++followed;
                drawing = *follows;
            } else {
                drawing = *draw(now, &drawing, {});
            }
            Drawing base = *laidOut; // nothing can be followed from it, but its places are kept
            base.of.sourcesVersion = -1;
            const auto anew = draw(now, &base, {});
            QVERIFY(anew);
            QVERIFY(drawing.laidOut == laidOut->laidOut);
            QCOMPARE(seen(drawing), seen(*anew));
            const FoldCounts& counts = current->counts;
            QVERIFY(counts == countFolds(*current));
            list.setSnapshots(*opened, current);
            FoldModel fresh;
            fresh.setSnapshots(*opened, *opened);
            fresh.setSnapshots(nullptr, nullptr);
            fresh.setSnapshots(*opened, current);
            QCOMPARE(rows(list), rows(fresh));
            QCOMPARE(list.checkedCount(), fresh.checkedCount());
        }
        QVERIFY2(allFollow ? followed == edits : followed > 0, qPrintable(QString::number(followed)));
    }

    // Only a part of the canvas is painted again: what is on the screen then, beside all of it painted anew.
    void paintsWhatPaintingAllWould_data()
    {
        QTest::addColumn<double>("zoom");
        QTest::newRow("close") << 1.0;
        QTest::newRow("all") << 0.35;
        QTest::newRow("far") << 0.12;
    }
    void paintsWhatPaintingAllWould()
    {
        QFETCH(double, zoom);
        const SnapshotPointer opened = snapshotOfPairs(8);
        const auto types = std::make_shared<const ValueTypes>();
        const std::vector<Workspace::PanelMarks> sources{
            {QStringLiteral("folds"), {foldMarks, foldMarkChange}}};
        const auto of = [&](const SnapshotPointer& shown) {
            return Drawing::Of{shown, shown, sources, 0, types, ui::Direction::TopDown, {}};
        };
        Drawing drawing = *draw(of(opened), nullptr, {});
        GraphCanvas canvas;
        canvas.setAnimated(false);
        canvas.resize(700, 600);
        canvas.show();
        QVERIFY(QTest::qWaitForWindowExposed(&canvas));
        canvas.setSharedScene(drawing.scene, GraphCanvas::KeepView::Fit);
        canvas.setZoom(zoom, {350, 100});
        canvas.select({1, -1, 0});
        const auto compare = [&](const char* what) {
            QCoreApplication::processEvents();
            const QImage all = canvas.grab().toImage().convertToFormat(QImage::Format_RGB32);
            const QImage screen =
                canvas.screen()->grabWindow(canvas.winId()).toImage().convertToFormat(QImage::Format_RGB32);
            QVERIFY2(screen == all, what);
        };
        compare("the beginning");

        std::mt19937 random(3);
        std::vector<SnapshotPointer> undo{opened};
        for (int edit = 0; edit < edits; ++edit) {
            std::vector<FoldId> foldable;
            for (const FoldCandidate* candidate : undo.back()->candidates())
                foldable.push_back(candidate->id);
            const auto choice = random() % 8;
            if (choice < 4 && !foldable.empty()) {
                const FoldStep step{{{foldable[random() % foldable.size()]}}, {}};
                undo.push_back(stepSnapshot(undo.back(), step, m_progress, {}).value().snapshot);
            } else if (choice < 6 && undo.size() > 1) {
                undo.pop_back();
            } else if (choice < 7) {
                canvas.select({static_cast<int>(random() % canvas.scene().nodes.size()), -1, -1});
            } else {
                const QPoint somewhere(static_cast<int>(random() % 700), static_cast<int>(random() % 600));
                QTest::mouseMove(&canvas, somewhere);
            }
            drawing = *draw(of(undo.back()), &drawing, {});
            canvas.setSharedScene(drawing.scene, GraphCanvas::KeepView::Anchor);
            compare(qPrintable(QStringLiteral("edit %1").arg(edit)));
            if (QTest::currentTestFailed())
                return;
        }
    }

    // A panel that cannot tell what changed would have every edit of a large model drawn anew.
    void everyPanelFollowsAnEditWithItsMarks()
    {
        const auto window = openedWindow(sampleModel());
        Workspace& workspace = window->workspace();
        Document& document = workspace.document();
        const auto first = draw(drawn(workspace), nullptr, {});
        QVERIFY(first && !badges(*first).isEmpty());
        document.foldChosen({document.foldable().front()});
        QTRY_COMPARE(document.undoStack().count(), 1);
        const auto folded = follow(drawn(workspace, &*first), *first);
        QVERIFY(folded);
        QCOMPARE(badges(*folded), badges(*draw(drawn(workspace), nullptr, {})));

        // With something that does not fit, in the edited model only.
        const GraphView& view = *document.current()->view;
        const FoldCandidate* const last = document.current()->candidate(document.foldable().back());
        const NodeIndex conv = view.find(last->layer->id);
        workspace.edit({InsertNode{lastingId(view, view.input(conv, 0)),
                                   lastingId(view, conv),
                                   "Cast",
                                   {{"to", static_cast<std::int64_t>(DataType::Float16)}}}});
        QTRY_VERIFY(workspace.problems() > 0);
        const auto wrong = draw(drawn(workspace), nullptr, {});
        QVERIFY(badges(*wrong).contains(u"does not fit"_s));
        document.foldChosen({document.foldable().front()});
        QTRY_COMPARE(document.undoStack().count(), 3);
        const auto more = follow(drawn(workspace, &*wrong), *wrong);
        QVERIFY(more);
        QCOMPARE(badges(*more), badges(*draw(drawn(workspace, &*wrong), nullptr, {})));
        // A second node that does not fit goes again, with what is said of it, and comes back.
        const int problems = workspace.problems();
        workspace.edit({DuplicateNode{
            lastingId(*document.current()->view, document.current()->view->find(last->layer->id))}});
        QTRY_VERIFY(workspace.problems() > problems);
        const auto twice = draw(drawn(workspace, &*more), nullptr, {});
        QVERIFY(badges(*twice).count(u"does not fit"_s) > badges(*more).count(u"does not fit"_s));
        const GraphView& copied = *document.current()->view;
        NodeIndex copy = NodeIndex::None;
        for (std::uint32_t n = 0; n < copied.nodeCount(); ++n)
            if (copied.exists(NodeIndex{n}) &&
                copied.op(NodeIndex{n}) == copied.op(copied.find(last->layer->id)) &&
                copied.uses(copied.outputs(NodeIndex{n})[0]).empty())
                copy = NodeIndex{n};
        QVERIFY(copy != NodeIndex::None);
        workspace.edit({RemoveNode{lastingId(copied, copy), false}});
        QTRY_COMPARE(document.undoStack().count(), 5);
        const auto without = draw(drawn(workspace, &*twice), &*twice, {});
        QCOMPARE(badges(*without), badges(*draw(drawn(workspace, &*twice), nullptr, {})));
        document.undoStack().undo();
        const auto again = draw(drawn(workspace, &*twice), &*without, {});
        QCOMPARE(badges(*again), badges(*draw(drawn(workspace, &*twice), nullptr, {})));
        workspace.setSide(Side::Before);
        const auto before = draw(drawn(workspace, &*more), &*more, {});
        QVERIFY(!badges(*before).contains(u"does not fit"_s));
        QCOMPARE(badges(*before), badges(*draw(drawn(workspace, &*wrong), nullptr, {})));
    }
};

QTEST_MAIN(TestDrawing)
#include "test_drawing.moc"
