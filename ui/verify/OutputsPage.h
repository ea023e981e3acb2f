// SPDX-License-Identifier: GPL-3.0-or-later
// What both models give for the same inputs, output by output, and what differs without running them. Below
// the table the errors of the output that is chosen, or else of the first.
#pragma once

#include "ui/verify/OutputsModel.h"

#include <QWidget>

class QTableView;

namespace pleat::ui {

class DecadesPlot;
class PlainLabel;

class OutputsPage final : public QWidget {
    Q_OBJECT
public:
    explicit OutputsPage(QWidget* parent = nullptr);
    void setFound(const VerificationPointer& found); // null: nothing yet

private:
    void showErrors();

    OutputsModel m_model;
    VerificationPointer m_found;
    PlainLabel* m_sentences = nullptr;
    QTableView* m_table = nullptr;
    DecadesPlot* m_errors = nullptr;
};

} // namespace pleat::ui
