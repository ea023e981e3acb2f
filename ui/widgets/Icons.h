// SPDX-License-Identifier: GPL-3.0-or-later
// The icons of the program: SVG files in its resources, drawn in the colours of a theme.
#pragma once

#include <QIcon>
#include <QString>

namespace pleat::ui {

struct Theme;

// ":/pleat/icons/<name>.svg" with `currentColor` replaced by the theme's text colour, at every size and
// scale.
QIcon themedIcon(const QString& name, const Theme& theme);

// The program's own icon, in its own colours.
QIcon applicationIcon();

} // namespace pleat::ui
