// SPDX-License-Identifier: GPL-3.0-or-later
// Draws a number of each side as a bar, that before above that after; or one bar, where there is one number.
// A tick marks a limit that the bar should stay below.
#pragma once

#include "ui/widgets/RowsModel.h"
#include "ui/widgets/TableLook.h"

namespace pleat::ui {

// What models give for it: shares of the cell's width, 0 to 1; nothing where there is no bar.
enum BarRole {
    BeforeBarRole = RowsModel::FirstOwnRole,
    AfterBarRole,
    LimitRole // where the tick is
};

class BarsDelegate final : public PaintedCell {
    Q_OBJECT
public:
    using PaintedCell::PaintedCell;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace pleat::ui
