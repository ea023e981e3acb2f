// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas, used as a person would: with the mouse, the wheel and the keyboard.
#include "ui/graph/GraphCanvas.h"
#include "ui/graph/GraphImage.h"
#include "ui/graph/KeptPlaces.h"
#include "ui/graph/Minimap.h"
#include "ui/widgets/SegmentedControl.h"

#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>
#include <memory>

using namespace pleat::ui;

namespace {

quint32 addNode(GraphScene& scene, const QString& title, Category category, std::vector<WeightRow> rows = {})
{
    SceneNode node;
    node.key = static_cast<quint32>(scene.nodes.size()) + 100;
    node.title = title;
    node.name = QStringLiteral("/net/%1_%2").arg(title).arg(scene.nodes.size());
    node.category = category;
    node.rows = std::move(rows);
    scene.nodes.push_back(node);
    return static_cast<quint32>(scene.nodes.size() - 1);
}

void addEdge(GraphScene& scene, quint32 from, quint32 to)
{
    SceneEdge edge;
    edge.from = from;
    edge.to = to;
    edge.tensor = from;
    edge.tensorName = QStringLiteral("t%1").arg(from);
    edge.label = QStringLiteral("1×32×112×112");
    scene.edges.push_back(edge);
}

// input → [Conv → BatchNormalization] → Relu → two branches → Add
GraphScene smallNetwork(Direction direction = Direction::TopDown)
{
    GraphScene scene;
    const auto input = addNode(scene, QStringLiteral("input"), Category::GraphInput);
    const auto conv = addNode(scene, QStringLiteral("Conv"), Category::Convolution,
                              {{QStringLiteral("W"), QStringLiteral("32 × 3 × 3 × 3")}});
    const auto norm = addNode(
        scene, QStringLiteral("BatchNormalization"), Category::Normalisation,
        {{QStringLiteral("scale"), QStringLiteral("32")}, {QStringLiteral("B"), QStringLiteral("32")}});
    const auto relu = addNode(scene, QStringLiteral("Relu"), Category::Activation);
    const auto left = addNode(scene, QStringLiteral("MaxPool"), Category::PoolShape);
    const auto right = addNode(scene, QStringLiteral("AveragePool"), Category::PoolShape);
    const auto add = addNode(scene, QStringLiteral("Add"), Category::Arithmetic);
    for (const auto& [from, to] : {std::pair(input, conv),
                                   {conv, norm},
                                   {norm, relu},
                                   {relu, left},
                                   {relu, right},
                                   {left, add},
                                   {right, add}})
        addEdge(scene, from, to);
    scene.frames.push_back({FoldState::CanFold,
                            {conv, norm},
                            QStringLiteral("fold 32 ch"),
                            QStringLiteral("Can be folded"),
                            {},
                            {}});
    layOutScene(scene, direction);
    return scene;
}

enum Node { Input, Conv, Norm, Relu, Left, Right, Add };

QPoint on(const GraphCanvas& canvas, int node)
{
    return canvas.toWidget(canvas.scene().nodes[static_cast<std::size_t>(node)].rect.center()).toPoint();
}

void roll(GraphCanvas& canvas, QPointF at, int units, Qt::KeyboardModifiers modifiers = {},
          QPoint pixels = {})
{
    QWheelEvent event(at, canvas.mapToGlobal(at), pixels, {0, units}, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&canvas, &event);
}

bool near(QPointF a, QPointF b, double by = 0.5)
{
    return std::hypot(a.x() - b.x(), a.y() - b.y()) <= by;
}

} // namespace

