// SPDX-License-Identifier: GPL-3.0-or-later
// How much of a scene can be read at a zoom: shared by the two halves of GraphPainter and used by nothing
// else.
#pragma once

#include "ui/canvas/GraphPainter.h"

#include <algorithm>

namespace pleat::ui {

inline constexpr double farZoom = 0.16;

inline double ramp(double value, double from, double to)
{
    return std::clamp((value - from) / (to - from), 0.0, 1.0);
}

// How much can be read at a zoom; everything fades in, nothing jumps.
struct GraphPainter::Detail {
    explicit Detail(double z)
        : zoom(z),
          titles(ramp(z, 0.34, 0.46)),
          words(ramp(z, 0.46, 0.6)),
          badges(ramp(z, 0.24, 0.32)),
          outlines(ramp(z, 0.24, 0.32)),
          lineWidth(std::max(1.6, 1.0 / z))
    {
    }
    double zoom, titles, words, badges, outlines, lineWidth;
};

} // namespace pleat::ui
