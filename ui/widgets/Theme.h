// SPDX-License-Identifier: GPL-3.0-or-later
// The colours of the program by role, for light and for dark, and what is made from them: the palette, the
// one style sheet, the fonts. A Theme is a plain value. The application gets it once (Theme::apply); a widget
// that paints asks Theme::of(*this) when it paints or when its palette changes, so no theme is kept anywhere
// else.
#pragma once

#include "ui/widgets/MarkLook.h"

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>

class QApplication;
class QWidget;

namespace pleat::ui {

// What a node of the graph is, for its colour. Graph inputs and outputs are drawn as nodes of their own.
enum class Category {
    Convolution, // and matrix products
    Normalisation,
    Activation,
    PoolShape,
    Arithmetic,
    Other,
    GraphInput,
    GraphOutput,
    Scope, // many nodes in one
};
inline constexpr int categoryCount = 9;

struct Theme final {
    bool dark = false;

    QColor window, panel, canvas;    // surfaces
    QColor line, text, quiet;        // borders and separators; words; words of second rank
    QColor accent, onAccent;         // selection, the one main button, "after"; words on it
    QColor accentSoft;               // the row or segment that is chosen, behind ordinary words
    QColor before;                   // "before" in every plot
    QColor canFold, blocked, folded; // frames and fills (MarkColour: Good, Warning, Done)
    QColor gone;                     // what is not there any more (MarkColour: Gone)
    QColor hover, pressed;           // surface of a control under the mouse
    QColor grid;                     // the dots of the canvas
    QColor edge;                     // lines between nodes

    static Theme lightTheme();
    static Theme darkTheme();
    // The theme the widget's palette was made from.
    static Theme of(const QWidget& widget);
    // True if the desktop asks for dark windows (as far as Qt 6.4 can tell: from the platform's palette).
    static bool systemIsDark();

    // Fusion with our check marks, palette, style sheet and font for the whole application.
    static void apply(QApplication& application, const Theme& theme);

    QPalette palette() const;
    QString styleSheet() const; // StyleSheet.cpp; the properties it knows are listed there

    QColor category(Category category) const; // a title bar; white words on it reach 4.5:1
    QColor onCategory(Category category) const;
    QColor mark(MarkColour colour) const;     // frames, outlines, fills
    QColor markText(MarkColour colour) const; // the same hue as words on a panel, at least 4.5:1
    QColor badge(MarkColour colour) const;    // a filled badge; onBadge() on it reaches 4.5:1
    QColor onBadge(MarkColour colour) const;
};

// Inter, Noto Sans or the system's face, 9.5 pt.
QFont uiFont();
// Tabular digits for tables and columns of numbers.
QFont tabularFont(const QFont& base);
// Small spaced capitals of the section headings (the text itself is written in capitals by the caller).
QFont captionFont(const QFont& base);

// WCAG contrast of two opaque colours, 1 … 21.
double contrast(const QColor& a, const QColor& b);
// `colour`, moved towards black or white until it reaches the contrast against the background.
QColor readable(const QColor& colour, const QColor& background, double wanted = 4.5);
// `over` with the opacity 0 … 1 on `under`.
QColor blend(const QColor& under, const QColor& over, double opacity);

} // namespace pleat::ui
