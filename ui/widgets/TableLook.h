// SPDX-License-Identifier: GPL-3.0-or-later
// How tables of a panel look: rows, no grid, no frame; and numbers in them that are a warning.
#pragma once

#include <QStyledItemDelegate>

class QTableView;

namespace pleat::ui {

// One row can be selected, none edited. REQUIRES: it has its model.
void dressTable(QTableView& table);

// Words are amber where this role of the cell is true.
class WarningDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    WarningDelegate(int role, QObject* parent) : QStyledItemDelegate(parent), m_role(role) {}

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;

private:
    int m_role;
};

} // namespace pleat::ui
