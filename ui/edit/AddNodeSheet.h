// SPDX-License-Identifier: GPL-3.0-or-later
// Adds a node: a list of all operators to search, with a line on each; below it what the chosen one needs.
// What cannot be is refused here, and the sheet stays.
#pragma once

#include "core/edit/OperatorForms.h"

#include <QDialog>

class QFormLayout;
class QLineEdit;
class QTreeView;

namespace pleat::ui {

class OperatorModel;
class OperatorFilter;
class PlainLabel;
class Workspace;

class AddNodeSheet final : public QDialog {
    Q_OBJECT
public:
    // `input`: the tensor of the main graph that the new node reads first; may be empty.
    AddNodeSheet(Workspace& workspace, std::string input, QWidget* parent);

private:
    struct Row {
        std::string name;
        QLineEdit* line = nullptr;
    };

    void chose();
    void addRow(std::vector<Row>& rows, const std::string& name, const QString& text, const QString& hint,
                const QStringList& choices);
    void add();
    void refuse(const QString& sentence);

    Workspace& m_workspace;
    std::string m_input;
    ViewPointer m_view;
    QStringList m_tensors;
    QLineEdit* m_search = nullptr;
    QTreeView* m_list = nullptr;
    OperatorModel* m_operators = nullptr;
    OperatorFilter* m_filter = nullptr;
    QWidget* m_fields = nullptr;
    QFormLayout* m_form = nullptr;
    PlainLabel* m_refusal = nullptr;
    std::optional<OperatorForm> m_chosen;
    std::vector<Row> m_inputs, m_outputs, m_attributes;
};

} // namespace pleat::ui
