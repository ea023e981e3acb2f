// SPDX-License-Identifier: GPL-3.0-or-later
// The bar in the corner of the canvas: − 84 % + | Fit | ↓ top-down. Says what was clicked and shows what it
// is told; knows nothing of the canvas.
#pragma once

#include "core/layout/GraphLayout.h"

#include <QWidget>

class QToolButton;

namespace pleat::ui {

using layout::Direction;

class CanvasControls final : public QWidget {
    Q_OBJECT
public:
    explicit CanvasControls(QWidget* parent);

    void setZoom(double zoom);
    void setDirection(Direction direction);
    void setRoom(int width); // says the direction in a word where there is room for it

Q_SIGNALS:
    void zoomOut();
    void zoomIn();
    void actualSize();
    void fit();
    void turn();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showDirection();
    QToolButton* button(const QString& text, const QString& toolTip, void (CanvasControls::*signal)());

    QToolButton* m_zoom = nullptr;
    QToolButton* m_direction = nullptr;
    QString m_arrow, m_word; // of the direction
    bool m_brief = false;
};

} // namespace pleat::ui
