// SPDX-License-Identifier: GPL-3.0-or-later
// What can be found in a graph: nodes by name and by operator, values by name. Rows are made when they are
// asked for; only short references are kept.
#pragma once

#include "core/graph/GraphView.h"

#include <QAbstractListModel>
#include <memory>
#include <vector>

namespace pleat::ui {

class FindModel final : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { LinkRole = Qt::UserRole + 1, NameRole, KindRole };

    using QAbstractListModel::QAbstractListModel;

    void setView(std::shared_ptr<const GraphView> view);
    const std::shared_ptr<const GraphView>& view() const { return m_view; }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Entry {
        bool isNode = true;
        std::uint32_t index = 0;
    };
    std::shared_ptr<const GraphView> m_view;
    std::vector<Entry> m_entries;
};

} // namespace pleat::ui
