// SPDX-License-Identifier: GPL-3.0-or-later
// Where a difference begins: a row a value, the first one that differs named, and the graph in its colours
// while the page is seen.
#pragma once

#include "ui/verify/TraceModel.h"
#include "ui/verify/TraceStudy.h"

#include <QWidget>

class QCheckBox;
class QPushButton;
class QTableView;

namespace pleat::ui {

class TracePage final : public QWidget {
    Q_OBJECT
public:
    TracePage(Workspace& workspace, TraceStudy& study, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void showFound();
    void goToFirst();
    void colour();

    Workspace& m_workspace;
    TraceStudy& m_study;
    TraceModel m_model;
    TracePointer m_shown;
    HeatPointer m_heat; // what this page has given to the graph
    QTableView* m_table = nullptr;
    QCheckBox* m_colours = nullptr;
    QPushButton* m_first = nullptr;
};

} // namespace pleat::ui
