// SPDX-License-Identifier: GPL-3.0-or-later
// What a panel is: a widget beside the canvas that watches the Workspace and brings its own actions. It says
// where it would like to be, and which entries it has for the menus; the window gives it a dock, a place in
// the menus and keys, and remembers where it lay. Panels do not know each other, nor the window. A panel goes
// before the workspace that it refers to.
#pragma once

#include "ui/document/Mark.h"
#include "ui/document/Workspace.h"

#include <QKeySequence>
#include <QWidget>
#include <vector>

class QAction;

namespace pleat::ui {

class Panel : public QWidget {
    Q_OBJECT
public:
    struct Place {
        QString id{};            // under which its place is remembered
        QString title{};         // in the menu
        QKeySequence shortcut{}; // shows and hides it
        Qt::DockWidgetArea area = Qt::RightDockWidgetArea;
        QSize size{316, 0}; // to begin with, where there is room; 0: what the others leave
        QSize window{};     // the smallest window that it is shown in from the beginning
        QString with{};     // a panel before it, whose place it shares: each is a tab then; empty: none
    };
    const Place& place() const { return m_place; }

    // Selection: the Edit menu, and that of what is selected in the graph.
    enum class Menu { File, Edit, Selection, View, Model };
    enum class Tool { None, Plain, Main }; // whether it is a button of the tool bar, too
    struct Entry {
        Menu menu = Menu::Model;
        QAction* action = nullptr;
        Tool tool = Tool::None;
    };
    const std::vector<Entry>& entries() const { return m_entries; } // in their order

    ~Panel() override; // its marks go along

Q_SIGNALS:
    void wanted(); // it has something to show: the window is to show it

protected:
    Panel(Workspace& workspace, Place place);

    Workspace& workspace() const { return m_workspace; }
    Document& document() const { return m_workspace.document(); }
    // In the constructor only. Null: a line between those before and those behind it.
    void addEntry(Menu menu, QAction* action, Tool tool = Tool::None);
    // What the canvas draws for this panel, from now on.
    void setMarks(MarkSource source);
    // Somebody acts on one of these marks (Mark::action).
    virtual void markActivated(const std::string& id);

private:
    Workspace& m_workspace;
    Place m_place;
    std::vector<Entry> m_entries;
};

} // namespace pleat::ui
