// SPDX-License-Identifier: GPL-3.0-or-later
// The legend in a corner of the canvas: what the colours of the nodes are a number of, and its scale. Shows
// what it is told; knows nothing of the canvas.
#pragma once

#include "ui/document/Heat.h"

#include <QWidget>

namespace pleat::ui {

class HeatLegend;
class PlainLabel;

class HeatOverlay final : public QWidget {
    Q_OBJECT
public:
    explicit HeatOverlay(QWidget* parent);
    void setHeat(const HeatPointer& heat); // null: hides

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    PlainLabel* m_title = nullptr;
    HeatLegend* m_legend = nullptr;
};

} // namespace pleat::ui
