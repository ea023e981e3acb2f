// SPDX-License-Identifier: GPL-3.0-or-later
// Draws a candidate: check box, name over chain (or the reason), channels, and a pill with its state. All
// rows are equally high. A click on the box, or Space, toggles it.
#pragma once

#include <QStyledItemDelegate>

namespace pleat::ui {

class FoldDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    static constexpr int boxStrip = 34; // px from the left that belong to the box

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override;
};

} // namespace pleat::ui
