// SPDX-License-Identifier: GPL-3.0-or-later
// What is painted, taken along: a context menu that copies a widget as a picture or saves it as SVG or PNG.
#pragma once

#include <QString>

class QWidget;

namespace pleat::ui {

// The picture as the widget is painted now. An empty string, or a sentence that says what went wrong; the
// file appears whole or not at all. The ending of `path`, svg or png, says which.
QString writePicture(QWidget& widget, const QString& path);

// Gives the widget the menu. `name`: what it shows, proposed as the file's name.
void offerPicture(QWidget& widget, const QString& name);

} // namespace pleat::ui
