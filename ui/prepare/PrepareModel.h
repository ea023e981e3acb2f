// SPDX-License-Identifier: GPL-3.0-or-later
// The passes as a tree: each with a check box and how many places it would change, below it these places and
// those that it leaves, with the reason. Two levels; words are made when they are asked for.
#pragma once

#include "ui/prepare/Preview.h"

#include <QAbstractItemModel>

namespace pleat::ui {

class PrepareModel final : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Role {
        NodeRole = Qt::UserRole + 1, // quint32(NodeId) that a place is about
        CountRole,                   // int: places that a pass would change
        LeftRole,                    // bool: the place is left as it is
        IdleRole,                    // bool: the pass is known to have nothing to do, nor to say
    };

    explicit PrepareModel(QObject* parent = nullptr);

    // Null: nothing is known yet, and there are only the passes.
    void setPreview(PreviewPointer preview);
    const PreviewPointer& preview() const { return m_preview; }
    const std::set<std::string, std::less<>>& chosen() const { return m_chosen; }
    // Checks the pass or not, as if somebody had clicked it.
    void setChosen(std::string_view pass, bool chosen);

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

Q_SIGNALS:
    void chosenChanged();

private:
    const PassPreview* previewAt(int pass) const;
    QVariant passData(int pass, int column, int role) const;
    QVariant placeData(int pass, int place, int role) const;

    PreviewPointer m_preview;
    std::vector<const PassPreview*> m_shown; // of it, by pass; null: it has no rows yet
    std::set<std::string, std::less<>> m_chosen;
};

} // namespace pleat::ui
