// SPDX-License-Identifier: GPL-3.0-or-later
// What the colours of a heat map mean: a bar of them with the numbers at its ends, and a word on what is no
// number where there is such.
#pragma once

#include "ui/widgets/HeatColours.h"

#include <QWidget>

namespace pleat::ui {

// A bar of the colours from the share `from` (−1, or 0) to 1.
void paintHeatBar(QPainter& painter, const QRect& bar, double from, const HeatColours& colours,
                  const Theme& theme);

class HeatLegend final : public QWidget {
    Q_OBJECT
public:
    explicit HeatLegend(QWidget* parent = nullptr);

    struct Content {
        QString low, high; // the words at the ends; both empty: nothing is shown
        double from = -1;  // the share that the low end stands for: −1, or 0
        QString others;    // empty: all are numbers
        bool operator==(const Content&) const = default;
    };
    void setContent(const Content& content);
    const Content& content() const { return m_content; }
    void setScale(HeatScale scale);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Content m_content;
    HeatScale m_scale = HeatScale::BlueRed;
};

} // namespace pleat::ui
