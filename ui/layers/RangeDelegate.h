// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the range of a layer's weights as a miniature: a bar for that before folding above one for that
// after, on one scale with 0 in the middle.
#pragma once

#include "ui/widgets/TableLook.h"

namespace pleat::ui {

class RangeDelegate final : public PaintedCell {
    Q_OBJECT
public:
    using PaintedCell::PaintedCell;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace pleat::ui
