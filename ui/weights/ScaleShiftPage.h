// SPDX-License-Identifier: GPL-3.0-or-later
// The tab Scale & shift: the batch norm as y = s·x + t, as two plots and, with what it is made of, as a
// table.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QAbstractTableModel>
#include <QWidget>

class QTableView;

namespace pleat::ui {

class ChannelPlot;
class PlainLabel;

// Columns of numbers, a row a channel; every number as exact as the type it was stored in, up to float.
class ChannelTable final : public QAbstractTableModel {
    Q_OBJECT
public:
    struct Column {
        QString name, tip;
        std::vector<double> values; // shorter ones end with empty cells
    };
    using QAbstractTableModel::QAbstractTableModel;

    void setColumns(std::vector<Column> columns);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<Column> m_columns;
    std::size_t m_rows = 0;
};

class ScaleShiftPage final : public QWidget {
    Q_OBJECT
public:
    ScaleShiftPage();

    void setComparison(const WeightsComparisonPointer& comparison);

private:
    ChannelPlot* m_scale = nullptr;
    ChannelPlot* m_shift = nullptr;
    ChannelTable m_numbers;
    QTableView* m_table = nullptr;
    PlainLabel* m_note = nullptr; // above the table: ε
};

} // namespace pleat::ui
