// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for numbers on both sides of 0, which is in the middle and has the colour of the surface: the
// schemes RdBu and PuOr of ColorBrewer (Harrower and Brewer, "ColorBrewer.org: an online tool for selecting
// colour schemes for maps", The Cartographic Journal 40, 2003; www.ColorBrewer.org, Apache License 2.0), both
// made for eyes that do not tell red from green. On dark surfaces large numbers are the light ones. A value.
#pragma once

#include "ui/widgets/Theme.h"

#include <QRgb>
#include <array>

namespace pleat::ui {

enum class HeatScale { BlueRed, PurpleOrange };

class HeatColours final {
public:
    HeatColours(HeatScale scale, const Theme& theme);
    QRgb at(double share) const; // −1 … 1, and the ends beyond; never NaN

    // What is no number is black and yellow, in checks, and so like nothing in a scale.
    static QRgb other(int x, int y);

private:
    static constexpr std::size_t steps = 255; // on each side
    std::array<QRgb, 2 * steps + 1> m_colours{};
};

} // namespace pleat::ui
