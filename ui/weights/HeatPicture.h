// SPDX-License-Identifier: GPL-3.0-or-later
// Which cells of a grid are seen, and the picture of them. Values and pure functions.
#pragma once

#include "core/tensor/LargestCells.h"
#include "ui/widgets/HeatColours.h"

#include <QImage>
#include <QPointF>
#include <QSizeF>
#include <optional>

namespace pleat::ui {

// A part of a grid on an area of so many pixels.
struct HeatView {
    QSizeF area;
    double rows = 0, columns = 0;         // of the grid
    double left = 0, top = 0;             // the cell in the corner
    double cellWidth = 1, cellHeight = 1; // px

    static constexpr double widest = 76, highest = 30; // of a cell: room for its number

    void fit();
    QPointF placeAt(QPointF pixel) const;                   // as (column, row)
    void zoom(double factor, QPointF pixel, QPointF place); // which comes to lie under the pixel
    void pan(QPointF pixels);
    void resize(QSizeF area); // shows the same, as far as it can
    bool isFit() const;

    QSizeF picture() const; // how much of the area has cells
    CellRegion visible() const;
    BlockSize perPixel() const; // the cells that a pixel spans, at least 1 × 1
    bool operator==(const HeatView&) const = default;

private:
    double leastWidth() const;
    double leastHeight() const;
    void clamp();
};

// What is to be seen at a pixel: of all that it spans, the largest. `ratio`: device pixels in a pixel.
std::optional<LargestCells::Cell> cellAt(const LargestCells& cells, const HeatView& view, QPointF pixel,
                                         double ratio);

// REQUIRES: the cells hold all that is visible.
QImage heatImage(const LargestCells& cells, const HeatView& view, double ratio, const HeatColours& colours,
                 double reach);

} // namespace pleat::ui
