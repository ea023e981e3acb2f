// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/RowsModel.h"

#include "ui/widgets/PlainText.h"

namespace pleat::ui {

namespace {

int alignment(bool isText)
{
    return static_cast<int>((isText ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
}

} // namespace

RowsModel::RowsModel(std::vector<Column> columns, QObject* parent)
    : QAbstractTableModel(parent),
      m_columns(std::move(columns))
{
}

int RowsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : rows();
}

int RowsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant RowsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
        return text(index.row(), index.column());
    case Qt::ToolTipRole:
        return plainTip(tip(index.row(), index.column()));
    case Qt::TextAlignmentRole:
        return alignment(m_columns[static_cast<std::size_t>(index.column())].isText);
    case SortRole:
        return key(index.row(), index.column());
    default:
        return role >= Qt::UserRole ? more(index.row(), index.column(), role) : QVariant();
    }
}

QVariant RowsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Column& column = m_columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole:
        return column.title;
    case Qt::ToolTipRole:
        return plainTip(column.tip);
    case Qt::TextAlignmentRole:
        return alignment(column.isText);
    default:
        return {};
    }
}

SortedRows::SortedRows(QObject* parent) : QSortFilterProxyModel(parent)
{
    setSortRole(RowsModel::SortRole);
}

bool SortedRows::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant a = left.data(sortRole()), b = right.data(sortRole());
    if (a.isValid() != b.isValid()) // at the end either way
        return a.isValid() == (sortOrder() == Qt::AscendingOrder);
    if (a.typeId() == QMetaType::QString)
        return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
    return a.toDouble() < b.toDouble();
}

} // namespace pleat::ui
