// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/BarsDelegate.h"

#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>

namespace pleat::ui {

void BarsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    paintGround(*painter, option, index);
    const QWidget* const widget = option.widget;
    const QVariant before = index.data(BeforeBarRole), after = index.data(AfterBarRole);
    if (!widget || (!before.isValid() && !after.isValid()))
        return;
    const Theme theme = Theme::of(*widget);
    const QRectF box = QRectF(option.rect).adjusted(7, 4, -7, -4);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    const auto bar = [&](const QVariant& share, double top, double bottom, const QColor& colour) {
        if (!share.isValid())
            return;
        painter->setBrush(colour);
        painter->drawRoundedRect(QRectF(box.left(), box.top() + top * box.height(),
                                        std::max(1.5, std::clamp(share.toDouble(), 0.0, 1.0) * box.width()),
                                        (bottom - top) * box.height()),
                                 1.5, 1.5);
    };
    const QColor own = index.data(RowsModel::WarnRole).toBool() ? theme.blocked : theme.accent;
    if (before.isValid()) {
        bar(before, 0.05, 0.42, theme.before);
        bar(after, 0.55, 0.95, own);
    } else {
        bar(after, 0.25, 0.75, own);
    }
    if (const QVariant limit = index.data(LimitRole); limit.isValid()) {
        const double x = box.left() + std::clamp(limit.toDouble(), 0.0, 1.0) * box.width();
        painter->setPen(QPen(theme.quiet, 1.2));
        painter->drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()));
    }
    painter->restore();
}

QSize BarsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {150, PaintedCell::sizeHint(option, index).height()};
}

} // namespace pleat::ui
