// SPDX-License-Identifier: GPL-3.0-or-later
// The button Change below a TensorTable: what can be done to the numbers of the tensor that it shows, each
// asked for in a small dialog. What is written into a cell of the table goes the same way. UI thread only.
#pragma once

#include "core/edit/EditStep.h"

#include <QToolButton>

namespace pleat::ui {

class TensorTable;

class TensorEdits final : public QToolButton {
    Q_OBJECT
public:
    // The table outlives it.
    TensorEdits(TensorTable& table, QWidget* parent = nullptr);

    // What the shown tensor is called in steps. "": it cannot be changed, since `why`.
    void setSubject(std::string id, const QString& why);

Q_SIGNALS:
    void wanted(const pleat::EditStep& step);
    void said(const QString& sentence); // why not

private:
    DataType type() const;
    void setCell(const QString& text);
    void askForSelection();
    void askForFill();
    void askForFactor();
    void askForThreshold();
    void askForFile();

    TensorTable& m_table;
    std::string m_id;
    QString m_why;
    std::vector<QAction*> m_ofFloats;
    std::vector<std::pair<DataType, QAction*>> m_types;
};

} // namespace pleat::ui
