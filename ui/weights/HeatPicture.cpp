// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/HeatPicture.h"

#include <algorithm>
#include <cmath>

namespace pleat::ui {

namespace {

// Blocks [from, to) that a pixel spans.
struct Span {
    std::uint64_t from = 0, to = 0;
};

// Along one axis: the cells start with `first` in the corner, each `size` device pixels; the blocks are of
// `block` cells from `start` on.
struct Ruler {
    double first = 0, size = 1;
    std::uint64_t start = 0, cells = 0, block = 1;

    Span at(int pixel) const
    {
        const double begin = first + pixel / size, end = first + (pixel + 1) / size;
        double from = std::floor(begin), to = std::floor(end);
        if (size >= 1) { // the cell under its middle
            from = std::floor((begin + end) / 2);
            to = from + 1;
        }
        const double lowest = std::max(from - double(start), 0.0);
        const double highest = std::min(to - double(start), double(cells));
        if (highest <= lowest)
            return {};
        return {static_cast<std::uint64_t>(lowest) / block,
                (static_cast<std::uint64_t>(highest) - 1) / block + 1};
    }
};

Ruler across(const LargestCells& cells, const HeatView& view, double ratio)
{
    return {view.left, view.cellWidth * ratio, cells.region.firstColumn, cells.region.columns,
            cells.blockColumns};
}

Ruler down(const LargestCells& cells, const HeatView& view, double ratio)
{
    return {view.top, view.cellHeight * ratio, cells.region.firstRow, cells.region.rows, cells.blockRows};
}

const LargestCells::Cell& largest(const LargestCells& cells, Span rows, Span columns)
{
    const LargestCells::Cell* found = &cells.at(rows.from, columns.from);
    for (std::uint64_t row = rows.from; row < rows.to; ++row)
        for (std::uint64_t column = columns.from; column < columns.to; ++column)
            if (isLarger(cells.at(row, column).value, found->value))
                found = &cells.at(row, column);
    return *found;
}

} // namespace

double HeatView::leastWidth() const
{
    return std::min(area.width() / std::max(1.0, columns), widest);
}

double HeatView::leastHeight() const
{
    return std::min(area.height() / std::max(1.0, rows), highest);
}

void HeatView::clamp()
{
    cellWidth = std::clamp(cellWidth, leastWidth(), widest);
    cellHeight = std::clamp(cellHeight, leastHeight(), highest);
    left = std::clamp(left, 0.0, std::max(0.0, columns - area.width() / cellWidth));
    top = std::clamp(top, 0.0, std::max(0.0, rows - area.height() / cellHeight));
}

void HeatView::fit()
{
    cellWidth = leastWidth();
    cellHeight = leastHeight();
    left = top = 0;
}

bool HeatView::isFit() const
{
    return cellWidth <= leastWidth() && cellHeight <= leastHeight();
}

QPointF HeatView::placeAt(QPointF pixel) const
{
    return {left + pixel.x() / cellWidth, top + pixel.y() / cellHeight};
}

void HeatView::zoom(double factor, QPointF pixel, QPointF place)
{
    cellWidth = std::clamp(cellWidth * factor, leastWidth(), widest);
    cellHeight = std::clamp(cellHeight * factor, leastHeight(), highest);
    left = place.x() - pixel.x() / cellWidth;
    top = place.y() - pixel.y() / cellHeight;
    clamp();
}

void HeatView::pan(QPointF pixels)
{
    left += pixels.x() / cellWidth;
    top += pixels.y() / cellHeight;
    clamp();
}

void HeatView::resize(QSizeF to)
{
    const bool wasFit = isFit();
    area = to;
    if (wasFit)
        fit();
    clamp();
}

QSizeF HeatView::picture() const
{
    return {std::min(area.width(), columns * cellWidth), std::min(area.height(), rows * cellHeight)};
}

CellRegion HeatView::visible() const
{
    const auto whole = [](double first, double size, double count, double pixels) {
        const double from = std::floor(first), to = std::min(count, std::ceil(first + pixels / size));
        return std::pair(static_cast<std::uint64_t>(from),
                         static_cast<std::uint64_t>(std::max(0.0, to - from)));
    };
    const auto [row, rowCount] = whole(top, cellHeight, rows, area.height());
    const auto [column, columnCount] = whole(left, cellWidth, columns, area.width());
    return {row, rowCount, column, columnCount};
}

BlockSize HeatView::perPixel() const
{
    return {static_cast<std::uint64_t>(std::max(1.0, 1 / cellHeight)),
            static_cast<std::uint64_t>(std::max(1.0, 1 / cellWidth))};
}

std::optional<LargestCells::Cell> cellAt(const LargestCells& cells, const HeatView& view, QPointF pixel,
                                         double ratio)
{
    const Span columns = across(cells, view, ratio).at(static_cast<int>(std::floor(pixel.x() * ratio)));
    const Span rows = down(cells, view, ratio).at(static_cast<int>(std::floor(pixel.y() * ratio)));
    if (columns.from == columns.to || rows.from == rows.to)
        return std::nullopt;
    return largest(cells, rows, columns);
}

QImage heatImage(const LargestCells& cells, const HeatView& view, double ratio, const HeatColours& colours,
                 double reach)
{
    const QSize size = (view.picture() * ratio).toSize();
    QImage image(size, QImage::Format_RGB32);
    const Ruler ruler = across(cells, view, ratio), rowRuler = down(cells, view, ratio);
    std::vector<Span> columns;
    columns.reserve(static_cast<std::size_t>(std::max(0, size.width())));
    for (int x = 0; x < size.width(); ++x)
        columns.push_back(ruler.at(x));
    for (int y = 0; y < size.height(); ++y) {
        const Span rows = rowRuler.at(y);
        auto* const line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < size.width(); ++x) {
            const Span& span = columns[static_cast<std::size_t>(x)];
            double value = 0; // past the end of the last cell, by rounding
            if (span.from < span.to && rows.from < rows.to)
                value = largest(cells, rows, span).value;
            line[x] =
                std::isfinite(value) ? colours.at(reach > 0 ? value / reach : 0) : HeatColours::other(x, y);
        }
    }
    image.setDevicePixelRatio(ratio);
    return image;
}

} // namespace pleat::ui
