// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of VERIFY: they are sorted by a click on a header, copied and saved as CSV, and a warning is
// amber.
#pragma once

#include "ui/widgets/RowsModel.h"

class QTableView;

namespace pleat::ui {

class Workspace;

// `object`: its name in the window; `accessible`: what it shows, in words; `file`: proposed for CSV. The last
// column takes what room is left.
QTableView* verifyTable(RowsModel& model, const QString& object, const QString& accessible,
                        const QString& file);

// A row that is chosen is selected in the graph, by its NodeRole, where it is in what is shown.
void selectNodes(QTableView& table, Workspace& workspace);

} // namespace pleat::ui
