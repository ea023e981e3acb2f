// SPDX-License-Identifier: GPL-3.0-or-later
// The candidates of a document as rows: what can be folded, what cannot and why, what has been folded. Rows
// keep their place when a pair is folded or unfolded, so that a list does not jump under the mouse. A row
// refers to its candidate in the snapshots, which the model shares; its words are made when they are asked
// for, as most of a long list is never seen.
#pragma once

#include "ui/document/FoldCounts.h"
#include "ui/fold/FoldLook.h"

#include <QAbstractListModel>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pleat::ui {

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
    int checkedCount() const { return m_checked; }
    int rowOf(const FoldId& id) const; // -1 when unknown
    void setAllChecked(bool checked);

Q_SIGNALS:
    void checkedChanged();
    void countsChanged();

private:
    struct Row {
        const FoldCandidate* candidate = nullptr; // of a snapshot, or of a record in it
        FoldState state = FoldState::CanFold;
        bool unchecked = false;
    };
    static std::vector<Row> rows(const Snapshot& opened, const Snapshot& current);
    bool follow(const SnapshotPointer& current); // false: rows have to be made anew
    const Row& at(const QModelIndex& index) const { return m_rows[static_cast<std::size_t>(index.row())]; }
    QString chain(const Row& row) const;
    QString detail(const Row& row) const;
    QString tip(const Row& row) const;
    void setUnchecked(Row& row, bool unchecked);
    void count();

    std::vector<Row> m_rows;
    std::unordered_set<std::string> m_unchecked; // by id: a row that comes back by undo is as it was left
    FoldCounts m_counts;
    int m_checked = 0;                            // foldable and chosen
    std::unordered_map<std::string, int> m_rowOf; // by id, of several the first
    bool m_idsAreUnique = true;
    SnapshotPointer m_opened, m_current;
};

} // namespace pleat::ui
