// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas, used as a person would: with the mouse, the wheel and the keyboard.
#include "tests/ui/SceneFixture.h"
#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/Minimap.h"
#include "ui/canvas/SceneWays.h"
#include "ui/widgets/SegmentedControl.h"

#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>
#include <memory>

using namespace pleat::ui;
using namespace pleat::ui::fixture;
using namespace Qt::StringLiterals;

namespace {

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

    void minimapMovesTheView()
    {
        m_canvas->setZoom(2, {450, 400});
        Minimap* map = m_canvas->minimap();
        QTest::mouseClick(map, Qt::LeftButton, {}, QPoint(map->width() / 2, map->height() - 10));
        const QRectF bounds = m_canvas->scene().bounds;
        QVERIFY(m_canvas->visibleScene().center().y() > bounds.top() + 0.8 * bounds.height());
    }

    void everyControlHasANameToBeReadAloud()
    {
        CanvasBar bar;
        QVERIFY(!m_canvas->accessibleName().isEmpty());
        for (const QToolButton* button : bar.controls().findChildren<QToolButton*>())
            QVERIFY2(!button->accessibleName().isEmpty(), qPrintable(button->text()));
        QVERIFY(!m_canvas->minimap()->accessibleName().isEmpty());
        QVERIFY(!bar.sides().accessibleName().isEmpty());
    }

    // Nothing lies over anything else, and nothing is cut off, down to where the canvas ends.
    void theBarFitsAtEveryWidth()
    {
        CanvasBar bar;
        const QStringList pages{u"a model with a long name.onnx"_s, u"first · then_branch"_s,
                                u"second.of.many · else_branch"_s};
        for (const QStringList& shown : {QStringList(), pages}) {
            bar.pages().setPages(shown);
            for (int width = 1200; width >= 240; width -= 20) {
                bar.resize(width, bar.sizeHint().height());
                bar.show();
                const QRect crumbs = shown.isEmpty() ? QRect() : bar.pages().geometry();
                const QRect sides = bar.sides().geometry(), controls = bar.controls().geometry();
                const QByteArray at = QByteArray::number(width);
                const bool hasControls = !controls.isEmpty(); // they all have keys, too
                QVERIFY2(bar.rect().contains(sides), at);
                QVERIFY2(!hasControls || bar.rect().contains(controls), at);
                QVERIFY2(hasControls || width < 300, at);
                QVERIFY2(!crumbs.intersects(sides) && !sides.intersects(controls), at);
            }
        }
    }

    void segmentsAreChosenByMouseAndKeyboard()
    {
        CanvasBar bar;
        SegmentedControl* control = &bar.sides();
        bar.show();
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

    void choosesSeveralNodes()
    {
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Relu));
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, Qt::ShiftModifier, on(*m_canvas, Add));
        QCOMPARE(m_canvas->chosen(), (std::vector<std::uint32_t>{Relu, Add}));
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, Qt::ShiftModifier, on(*m_canvas, Relu));
        QCOMPARE(m_canvas->chosen(), (std::vector<std::uint32_t>{Add}));
        QTest::keyClick(m_canvas.get(), Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(m_canvas->chosen().size(), std::size_t(2));
        QTest::mouseClick(m_canvas.get(), Qt::LeftButton, {}, on(*m_canvas, Relu));
        QVERIFY(m_canvas->chosen().empty());
    }

    void aBandChoosesWhatItTouches()
    {
        m_canvas->fit();
        const auto corner = [&](Node node, bool last) {
            const QRectF& rect = m_canvas->scene().nodes[static_cast<std::size_t>(node)].rect;
            return (m_canvas->toWidget(last ? rect.bottomRight() : rect.topLeft()) +
                    (last ? QPointF(9, 5) : QPointF(-9, -5)))
                .toPoint();
        };
        const QPointF centre = m_canvas->visibleScene().center();
        QTest::mousePress(m_canvas.get(), Qt::LeftButton, Qt::ShiftModifier, corner(Conv, false));
        QMouseEvent move(QEvent::MouseMove, QPointF(corner(Norm, true)),
                         m_canvas->mapToGlobal(QPointF(corner(Norm, true))), Qt::NoButton, Qt::LeftButton,
                         Qt::ShiftModifier);
        QApplication::sendEvent(m_canvas.get(), &move);
        QTest::mouseRelease(m_canvas.get(), Qt::LeftButton, Qt::ShiftModifier, corner(Norm, true));
        QCOMPARE(m_canvas->chosen(), (std::vector<std::uint32_t>{Conv, Norm}));
        QCOMPARE(m_canvas->visibleScene().center(), centre); // it did not pan
        QTest::keyClick(m_canvas.get(), Qt::Key_Escape);
        QVERIFY(m_canvas->chosen().empty());
    }

    void knowsWhatLiesOnTheWay()
    {
        const GraphScene& scene = m_canvas->scene();
        using Nodes = std::vector<std::uint32_t>;
        QCOMPARE(nodesUpTo(scene, {Left}), (Nodes{Input, Conv, Norm, Relu, Left}));
        QCOMPARE(nodesBetween(scene, Conv, Add), (Nodes{Conv, Norm, Relu, Left, Right, Add}));
        QCOMPARE(nodesBetween(scene, Add, Relu), (Nodes{Relu, Left, Right, Add}));
        QCOMPARE(nodesBetween(scene, Left, Right), Nodes());
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
};

QTEST_MAIN(TestCanvas)
#include "test_canvas.moc"
