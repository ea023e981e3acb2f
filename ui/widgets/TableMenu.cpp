// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/TableMenu.h"

#include "ui/widgets/Action.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Translate.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QSaveFile>
#include <QTableView>
#include <algorithm>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

QString csvCell(QString text)
{
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n') && !text.contains(u'\r'))
        return text;
    return u'"' + text.replace(u'"', u"\"\""_s) + u'"';
}

void save(QTableView& table, const QString& name)
{
    const QString path = QFileDialog::getSaveFileName(table.window(), tr("Save Table"), name + u".csv"_s,
                                                      tr("Comma-separated values (*.csv)"));
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly)) {
        file.write(csvText(*table.model()).toUtf8());
        if (file.commit())
            return;
    }
    QMessageBox::warning(table.window(), tr("Save Table"),
                         plainTip(tr("%1 could not be written: %2").arg(path, file.errorString())));
}

} // namespace

QString selectedText(const QTableView& table)
{
    QModelIndexList cells = table.selectionModel()->selectedIndexes();
    if (cells.isEmpty())
        return {};
    std::ranges::sort(cells, {},
                      [](const QModelIndex& cell) { return std::pair(cell.row(), cell.column()); });
    const auto [left, right] = std::ranges::minmax(cells, {}, &QModelIndex::column);
    QString text;
    auto cell = cells.cbegin();
    for (int row = cells.front().row(); row <= cells.back().row(); ++row) {
        if (cell->row() != row)
            continue; // nothing of this row is selected
        for (int column = left.column(); column <= right.column(); ++column) {
            if (column > left.column())
                text += u'\t';
            if (cell != cells.cend() && cell->row() == row && cell->column() == column)
                text += (cell++)->data().toString();
        }
        text += u'\n';
    }
    return text;
}

QString csvText(const QAbstractItemModel& model)
{
    QString text;
    for (int row = -1; row < model.rowCount(); ++row) {
        for (int column = 0; column < model.columnCount(); ++column) {
            const QVariant cell =
                row < 0 ? model.headerData(column, Qt::Horizontal) : model.index(row, column).data();
            text += (column > 0 ? u","_s : QString()) + csvCell(cell.toString());
        }
        text += u'\n';
    }
    return text;
}

void offerTable(QTableView& table, const QString& name)
{
    auto* copy = makeAction(&table, tr("Copy"), {QKeySequence::Copy}, tr("Copy the selected cells"),
                            [&table] { QApplication::clipboard()->setText(selectedText(table)); });
    copy->setShortcutContext(Qt::WidgetShortcut);
    auto* all = makeAction(&table, tr("Save as CSV…"), {}, tr("Save the whole table to a file"),
                           [&table, name] { save(table, name); });
    table.addActions({copy, all});
    table.setContextMenuPolicy(Qt::ActionsContextMenu);
}

} // namespace pleat::ui
