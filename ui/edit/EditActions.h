// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done to the node or tensor that is selected, as actions for the menus: each is an edit of the
// document. They are enabled where there is something to do it to, and a refusal is said by the workspace.
#pragma once

#include "core/edit/EditStep.h"
#include "core/graph/GraphView.h"

#include <QObject>
#include <vector>

class QAction;
class QMenu;

namespace pleat::ui {

class Workspace;

class EditActions final : public QObject {
    Q_OBJECT
public:
    // `window`: where the palette of operators opens. Both outlive it.
    EditActions(Workspace& workspace, QWidget* window);

    // For the menu bar, with lines between; they have keys.
    const std::vector<QAction*>& actions() const { return m_actions; }
    QAction* ofModel() const { return m_compute; } // for the menu of the model
    // Another one that concerns the selection.
    void add(QAction* action) { m_more.push_back(action); }
    // What concerns the selection; `reader`: the node at the end of the edge that was clicked, may be None.
    void addTo(QMenu& menu, NodeId reader);

    void openPalette(); // to add a node

private:
    void addAction(const QString& text, const QString& keys, const QString& tip, bool forNode,
                   std::vector<EditStep> (EditActions::*steps)() const);
    void askToCompute();
    void updateState();
    NodeIndex node() const;
    ValueIndex tensor() const; // selected, or what the selected node makes first
    void apply(std::vector<EditStep> steps);
    void addInserts(QMenu& menu, NodeId reader);

    std::vector<EditStep> remove() const;
    std::vector<EditStep> removeWithFeeders() const;
    std::vector<EditStep> bypass() const;
    std::vector<EditStep> duplicate() const;
    std::vector<EditStep> makeOutput() const;
    std::vector<EditStep> keepBefore() const;
    std::vector<EditStep> keepBehind() const;

    Workspace& m_workspace;
    QWidget* m_window;
    std::vector<QAction*> m_actions;
    std::vector<QAction*> m_more, m_ofNodes, m_ofTensors;
    QAction* m_add = nullptr;
    QAction* m_compute = nullptr;
};

} // namespace pleat::ui
