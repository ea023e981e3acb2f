// SPDX-License-Identifier: GPL-3.0-or-later
// The one style sheet of the program, written with @roles and filled from a Theme.
//
// Dynamic properties it knows, set with setProperty() before the widget is shown:
//   main = true           the one main button of a bar or a dialog (accent)
//   flat = true           a button without a border until the mouse is over it
//   chip = accent | canFold | blocked | folded | gone    a pill; on a QToolButton/QPushButton or a QLabel
//   role = caption | title | quiet | link | warning    for a QLabel
//   surface = panel | canvas    a QWidget/QFrame with that background (needs WA_StyledBackground)
#include "ui/widgets/Theme.h"

#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr auto surfaces = R"(
QMainWindow, QDialog { background: @window; }
QMainWindow::separator { background: @line; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent; }
QWidget[surface="panel"] { background: @panel; }
QWidget[surface="canvas"] { background: @canvas; }
QSplitter::handle { background: @line; }
QSplitter::handle:hover { background: @accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QDockWidget { color: @quiet; font-weight: 600; titlebar-close-icon: none; }
QDockWidget::title { background: @panel; padding: 8px 12px 6px 14px; border: none; }
QDockWidget > QWidget { background: @panel; }
QScrollArea, QScrollArea > QWidget > QWidget { background: @panel; border: none; }
QDialog QScrollArea, QDialog QScrollArea > QWidget > QWidget { background: @window; }
QGroupBox { border: 1px solid @line; border-radius: 6px; margin-top: 9px; padding: 12px 8px 8px 8px; }
QGroupBox::title { subcontrol-origin: margin; left: 10px; padding: 0 4px; color: @quiet; }
QFrame[frameShape="4"], QFrame[frameShape="5"] { color: @line; }
QToolTip { background: @panel; color: @text; border: 1px solid @lineStrong; border-radius: 6px; padding: 5px 8px; }
QLabel { background: transparent; }
QLabel[role="caption"] { color: @quiet; }
QLabel[role="title"] { color: @text; font-size: 12pt; font-weight: 600; }
QLabel[role="quiet"] { color: @quiet; }
QLabel[role="link"] { color: @link; }
QLabel[role="warning"] { color: @blockedText; font-weight: 600; }
)";

