// SPDX-License-Identifier: GPL-3.0-or-later
// The layers of a model as the rows of a table, for LayersPanel: ranges and quantization ratios before
// folding and after all that can be folded is.
#pragma once

#include "core/weights/LayerComparison.h"
#include "ui/widgets/RowsModel.h"

#include <QAbstractTableModel>
#include <vector>

namespace pleat::ui {

class LayersModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Shape, Ranges, EightBits, Change, PerChannel, FourBits, Note, columnCount_ };
    enum Role {
        SortRole = RowsModel::SortRole,
        NodeRole = RowsModel::NodeRole,
        WorseRole = RowsModel::WarnRole,      // half a bit or more is lost
        BeforeRole = RowsModel::FirstOwnRole, // QPointF(min, max) of the weights; invalid: there is none
        AfterRole
    };
    using QAbstractTableModel::QAbstractTableModel;

    const std::vector<ComparedLayer>& layers() const { return m_layers; }
    void setLayers(std::vector<ComparedLayer> layers);
    void append(std::vector<ComparedLayer> layers);
    int rowOf(NodeId node) const; // -1: none

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const ComparedLayer& layer, int column) const;
    QVariant sortKey(const ComparedLayer& layer, int column) const;

    std::vector<ComparedLayer> m_layers;
};

// By words in name, operator or note; sorted by numbers, with rows that have none at the end.
class LayersFilter final : public SortedRows {
    Q_OBJECT
public:
    using SortedRows::SortedRows;
    void setWords(const QString& words);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    QString m_words;
};

} // namespace pleat::ui
