// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/HeatColours.h"

#include <algorithm>
#include <cmath>

namespace pleat::ui {

namespace {

// One side of a scheme, from the middle outwards.
using Side = std::array<QRgb, 5>;
constexpr Side reds{0xfffddbc7, 0xfff4a582, 0xffd6604d, 0xffb2182b, 0xff67001f};
constexpr Side blues{0xffd1e5f0, 0xff92c5de, 0xff4393c3, 0xff2166ac, 0xff053061};
constexpr Side oranges{0xfffee0b6, 0xfffdb863, 0xffe08214, 0xffb35806, 0xff7f3b08};
constexpr Side purples{0xffd8daeb, 0xffb2abd2, 0xff8073ac, 0xff542788, 0xff2d004b};

// On dark the darkest is left out, which nobody could tell from the middle, and the palest, which would be
// the end and as pale as that of the other side.
QColor stop(const Side& side, const Theme& theme, std::size_t i)
{
    const std::size_t stops = side.size();
    if (i == 0)
        return theme.dark ? theme.panel : QColor(0xf7f7f7);
    return QColor::fromRgb(theme.dark ? side[stops - 1 - i] : side[i - 1]);
}

QRgb colour(const Side& side, const Theme& theme, double share)
{
    const std::size_t last = theme.dark ? side.size() - 2 : side.size();
    const double along = share * double(last);
    const auto from = std::min(static_cast<std::size_t>(along), last - 1);
    return blend(stop(side, theme, from), stop(side, theme, from + 1), along - double(from)).rgb();
}

} // namespace

HeatColours::HeatColours(HeatScale scale, const Theme& theme)
{
    const bool isBlueRed = scale == HeatScale::BlueRed;
    for (std::size_t step = 0; step <= steps; ++step) {
        const double share = double(step) / double(steps);
        m_colours[steps - step] = colour(isBlueRed ? blues : purples, theme, share);
        m_colours[steps + step] = colour(isBlueRed ? reds : oranges, theme, share);
    }
}

QRgb HeatColours::at(double share) const
{
    return m_colours[static_cast<std::size_t>(
        std::lround((std::clamp(share, -1.0, 1.0) + 1) * double(steps)))];
}

QRgb HeatColours::other(int x, int y)
{
    return ((x / 2 + y / 2) & 1) != 0 ? 0xffffd60a : 0xff000000;
}

} // namespace pleat::ui
