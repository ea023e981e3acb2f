// SPDX-License-Identifier: GPL-3.0-or-later
// Where a ChannelPlot draws what: positions and values to pixels and back. Private to it.
#pragma once

#include "ui/weights/ChannelPlot.h"

#include <QRectF>
#include <algorithm>
#include <cmath>

namespace pleat::ui {

struct ChannelPlot::Frame {
    QRectF area;              // of the bars
    double first = 0;         // position at its left
    double slot = 1;          // px a position
    double bar = 0;           // px a bar; 0: there is no room for them
    double low = 0, high = 1; // values at its bottom and top

    bool isBars() const { return bar > 0; }
    double x(double position) const { return area.left() + (position - first) * slot; }
    double y(double value) const { return area.bottom() - (value - low) / (high - low) * area.height(); }
    std::size_t at(double px) const
    {
        return static_cast<std::size_t>(std::max(0.0, first + (px - area.left()) / slot));
    }
    // What the column of pixels that begins `column` from the left shows: at least one position.
    Positions under(double column) const
    {
        const auto from = static_cast<std::size_t>(first + column / slot);
        const auto to = static_cast<std::size_t>(first + (column + 1) / slot);
        return {from, std::max(from + 1, to) - 1};
    }
};

} // namespace pleat::ui
