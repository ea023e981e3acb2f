// SPDX-License-Identifier: GPL-3.0-or-later
// A table of which somebody only says what stands in it: columns once, and for each cell its words and the
// number to sort by. And the proxy that sorts by it.
#pragma once

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <vector>

namespace pleat::ui {

class RowsModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role {
        SortRole = Qt::UserRole, // a number, or the text; nothing: at the end
        NodeRole,                // NodeId as uint; nothing where there is none
        WarnRole,                // bool: the cell is a warning
        FirstOwnRole
    };
    struct Column {
        QString title, tip;
        bool isText = false; // and so at the left
    };

    int rowCount(const QModelIndex& parent = {}) const final;
    int columnCount(const QModelIndex& parent = {}) const final;
    QVariant data(const QModelIndex& index, int role) const final;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const final;

protected:
    explicit RowsModel(std::vector<Column> columns, QObject* parent = nullptr);

    virtual int rows() const = 0;
    virtual QString text(int row, int column) const = 0;
    virtual QString tip(int row, int column) const { return text(row, column); }
    virtual QVariant key(int row, int column) const { return text(row, column); }
    // Of NodeRole, WarnRole and the model's own ones.
    virtual QVariant more(int row, int column, int role) const = 0;

private:
    std::vector<Column> m_columns;
};

// By SortRole, with rows that have none at the end either way.
class SortedRows : public QSortFilterProxyModel {
    Q_OBJECT
public:
    explicit SortedRows(QObject* parent = nullptr);

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
};

} // namespace pleat::ui
