// SPDX-License-Identifier: GPL-3.0-or-later
// The panel PROBLEMS: what does not fit together in the model any more since it was edited. Looked for in a
// job after each edit; the graph marks the nodes, the status line counts them, and a row leads there.
#pragma once

#include "ui/document/Panel.h"
#include "ui/problems/ProblemsModel.h"

class QTableView;

namespace pleat::ui {

class PlainLabel;

class ProblemsPanel final : public Panel {
    Q_OBJECT
public:
    explicit ProblemsPanel(Workspace& workspace);

    const ProblemsModel& model() const { return m_model; }

private:
    void look();
    void show(std::vector<Problem> problems);
    void go(const QModelIndex& row);

    ProblemsModel m_model;
    QTableView* m_table = nullptr;
    PlainLabel* m_note = nullptr;
    PlainLabel* m_none = nullptr; // shown instead of the table
    SnapshotPointer m_looked;
};

} // namespace pleat::ui
