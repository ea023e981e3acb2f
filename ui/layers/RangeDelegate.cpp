// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/layers/RangeDelegate.h"

#include "ui/layers/LayersModel.h"
#include "ui/widgets/Theme.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

namespace pleat::ui {

void RangeDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    paintGround(*painter, option, index);
    const QWidget* const widget = option.widget;
    const QVariant after = index.data(LayersModel::AfterRole), before = index.data(LayersModel::BeforeRole);
    if (!after.isValid() || !widget)
        return;
    const auto reach = [](const QVariant& range) {
        const QPointF ends = range.toPointF();
        return range.isValid() ? std::max(std::abs(ends.x()), std::abs(ends.y())) : 0;
    };
    const double most = std::max(reach(after), reach(before));
    const Theme theme = Theme::of(*widget);
    const QRectF box = QRectF(option.rect).adjusted(8, 4, -8, -4);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(theme.line, 1));
    painter->drawLine(QPointF(box.center().x(), box.top()), QPointF(box.center().x(), box.bottom()));
    painter->setPen(Qt::NoPen);
    const auto bar = [&](const QVariant& range, double from, double to, const QColor& colour) {
        if (!range.isValid() || !(most > 0) || !std::isfinite(most))
            return;
        const QPointF ends = range.toPointF() / most * (box.width() / 2);
        painter->setBrush(colour);
        painter->drawRoundedRect(QRectF(box.center().x() + ends.x(), box.top() + from * box.height(),
                                        std::max(1.0, ends.y() - ends.x()), (to - from) * box.height()),
                                 1, 1);
    };
    if (before.isValid()) {
        bar(before, 0.05, 0.42, theme.before);
        bar(after, 0.55, 0.95, theme.accent);
    } else {
        bar(after, 0.28, 0.72, theme.accent);
    }
    painter->restore();
}

QSize RangeDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {120, PaintedCell::sizeHint(option, index).height()};
}

} // namespace pleat::ui