class TestCanvas final : public QObject {
    Q_OBJECT
    std::unique_ptr<GraphCanvas> m_canvas;

private Q_SLOTS:
    void init()
    {
        m_canvas = std::make_unique<GraphCanvas>();
        m_canvas->setAnimated(false);
        m_canvas->resize(900, 800);
        m_canvas->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_canvas.get()));
        m_canvas->setScene(smallNetwork(), GraphCanvas::KeepView::Fit);
        m_canvas->setFocus();
    }
    void cleanup() { m_canvas.reset(); }

    void framesStandAroundTheirNodesAndTouchNoOthers_data()
    {
        QTest::addColumn<Direction>("direction");
        QTest::newRow("top-down") << Direction::TopDown;
        QTest::newRow("left-right") << Direction::LeftRight;
    }
    void framesStandAroundTheirNodesAndTouchNoOthers()
    {
        QFETCH(Direction, direction);
        const GraphScene scene = smallNetwork(direction);
        const SceneFrame& frame = scene.frames.front();
        for (int n = 0; n < static_cast<int>(scene.nodes.size()); ++n) {
            const QRectF& rect = scene.nodes[static_cast<std::size_t>(n)].rect;
            if (n == Conv || n == Norm) {
                QVERIFY(frame.rect.contains(rect));
            } else {
                QVERIFY(!frame.rect.intersects(rect));
                QVERIFY(!frame.badgeRect.intersects(rect));
            }
        }
        QVERIFY(frame.badgeRect.right() <= frame.rect.right());
    }

    void wheelZoomsAndKeepsThePointUnderTheCursor()
    {
        const QPointF cursor(220, 610);
        const QPointF before = m_canvas->toScene(cursor);
        const double zoom = m_canvas->zoom();
        roll(*m_canvas, cursor, 120);
        QVERIFY(m_canvas->zoom() > zoom);
        QVERIFY(near(m_canvas->toScene(cursor), before));
        roll(*m_canvas, cursor, -120);
        QVERIFY(std::abs(m_canvas->zoom() - zoom) < 1e-9);
    }

    void wheelScrollsWithControlOrWhenSwapped()
    {
        const double zoom = m_canvas->zoom();
        const QPointF before = m_canvas->toScene({0, 0});
        roll(*m_canvas, {300, 300}, -120, Qt::ControlModifier);
        QCOMPARE(m_canvas->zoom(), zoom);
        QVERIFY(m_canvas->toScene({0, 0}).y() > before.y());

        m_canvas->setWheelScrolls(true);
        const QPointF again = m_canvas->toScene({0, 0});
        roll(*m_canvas, {300, 300}, 120);
        QCOMPARE(m_canvas->zoom(), zoom);
        QVERIFY(m_canvas->toScene({0, 0}).y() < again.y());
        roll(*m_canvas, {300, 300}, 120, Qt::ControlModifier);
        QVERIFY(m_canvas->zoom() > zoom);
    }

    void trackpadMovesTheGround()
    {
        const double zoom = m_canvas->zoom();
        const QPointF before = m_canvas->toScene({0, 0});
        roll(*m_canvas, {300, 300}, -40, {}, {0, -10});
        QCOMPARE(m_canvas->zoom(), zoom);
        QVERIFY(near(m_canvas->toScene({0, 0}), before + QPointF(0, 10 / zoom)));
    }

    void zoomHasLimits()
    {
        for (int i = 0; i < 100; ++i)
            roll(*m_canvas, {300, 300}, 120);
        const double most = m_canvas->zoom();
        QVERIFY(most <= 8);
        for (int i = 0; i < 200; ++i)
            roll(*m_canvas, {300, 300}, -120);
        QVERIFY(m_canvas->zoom() > 0.001);
    }

    void dragPans()
    {
        const QPointF grabbed = m_canvas->toScene({450, 400});
        QTest::mousePress(m_canvas.get(), Qt::LeftButton, {}, {450, 400});
        QTest::mouseMove(m_canvas.get(), {450, 380});
        QTest::mouseMove(m_canvas.get(), {450, 340});
        QTest::mouseRelease(m_canvas.get(), Qt::LeftButton, {}, {450, 340});
        QVERIFY(near(m_canvas->toScene({450, 340}), grabbed, 1.5));
        QVERIFY(m_canvas->selection().nothing());
    }

    void clickSelectsANodeWithItsFrame()
    {
        QSignalSpy changed(m_canvas.get(), &GraphCanvas::selectionChanged);
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Norm));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(m_canvas->selection(), (CanvasHit{Norm, -1, 0}));
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Relu));
        QCOMPARE(m_canvas->selection(), (CanvasHit{Relu, -1, -1}));
    }

    void clickOnTheGroundSelectsNothing()
    {
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Norm));
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, {40, 300});
        QVERIFY(m_canvas->selection().nothing());
    }

    void clickOnABadgeSelectsTheFrame()
    {
        const QPointF badge = m_canvas->scene().frames[0].badgeRect.center();
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, m_canvas->toWidget(badge).toPoint());
        QCOMPARE(m_canvas->selection(), (CanvasHit{-1, -1, 0}));
    }

    void clickSelectsAnEdgeOnItsCurve()
    {
        const auto& branch = m_canvas->scene().layout.branches[3].points; // relu → left
        const QPointF end(branch.back().x, branch.back().y - 4);
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, m_canvas->toWidget(end).toPoint());
        QCOMPARE(m_canvas->selection().edge, 3);
    }

    void doubleClickActivatesTheFrame()
    {
        QSignalSpy frame(m_canvas.get(), &GraphCanvas::frameActivated);
        QSignalSpy node(m_canvas.get(), &GraphCanvas::nodeActivated);
        QTest::mouseDClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Conv));
        QCOMPARE(frame.count(), 1);
        QCOMPARE(frame.front().front().toInt(), 0);
        QTest::mouseDClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Add));
        QCOMPARE(frame.count(), 1);
        QCOMPARE(node.count(), 1);
        QCOMPARE(node.front().front().toInt(), static_cast<int>(Add));
    }

    void arrowKeysFollowEdges()
    {
        m_canvas->select({Input, -1, -1});
        for (const int expected : {Conv, Norm, Relu}) {
            QTest::keyClick(m_canvas.get(), Qt::Key_Down);
            QCOMPARE(m_canvas->selection().node, expected);
        }
        QTest::keyClick(m_canvas.get(), Qt::Key_Down);
        const int branch = m_canvas->selection().node;
        QVERIFY(branch == Left || branch == Right);
        const bool isLeft = m_canvas->scene().nodes[static_cast<std::size_t>(branch)].rect.left() <
                            m_canvas->scene().nodes[branch == Left ? Right : Left].rect.left();
        QTest::keyClick(m_canvas.get(), isLeft ? Qt::Key_Right : Qt::Key_Left);
        QCOMPARE(m_canvas->selection().node, branch == Left ? Right : Left);
        QTest::keyClick(m_canvas.get(), Qt::Key_Down);
        QCOMPARE(m_canvas->selection().node, static_cast<int>(Add));
        QTest::keyClick(m_canvas.get(), Qt::Key_Down);
        QCOMPARE(m_canvas->selection().node, static_cast<int>(Add));
        QTest::keyClick(m_canvas.get(), Qt::Key_Up);
        QVERIFY(m_canvas->selection().node == Left || m_canvas->selection().node == Right);
    }

    void arrowKeysTurnWithTheDirection()
    {
        m_canvas->setScene(smallNetwork(Direction::LeftRight), GraphCanvas::KeepView::Fit);
        m_canvas->select({Input, -1, -1});
        QTest::keyClick(m_canvas.get(), Qt::Key_Right);
        QCOMPARE(m_canvas->selection().node, static_cast<int>(Conv));
        QTest::keyClick(m_canvas.get(), Qt::Key_Left);
        QCOMPARE(m_canvas->selection().node, static_cast<int>(Input));
    }

    void enterActivatesAndEscapeClears()
    {
        QSignalSpy frame(m_canvas.get(), &GraphCanvas::frameActivated);
        m_canvas->select({Conv, -1, 0});
        QTest::keyClick(m_canvas.get(), Qt::Key_Return);
        QCOMPARE(frame.count(), 1);
        QTest::keyClick(m_canvas.get(), Qt::Key_Escape);
        QVERIFY(m_canvas->selection().nothing());
    }

    void fShowsEverything()
    {
        m_canvas->setZoom(3, {10, 10});
        QTest::keyClick(m_canvas.get(), Qt::Key_F);
        QVERIFY(m_canvas->visibleScene().contains(m_canvas->scene().bounds));
        QTest::keyClick(m_canvas.get(), Qt::Key_1);
        QCOMPARE(m_canvas->zoom(), 1.0);
    }

    void centreOnMovesTheNodeToTheMiddle()
    {
        m_canvas->setZoom(2, {450, 400});
        m_canvas->centreOn(Add);
        QVERIFY(near(on(*m_canvas, Add), {450, 400}, 1.5));
    }

    void animatedMovesArrive()
    {
        m_canvas->setAnimated(true);
        m_canvas->setZoom(2, {450, 400});
        m_canvas->centreOn(Add);
        QTRY_VERIFY(near(on(*m_canvas, Add), {450, 400}, 1.5));
    }

    void hoverNamesWhatIsUnderTheMouse()
    {
        QSignalSpy hovered(m_canvas.get(), &GraphCanvas::hovered);
        // QTest::mouseMove still holds the button after a double click.
        const QPointF at(on(*m_canvas, Relu));
        QMouseEvent move(QEvent::MouseMove, at, m_canvas->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                         Qt::NoModifier);
        QCoreApplication::sendEvent(m_canvas.get(), &move);
        QVERIFY(!hovered.isEmpty());
        QCOMPARE(hovered.back().front().value<CanvasHit>().node, static_cast<int>(Relu));
    }

    void contextMenuSaysWhatWasMeant()
    {
        QSignalSpy menu(m_canvas.get(), &GraphCanvas::contextMenuRequested);
        const QPoint at = on(*m_canvas, Conv);
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, m_canvas->mapToGlobal(at));
        QCoreApplication::sendEvent(m_canvas.get(), &event);
        QCOMPARE(menu.count(), 1);
        QCOMPARE(menu.front().front().value<CanvasHit>(), (CanvasHit{Conv, -1, 0}));
    }

    // The small network after its batch norm went into the convolution, which has a bias now.
    static GraphScene foldedNetwork(const GraphScene& before)
    {
        GraphScene folded;
        for (int n = 0; n <= Add; ++n)
            if (n != Norm)
                folded.nodes.push_back(before.nodes[static_cast<std::size_t>(n)]);
        folded.nodes[Conv].rows.push_back({QStringLiteral("B"), QStringLiteral("32")});
        for (const auto& [from, to] : {std::pair(0u, 1u), {1u, 2u}, {2u, 3u}, {2u, 4u}, {3u, 5u}, {4u, 5u}})
            addEdge(folded, from, to);
        folded.frames.push_back({FoldState::Folded, {1}, QStringLiteral("folded"), {}, {}, {}});
        return folded;
    }

    void aNewLayoutKeepsTheSelectedNodeUnderTheEye()
    {
        m_canvas->setZoom(1, {450, 400});
        m_canvas->select({Relu, -1, -1});
        m_canvas->centreOn(Relu);
        const QPoint before = on(*m_canvas, Relu);
        GraphScene folded = foldedNetwork(m_canvas->scene());
        layOutScene(folded, Direction::TopDown);
        m_canvas->setScene(std::move(folded), GraphCanvas::KeepView::Anchor);
        QCOMPARE(m_canvas->selection().node, 2);
        QVERIFY(near(on(*m_canvas, 2), before, 1.5));
    }

    void foldingAPairMovesNothingElse_data() { framesStandAroundTheirNodesAndTouchNoOthers_data(); }
    void foldingAPairMovesNothingElse()
    {
        QFETCH(Direction, direction);
        const GraphScene before = smallNetwork(direction);
        GraphScene after = foldedNetwork(before);
        QVERIFY(keepPlaces(after, before));
        for (std::size_t n = 0; n < after.nodes.size(); ++n) {
            const SceneNode& old = before.nodes[n < Norm ? n : n + 1];
            QCOMPARE(old.key, after.nodes[n].key);
            if (n != Conv)
                QCOMPARE(after.nodes[n].rect, old.rect);
        }
        QVERIFY(after.frames[0].rect.contains(after.nodes[Conv].rect));
        // Conv → Relu passes where the batch norm was.
        const Branch& branch = after.layout.branches[1];
        const PointF start = after.layout.trunks[branch.trunk].points.front(), tip = branch.points.back();
        if (direction == Direction::TopDown) {
            QCOMPARE(start.y, after.nodes[Conv].rect.bottom());
            QCOMPARE(tip.y, after.nodes[2].rect.top());
        } else {
            QCOMPARE(start.x, after.nodes[Conv].rect.right());
            QCOMPARE(tip.x, after.nodes[2].rect.left());
        }
        QCOMPARE(after.layout.branches[2].trunk, after.layout.branches[3].trunk);

        GraphScene undone = smallNetwork(direction);
        QVERIFY(!keepPlaces(undone,
                            after)); // a node came back: to be laid out anew, with the same result as before
        QCOMPARE(undone.nodes[Add].rect.size(), before.nodes[Add].rect.size());
    }

    void minimapMovesTheView()
    {
        m_canvas->setZoom(2, {450, 400});
        Minimap* map = m_canvas->minimap();
        QTest::mouseClick(map, Qt::LeftButton, {}, QPoint(map->width() / 2, map->height() - 10));
        const QRectF bounds = m_canvas->scene().bounds;
        QVERIFY(m_canvas->visibleScene().center().y() > bounds.top() + 0.8 * bounds.height());
    }

    void directionButtonAsksForAnotherLayout()
    {
        QSignalSpy turned(m_canvas.get(), &GraphCanvas::directionChanged);
        const auto buttons = m_canvas->findChildren<QToolButton*>();
        QVERIFY(!buttons.isEmpty());
        buttons.back()->click();
        QCOMPARE(turned.count(), 1);
        QCOMPARE(m_canvas->direction(), Direction::LeftRight);
    }

    void everyControlHasANameToBeReadAloud()
    {
        QVERIFY(!m_canvas->accessibleName().isEmpty());
        for (const QToolButton* button : m_canvas->findChildren<QToolButton*>())
            QVERIFY2(!button->accessibleName().isEmpty(), qPrintable(button->text()));
        QVERIFY(!m_canvas->minimap()->accessibleName().isEmpty());
        QVERIFY(!m_canvas->comparison()->accessibleName().isEmpty());
    }

    void segmentsAreChosenByMouseAndKeyboard()
    {
        SegmentedControl* control = m_canvas->comparison();
        control->show();
        QSignalSpy changed(control, &SegmentedControl::currentChanged);
        QTest::mouseClick(control, Qt::LeftButton, {}, {8, 10});
        QCOMPARE(control->current(), 0);
        QTest::keyClick(control, Qt::Key_Right);
        QCOMPARE(control->current(), 1);
        control->setSegmentEnabled(0, false);
        QTest::keyClick(control, Qt::Key_Left);
        QCOMPARE(control->current(), 1);
        QCOMPARE(changed.count(), 2);
    }

    void paintsAtEveryZoomWithoutAScene()
    {
        GraphCanvas empty;
        empty.resize(300, 200);
        QVERIFY(!empty.grab().isNull());
        empty.setScene({}, GraphCanvas::KeepView::Fit);
        QTest::keyClick(&empty, Qt::Key_Down);
        QVERIFY(!empty.grab().isNull());
        for (const double zoom : {0.05, 0.2, 0.5, 1.0, 3.0}) {
            m_canvas->setZoom(zoom, {450, 400});
            QVERIFY(!m_canvas->grab().isNull());
        }
    }

    void writesPicturesOfTheWholeGraph()
    {
        QTemporaryDir folder;
        const GraphScene& scene = m_canvas->scene();
        const QString svg = folder.filePath(QStringLiteral("graph.svg"));
        QCOMPARE(writeGraphImage(scene, svg), QString());
        QSvgRenderer renderer(svg);
        QVERIFY(renderer.isValid());
        QVERIFY(renderer.defaultSize().height() >= scene.bounds.height());
        const QString png = folder.filePath(QStringLiteral("graph.png"));
        QCOMPARE(writeGraphImage(scene, png), QString());
        const QImage image(png);
        QVERIFY(image.height() >= scene.bounds.height());
        const QPointF title = scene.nodes[Conv].rect.topLeft() + QPointF(32 + 8, 32 + 4);
        QCOMPARE(image.pixelColor(title.toPoint()), Theme::lightTheme().category(Category::Convolution));
        const QString pdf = folder.filePath(QStringLiteral("graph.pdf"));
        QCOMPARE(writeGraphImage(scene, pdf), QString());
        QFile file(pdf);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.read(5) == "%PDF-");
        QVERIFY(!writeGraphImage(scene, folder.filePath(QStringLiteral("graph.gif"))).isEmpty());
        QVERIFY(!writeGraphImage(scene, folder.filePath(QStringLiteral("missing/graph.svg"))).isEmpty());
    }

    void wordsOnColouredGroundCanBeRead_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }
    void wordsOnColouredGroundCanBeRead()
    {
        QFETCH(bool, dark);
        const Theme theme = dark ? Theme::darkTheme() : Theme::lightTheme();
        const auto readableOn = [](const QColor& words, const QColor& ground) {
            return contrast(words, ground) >= 4.5;
        };
        for (int c = 0; c < categoryCount; ++c) {
            const auto category = static_cast<Category>(c);
            QVERIFY(readableOn(theme.onCategory(category), theme.category(category)));
        }
        for (const FoldState state : {FoldState::CanFold, FoldState::Blocked, FoldState::Folded}) {
            QVERIFY(readableOn(theme.onBadge(state), theme.badge(state)));
            QVERIFY(readableOn(theme.stateText(state), theme.panel));
        }
        QVERIFY(readableOn(theme.text, theme.panel));
        QVERIFY(readableOn(theme.quiet, theme.panel));
        QVERIFY(readableOn(theme.onAccent, theme.accent));
        QVERIFY(!theme.styleSheet().contains(QLatin1Char('@'))); // every role was filled in
    }
};

QTEST_MAIN(TestCanvas)
#include "test_canvas.moc"
