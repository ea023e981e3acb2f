// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyTable.h"

#include "ui/document/Workspace.h"
#include "ui/widgets/TableLook.h"
#include "ui/widgets/TableMenu.h"

#include <QHeaderView>
#include <QTableView>

namespace pleat::ui {

QTableView* verifyTable(RowsModel& model, const QString& object, const QString& accessible,
                        const QString& file)
{
    auto* table = new QTableView;
    auto* sorted = new SortedRows(table);
    sorted->setSourceModel(&model);
    table->setObjectName(object);
    table->setAccessibleName(accessible);
    table->setModel(sorted);
    dressTable(*table);
    table->setItemDelegate(new WarningDelegate(RowsModel::WarnRole, table));
    offerTable(*table, file);
    table->setSortingEnabled(true);
    table->sortByColumn(-1, Qt::AscendingOrder); // as they come
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setStretchLastSection(true);
    return table;
}

void selectNodes(QTableView& table, Workspace& workspace)
{
    const auto select = [&workspace](const QModelIndex& row) {
        const QVariant node = row.data(RowsModel::NodeRole);
        const SnapshotPointer shown = workspace.shown();
        if (!node.isValid() || !shown)
            return;
        const auto id = static_cast<NodeId>(node.toUInt());
        if (shown->view->find(id) != NodeIndex::None)
            workspace.selectNode(id, Workspace::Reveal::Yes);
    };
    QObject::connect(&table, &QTableView::clicked, &table, select);
    QObject::connect(table.selectionModel(), &QItemSelectionModel::currentRowChanged, &table, select);
}

} // namespace pleat::ui
