// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in a table, taken along: Ctrl+C copies the selected cells, a context menu saves all as CSV.
#pragma once

#include <QString>

class QAbstractItemModel;
class QTableView;

namespace pleat::ui {

// The selected cells, a line a row with tabs between; cells between that are not selected are empty.
QString selectedText(const QTableView& table);

// Headers and all rows as RFC 4180 has it (lines end with \n): quoted where a comma, a quote or the end of a
// line is in it.
QString csvText(const QAbstractItemModel& model);

// Gives the table the menu and the shortcut. `name`: what it shows, proposed as the file's name.
void offerTable(QTableView& table, const QString& name);

} // namespace pleat::ui
