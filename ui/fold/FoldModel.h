// SPDX-License-Identifier: GPL-3.0-or-later
// The candidates of a document as rows: what can be folded, what cannot and why, what has been folded. Rows
// keep their place when a pair is folded or unfolded, so that a list does not jump under the mouse. Holds no
// model itself: rows are words and numbers, made anew from each snapshot.
#pragma once

#include "ui/document/Snapshot.h"
#include "ui/widgets/Theme.h"

#include <QAbstractListModel>
#include <QSet>
#include <vector>

namespace pleat::ui {

struct FoldCounts {
    int canFold = 0; // the ones with a batch norm
    int blocked = 0;
    int folded = 0;
    int batchNorms = 0; // all of them, folded ones too
    bool operator==(const FoldCounts&) const = default;
};

class FoldModel final : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        IdRole = Qt::UserRole + 1, // QString
        DetailRole,                // second line: the chain, or why not
        ChannelsRole,              // quint64, 0 when unknown
        StateRole,                 // int(FoldState)
        LayerRole,                 // quint32(NodeId) of the node that stands for the row
        CulpritRole,               // quint32(NodeId) of whom a blocked row blames
    };

    using QAbstractListModel::QAbstractListModel;

    // `opened` gives the order; both null for no model.
    void setSnapshots(const SnapshotPointer& opened, const SnapshotPointer& current);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

    FoldCounts counts() const { return m_counts; }
    std::vector<FoldId> checked() const; // foldable and chosen
    int rowOf(const FoldId& id) const;   // -1 when unknown
    void setAllChecked(bool checked);

Q_SIGNALS:
    void checkedChanged();
    void countsChanged();

private:
    struct Row {
        QString id;
        QString name;
        QString detail;
        QString tip;
        quint64 channels = 0;
        FoldState state = FoldState::CanFold;
        NodeId layer = NodeId::None;
        NodeId culprit = NodeId::None;
        bool batchNorm = false;
    };
    static Row row(const FoldCandidate& candidate, FoldState state, const GraphView& view);
    static std::vector<Row> rows(const Snapshot& opened, const Snapshot& current);
    const Row& at(const QModelIndex& index) const { return m_rows[static_cast<std::size_t>(index.row())]; }

    std::vector<Row> m_rows;
    QSet<QString> m_unchecked; // by id: a row that comes back by undo is as it was left
    FoldCounts m_counts;
    SnapshotPointer m_opened;
};

} // namespace pleat::ui
