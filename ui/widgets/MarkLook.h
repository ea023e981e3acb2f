// SPDX-License-Identifier: GPL-3.0-or-later
// How a mark looks. Its colour never carries the meaning alone: the outline and the symbol say it as well.
#pragma once

#include <QColor>
#include <QRectF>

class QPainter;

namespace pleat::ui {

// The colours of meaning; Theme::mark() knows them.
enum class MarkColour { Good, Warning, Done, Note, Gone };
inline constexpr int markColourCount = 5;

enum class Outline { Solid, Dashed, Dotted };
enum class Symbol { Fold, Attention, Check, Note, Minus, Plus, Unequal }; // ⤓ ! ✓ • − + ≠

struct MarkLook {
    MarkColour colour = MarkColour::Note;
    Outline outline = Outline::Solid;
    Symbol symbol = Symbol::Note;
    bool operator==(const MarkLook&) const = default;
};

// The symbol as a drawing, since not every face has the first. Pure; the painter's state is kept.
void paintSymbol(QPainter& painter, Symbol symbol, const QRectF& box, const QColor& colour);

} // namespace pleat::ui
