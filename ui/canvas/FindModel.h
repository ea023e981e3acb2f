// SPDX-License-Identifier: GPL-3.0-or-later
// What was found on all pages of a model: nodes first, then tensors. Rows are made when they are asked for;
// only short references are kept.
#pragma once

#include "core/graph/FindQuery.h"

#include <QAbstractListModel>
#include <memory>
#include <vector>

namespace pleat::ui {

class FindModel final : public QAbstractListModel {
    Q_OBJECT
public:
    // KindRole: the operator or "tensor", with the page where that is not the main graph.
    enum Role { LinkRole = Qt::UserRole + 1, NameRole, KindRole };

    using QAbstractListModel::QAbstractListModel;

    void find(std::shared_ptr<const GraphView> view, std::shared_ptr<const ValueTypes> types,
              const QString& words);
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Entry {
        bool isNode = true;
        std::uint32_t index = 0;
    };
    QString pageOf(const Entry& entry) const;

    std::shared_ptr<const GraphView> m_view;
    std::vector<Entry> m_entries;
};

} // namespace pleat::ui
