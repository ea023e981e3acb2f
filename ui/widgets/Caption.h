// SPDX-License-Identifier: GPL-3.0-or-later
// The line on top of a panel: its name in small capitals, and at the right a word about what it shows.
#pragma once

#include <QString>

class QHBoxLayout;

namespace pleat::ui {

class PlainLabel;

struct CaptionLine {
    QHBoxLayout* layout = nullptr; // to be put into another one
    PlainLabel* note = nullptr;    // the word at the right
};
CaptionLine captionLine(const QString& caption);

} // namespace pleat::ui
