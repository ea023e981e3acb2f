// SPDX-License-Identifier: GPL-3.0-or-later
// Shows a GraphScene: one widget that paints from the scene's arrays, with its own transform, picking through
// a spatial index, selection and keyboard. Shares its scene (immutable) and owns its overlays (minimap,
// legend of the colours). It changes nothing but its own view and selection: everything else is a signal. UI
// thread only.
#pragma once

#include "ui/canvas/GraphPainter.h"
#include "ui/canvas/GraphScene.h"
#include "ui/canvas/SceneIndex.h"
#include "ui/document/Heat.h"

#include <QPointer>
#include <QVariantAnimation>
#include <QWidget>

namespace pleat::ui {

class HeatOverlay;
class Minimap;

class GraphCanvas final : public QWidget {
    Q_OBJECT
public:
    enum class KeepView {
        Fit,    // show the beginning of the scene, a whole small one
        Anchor, // the node under the eye (by key: selected and visible, else next to the centre) stays where
                // it is
        Exact,  // the same part of the plane at the same zoom
    };
    Q_ENUM(KeepView)

    explicit GraphCanvas(QWidget* parent = nullptr);
    ~GraphCanvas() override;

    // Takes a placed scene (placeScene()). The selection is carried over by node key and tensor name.
    void setSharedScene(ScenePointer scene, KeepView keep);
    void setScene(GraphScene scene, KeepView keep); // a small one: its index is made here
    const ScenePointer& sharedScene() const { return m_shared; }
    const GraphScene& scene() const { return m_shared->scene; }
    const SceneIndex& index() const { return *m_shared->index; }
    // The same scene with other labels at its edges: shapes that became known later. Nothing moves.
    void relabel(ScenePointer same);

    CanvasHit selection() const { return m_marks.selected; }
    void select(const CanvasHit& hit); // emits selectionChanged if it is another one
    // Several nodes at once, ascending: Shift and click, a band drawn with Shift, Shift and arrow keys.
    const std::vector<std::uint32_t>& chosen() const { return m_marks.chosen; }
    void choose(std::vector<std::uint32_t> nodes);
    QRectF selectedArea() const; // of the scene, around all that is selected; null: nothing is
    // Lets all other nodes step back (what Find found, one operator type); none: all are as usual.
    void emphasise(std::vector<std::uint32_t> nodes);
    int nodeWithKey(quint32 key) const { return m_shared->nodeWithKey(key); } // -1 if there is none
    // Colours nodes by a number, and says in a corner what it is; null: no more. Of this scene.
    void setHeat(std::shared_ptr<const CanvasHeat> heat);
    const std::shared_ptr<const CanvasHeat>& heat() const { return m_marks.heat; }
    CanvasHit hitAt(QPointF widgetPosition) const;
    std::optional<OverviewBlock> blockAt(QPointF widgetPosition) const; // what covers the nodes there
    QString toolTipFor(const CanvasHit& hit) const; // marked up, with all text of the model escaped

    void centreOn(int node); // moves there, and closer if nothing could be read
    void centreOnFrame(int frame);
    void fit();        // F
    void actualSize(); // 1
    void zoomIn();
    void zoomOut();
    void setZoom(double zoom, QPointF fixedWidgetPosition);
    double zoom() const { return m_zoom; }
    // What it looks at, or is on its way to.
    struct View {
        QPointF centre; // of the scene
        double zoom = 1;
        friend bool operator==(const View&, const View&) = default;
    };
    View view() const;
    View seen() const { return {m_centre, m_zoom}; } // just now
    void lookAt(const View& view);                   // at once
    QPointF toScene(QPointF widgetPosition) const;
    QPointF toWidget(QPointF scenePosition) const;
    QRectF visibleScene() const;

    // Laying out anew is up to whoever hears directionChanged().
    void setDirection(Direction direction);
    Direction direction() const { return m_direction; }

    void setWheelScrolls(bool scrolls) { m_wheelScrolls = scrolls; } // swaps wheel and Ctrl+wheel
    void setAnimated(bool animated) { m_animated = animated; }       // off: every move is at once
    void setMinimapShown(bool shown);                                // where there is room for it
    // As if the mouse was there; hovered() says nothing of it.
    void showHovered(const CanvasHit& hit);
    Minimap* minimap() const { return m_minimap; }

Q_SIGNALS:
    void selectionChanged(const pleat::ui::CanvasHit& selected);
    // Double click or Enter on a node without a frame; a click on one that stands for what is elsewhere.
    void nodeActivated(int node);
    void headerActivated(int group); // a click on the header of a scope's outline
    void frameActivated(int frame);  // double click or Enter on a frame or a node in it
    void contextMenuRequested(const pleat::ui::CanvasHit& hit, QPoint globalPosition);
    void hovered(const pleat::ui::CanvasHit& hit);
    void copyRequested(); // Ctrl+C
    void viewChanged();   // zoom or place
    void directionChanged(pleat::ui::Direction direction);

public Q_SLOTS:
    void centreAt(QPointF scenePosition); // at once; used by the minimap

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void setView(QPointF centre, double zoom);
    void paintAgain(const QRectF& area);      // of the scene
    void moveTo(QPointF centre, double zoom); // animated if it may be
    void showNode(int node);                  // scrolls as little as needed
    void placeOverlays();
    void setHovered(const CanvasHit& hit);
    void setSelection(const CanvasHit& hit);
    void activate(const CanvasHit& hit);
    void step(Qt::Key key, bool extend);
    void chooseAlso(const std::vector<std::uint32_t>& nodes);
    void toggleChosen(int node);
    double fitZoom() const;
    double zoomToFit(const QRectF& area) const;
    double leastZoom() const;
    QPointF clamped(QPointF centre, double zoom) const;
    int nodeNearest(QPointF scenePosition) const;
    CanvasHit carriedOver(const IndexedScene& next) const;
    void showStart();

    QString describe(const CanvasHit& hit) const;
    bool gesture(QEvent* event);

    ScenePointer m_shared; // never null
    SceneFonts m_fonts;
    CanvasMarks m_marks;
    QPointF m_centre;
    double m_zoom = 1;
    Direction m_direction = Direction::TopDown;
    bool m_wheelScrolls = false, m_animated = true, m_fitOnResize = false;
    bool m_showsFocus = false; // it came by keyboard

    QPointF m_pressed, m_lastDrag; // widget positions
    bool m_mayClick = false, m_dragging = false;
    bool m_choosing = false; // with Shift: a click adds, a drag draws a band
    QRectF m_band;           // of the scene; null: none is drawn

    QVariantAnimation m_move;
    QPointF m_moveFrom, m_moveTo;
    double m_zoomFrom = 1, m_zoomTo = 1;

    bool m_hasMinimap = true;
    HeatOverlay* m_heatOverlay;
    Minimap* m_minimap;
};

} // namespace pleat::ui

Q_DECLARE_METATYPE(pleat::ui::CanvasHit)
Q_DECLARE_METATYPE(pleat::ui::Direction)
