// SPDX-License-Identifier: GPL-3.0-or-later
// How tables of a panel look: rows, no grid, no frame; numbers in them that are a warning, and cells
// that are painted.
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

// A cell that is painted instead of written: its words are left to whoever reads the model.
class PaintedCell : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    // As the style has it: selected, alternating; without words.
    void paintGround(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
};

} // namespace pleat::ui