constexpr auto bars = R"(
QMenuBar { background: @bar; color: @text; border: none; padding: 2px 6px; }
QMenuBar::item { background: transparent; padding: 5px 9px; border-radius: 5px; }
QMenuBar::item:selected { background: @hover; }
QMenuBar::item:pressed { background: @pressed; }
QMenu { background: @panel; color: @text; border: 1px solid @lineStrong; border-radius: 6px; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 26px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }
QMenu::icon { padding-left: 6px; }
QMenu::indicator { width: 16px; height: 16px; left: 5px; }
QToolBar { background: @bar; border: none; border-bottom: 1px solid @line; padding: 6px 10px; spacing: 6px; }
QToolBar::separator { background: @line; width: 1px; margin: 4px 7px; }
QToolBar::handle { width: 0; }
QToolBar QToolButton#qt_toolbar_ext_button { border: none; background: transparent; padding: 0; min-width: 16px; }
QStatusBar { background: @bar; color: @quiet; border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @quiet; padding: 0 6px; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QMainWindow > QTabBar { background: @panel; border-bottom: 1px solid @line; }
QTabBar::tab { background: transparent; color: @quiet; border: none; border-bottom: 2px solid transparent;
    padding: 8px 12px 7px 12px; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; font-weight: 600; border-bottom: 2px solid @accent; }
QTabBar::tab:disabled { color: @faint; }
QTabBar::tab:focus { color: @link; }
QTabWidget::pane { border: none; border-top: 1px solid @line; background: @panel; }
QProgressBar { background: @line; border: none; border-radius: 2px; max-height: 5px; min-height: 5px; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
)";

constexpr auto controls = R"(
QPushButton, QToolBar QToolButton, QToolButton[boxed="true"] { background: @panel; color: @text;
    border: 1px solid @line; border-radius: 6px; padding: 5px 12px; min-height: 18px; }
QPushButton:hover, QToolBar QToolButton:hover { background: @hover; border-color: @lineStrong; }
QPushButton:pressed, QToolBar QToolButton:pressed { background: @pressed; }
QPushButton:checked, QToolBar QToolButton:checked { background: @accentSoft; color: @link; border-color: @accent; }
QPushButton:focus, QToolBar QToolButton:focus { border-color: @accent; }
QPushButton:disabled, QToolBar QToolButton:disabled, QToolButton[boxed="true"]:disabled { color: @faint; }
QPushButton:default { border-color: @accent; }
QPushButton[main="true"], QToolBar QToolButton[main="true"] { background: @accent; color: @onAccent;
    border: 1px solid @accent; font-weight: 600; }
QPushButton[main="true"]:hover, QToolBar QToolButton[main="true"]:hover { background: @accentHover; }
QPushButton[main="true"]:pressed, QToolBar QToolButton[main="true"]:pressed { background: @accentPressed; }
QPushButton[main="true"]:focus, QToolBar QToolButton[main="true"]:focus { border-color: @text; }
QPushButton[main="true"]:disabled, QToolBar QToolButton[main="true"]:disabled { background: @pressed; color: @quiet;
    border-color: @pressed; }
QToolButton { background: transparent; color: @text; border: 1px solid transparent; border-radius: 5px; padding: 3px 6px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed, QToolButton:checked { background: @accentSoft; }
QToolButton:focus { border-color: @accent; }
QToolButton[popupMode="1"], QToolBar QToolButton[popupMode="1"] { padding-right: 20px; }
QToolButton::menu-button { border: none; width: 16px; }
QToolButton::menu-indicator { image: none; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; }
QPushButton[flat="true"]:hover { background: @hover; }
QPushButton[flat="true"]:focus { border-color: @accent; }
QLabel[chip], QPushButton[chip], QToolButton[chip] { border-radius: 9px; padding: 1px 9px; min-height: 15px;
    font-weight: 500; font-size: 8.5pt; background: @panel; }
QLabel[chip="accent"], QPushButton[chip="accent"], QToolButton[chip="accent"] { color: @link; border: 1px solid @accent; }
QLabel[chip="canFold"], QPushButton[chip="canFold"], QToolButton[chip="canFold"] { color: @canFoldText; border: 1px solid @canFold; }
QLabel[chip="blocked"], QPushButton[chip="blocked"], QToolButton[chip="blocked"] { color: @blockedText; border: 1px solid @blocked; }
QLabel[chip="folded"], QPushButton[chip="folded"], QToolButton[chip="folded"] { color: @foldedText; border: 1px solid @folded; }
QLabel[chip="gone"], QPushButton[chip="gone"], QToolButton[chip="gone"] { color: @goneText; border: 1px solid @gone; }
QPushButton[chip]:hover, QToolButton[chip]:hover { background: @hover; }
QPushButton[chip]:checked, QToolButton[chip]:checked { background: @accentSoft; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { background: @panel; color: @text;
    border: 1px solid @line; border-radius: 5px; padding: 3px 7px; min-height: 18px;
    selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: @lineStrong; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus { border-color: @accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @faint; background: @window; }
QLineEdit[readOnly="true"] { background: @panel; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow, QAbstractSpinBox::down-arrow { image: url(:/pleat/widgets/arrow-down.svg); width: 10px; height: 10px; }
QAbstractSpinBox::up-arrow { image: url(:/pleat/widgets/arrow-up.svg); width: 10px; height: 10px; }
QComboBox QAbstractItemView { background: @panel; border: 1px solid @lineStrong; outline: none;
    selection-background-color: @accentSoft; selection-color: @text; padding: 4px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: 16px; }
QCheckBox, QRadioButton { background: transparent; spacing: 7px; }
QCheckBox:disabled, QRadioButton:disabled { color: @faint; }
QSlider::groove:horizontal { height: 4px; background: @line; border-radius: 2px; }
QSlider::sub-page:horizontal { height: 4px; background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: @panel; border: 1px solid @accent; }
)";

constexpr auto views = R"(
QAbstractItemView { background: @panel; color: @text; border: none; outline: none; alternate-background-color: @window;
    selection-background-color: @accentSoft; selection-color: @text; gridline-color: @line; }
QListView::item, QTreeView::item { border: none; padding: 3px 4px; }
QListView::item:hover, QTreeView::item:hover { background: @hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected { background: @accentSoft; color: @text; }
QHeaderView { background: @panel; border: none; }
QHeaderView::section { background: @panel; color: @quiet; border: none; border-bottom: 1px solid @line;
    padding: 5px 8px; font-weight: 600; }
QHeaderView::section:vertical { border-bottom: none; border-right: 1px solid @line; font-weight: 400; }
QHeaderView::section:hover { color: @text; }
QTableCornerButton::section { background: @panel; border: none; border-bottom: 1px solid @line; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: @scrollHover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: @panel; border: none; }
)";

} // namespace

QString Theme::styleSheet() const
{
    const QColor lineStrong = blend(line, text, 0.14);
    const std::array roles{
        // Longer names first: "@accent" would eat the head of "@accentSoft".
        std::pair{"@accentPressed", blend(accent, Qt::black, 0.16)},
        std::pair{"@accentHover", blend(accent, dark ? Qt::white : Qt::black, 0.08)},
        std::pair{"@accentSoft", accentSoft},
        std::pair{"@accent", accent},
        std::pair{"@onAccent", onAccent},
        std::pair{"@link", readable(accent, accentSoft)},
        std::pair{"@lineStrong", lineStrong},
        std::pair{"@line", line},
        std::pair{"@canFoldText", markText(MarkColour::Good)},
        std::pair{"@canFold", canFold},
        std::pair{"@blockedText", markText(MarkColour::Warning)},
        std::pair{"@blocked", blocked},
        std::pair{"@foldedText", markText(MarkColour::Done)},
        std::pair{"@folded", folded},
        std::pair{"@goneText", markText(MarkColour::Gone)},
        std::pair{"@gone", gone},
        std::pair{"@window", window},
        std::pair{"@bar", dark ? window : panel},
        std::pair{"@panel", panel},
        std::pair{"@canvas", canvas},
        std::pair{"@quiet", quiet},
        std::pair{"@text", text},
        std::pair{"@faint", blend(panel, quiet, 0.6)},
        std::pair{"@hover", hover},
        std::pair{"@pressed", pressed},
        std::pair{"@scrollHover", blend(panel, quiet, 0.65)},
        std::pair{"@scroll", blend(panel, quiet, 0.35)},
    };
    QString sheet = QLatin1StringView(surfaces) + QLatin1StringView(bars) + QLatin1StringView(controls) +
                    QLatin1StringView(views);
    for (const auto& [role, colour] : roles)
        sheet.replace(QLatin1StringView(role), colour.name());
    return sheet;
}

} // namespace pleat::ui
