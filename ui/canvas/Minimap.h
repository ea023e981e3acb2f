// SPDX-License-Identifier: GPL-3.0-or-later
// The whole scene in a corner, with the visible part as a rectangle; a click or a drag moves the canvas
// there. Networks are very long and narrow, so the two axes have their own scale. Child of its canvas; paints
// from a cached pixmap.
#pragma once

#include <QPixmap>
#include <QWidget>

namespace pleat::ui {

class GraphCanvas;

class Minimap final : public QWidget {
    Q_OBJECT
public:
    explicit Minimap(GraphCanvas& canvas);

    void sceneChanged();                   // paints the cache anew when it is next shown
    void sceneChanged(const QRectF& area); // it looks different only there, in scene units
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QTransform sceneToMap() const;
    void paintCache(const QRect& part); // of the widget
    void moveCanvas(QPointF position);

    GraphCanvas& m_canvas;
    QPixmap m_cache;
};

} // namespace pleat::ui
