// SPDX-License-Identifier: GPL-3.0-or-later
// How a list of a panel looks that is filtered: the chips above it that show and hide a kind of its rows, and
// what a row is painted on.
#pragma once

#include <QString>

class QPainter;
class QStyleOptionViewItem;
class QToolButton;

namespace pleat::ui {

struct Theme;

// Checked to begin with. `look`: the property "chip" of the style sheet.
QToolButton* makeChip(const QString& look, const QString& tip);

// Selected, under the mouse, with the focus; and the line below it.
void paintRowGround(QPainter& painter, const QStyleOptionViewItem& option, const Theme& theme);

// Whether each of the words occurs in the text, in whatever case.
bool hasAllWords(const QString& text, const QStringList& words);

} // namespace pleat::ui
