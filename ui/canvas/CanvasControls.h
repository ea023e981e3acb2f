// SPDX-License-Identifier: GPL-3.0-or-later
// The buttons for the view of the canvas: Legend − 84 % + Fit ↓ top-down. Says what was clicked and shows
// what it is told; knows nothing of the canvas.
#pragma once

#include "core/layout/GraphLayout.h"

#include <QWidget>

class QToolButton;

namespace pleat::ui {

using layout::Direction;

class CanvasControls final : public QWidget {
    Q_OBJECT
public:
    explicit CanvasControls(QWidget* parent = nullptr);

    void setZoom(double zoom);
    void setDirection(Direction direction);
    // Leaves out what has no room: first the direction in a word, then buttons that have a key and a wheel.
    void setRoom(int width);
    void setLegendShown(bool shown); // as there is room for it

Q_SIGNALS:
    void legend();
    void zoomOut();
    void zoomIn();
    void actualSize();
    void fit();
    void turn();

private:
    void showDirection();
    QToolButton* button(const QString& text, const QString& toolTip, void (CanvasControls::*signal)());

    QToolButton *m_legend = nullptr, *m_zoomOut = nullptr, *m_zoom = nullptr, *m_zoomIn = nullptr,
                *m_fit = nullptr, *m_direction = nullptr;
    QString m_arrow, m_word; // of the direction
    bool m_brief = false, m_hasLegend = true;
};

} // namespace pleat::ui
