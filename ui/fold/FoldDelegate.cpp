// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fold/FoldDelegate.h"

#include "ui/fold/FoldModel.h"
#include "ui/widgets/ListLook.h"
#include "ui/widgets/Theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int margin = 14;
constexpr int gap = 9;
constexpr int boxSide = 16;

QFont nameFont(QFont font)
{
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont smallFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() - 0.5);
    return font;
}

QFont pillFont(QFont font)
{
    font.setPointSizeF(font.pointSizeF() - 1.5);
    font.setWeight(QFont::DemiBold);
    return font;
}

QString pillText(FoldState state)
{
    switch (state) {
    case FoldState::CanFold:
        return FoldModel::tr("can fold");
    case FoldState::Blocked:
        return FoldModel::tr("blocked");
    case FoldState::Folded:
        return FoldModel::tr("folded");
    }
    return {};
}

QRect boxRect(const QRect& row)
{
    return {row.left() + margin, row.center().y() - boxSide / 2, boxSide, boxSide};
}

// Draws the pill against the right edge and returns its left one.
int drawPill(QPainter& painter, const QRect& row, const QFont& font, FoldState state, const Theme& theme)
{
    const QFontMetrics metrics(font);
    const QString text = pillText(state);
    QRectF pill(0, 0, metrics.horizontalAdvance(text) + 16, metrics.height() + 5);
    pill.moveCenter(QRectF(row).center());
    pill.moveRight(row.right() - margin + 0.5);
    QPen pen(theme.mark(lookOf(state).colour), 1);
    if (lookOf(state).outline == Outline::Dashed)
        pen.setStyle(Qt::DashLine); // colour never carries the meaning alone
    painter.setPen(pen);
    painter.setBrush(blend(theme.panel, theme.mark(lookOf(state).colour), theme.dark ? 0.12 : 0.06));
    painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
    painter.setFont(font);
    painter.setPen(theme.markText(lookOf(state).colour));
    painter.drawText(pill, Qt::AlignCenter, text);
    return static_cast<int>(pill.left());
}

} // namespace

QSize FoldDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return {200, QFontMetrics(nameFont(option.font)).height() +
                     QFontMetrics(smallFont(option.font)).height() + 17};
}

void FoldDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const
{
    const Theme theme = Theme::of(*option.widget);
    const auto state = static_cast<FoldState>(index.data(FoldModel::StateRole).toInt());
    const QRect row = option.rect;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    paintRowGround(*painter, option, theme);

    QStyleOptionButton box;
    box.rect = boxRect(row);
    box.palette = option.palette;
    box.state = state == FoldState::Folded ? QStyle::State_None : QStyle::State_Enabled;
    const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    box.state |= checked ? QStyle::State_On : QStyle::State_Off;
    if (state == FoldState::Blocked)
        painter->setOpacity(0.55);
    QApplication::style()->drawPrimitive(QStyle::PE_IndicatorCheckBox, &box, painter, option.widget);
    painter->setOpacity(1);

    int right = drawPill(*painter, row, pillFont(option.font), state, theme);
    if (const quint64 channels = index.data(FoldModel::ChannelsRole).toULongLong()) {
        const QFont font = smallFont(option.font);
        const QString text = QString::number(channels);
        const int width = QFontMetrics(font).horizontalAdvance(text);
        painter->setFont(font);
        painter->setPen(theme.quiet);
        painter->drawText(QRect(right - gap - width, row.top(), width, row.height()),
                          Qt::AlignVCenter | Qt::AlignRight, text);
        right -= gap + width;
    }

    const int left = box.rect.right() + 1 + gap;
    const QFont bold = nameFont(option.font);
    const QFont small = smallFont(option.font);
    const QFontMetrics boldMetrics(bold);
    const QFontMetrics smallMetrics(small);
    const int width = right - gap - left;
    int top = row.center().y() - (boldMetrics.height() + smallMetrics.height()) / 2;
    painter->setFont(bold);
    painter->setPen(state == FoldState::Folded ? blend(theme.panel, theme.text, 0.85) : theme.text);
    painter->drawText(
        QRect(left, top, width, boldMetrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
        boldMetrics.elidedText(index.data().toString(), Qt::ElideLeft, width)); // the end tells twins apart
    top += boldMetrics.height();
    painter->setFont(small);
    painter->setPen(theme.quiet);
    painter->drawText(
        QRect(left, top, width, smallMetrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
        smallMetrics.elidedText(index.data(FoldModel::DetailRole).toString(), Qt::ElideRight, width));
    painter->restore();
}

bool FoldDelegate::editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                               const QModelIndex& index)
{
    if (!(index.flags() & Qt::ItemIsUserCheckable))
        return false;
    const auto isOnBox = [&] {
        // Forgiving: the whole strip left of the words belongs to the box.
        QRect strip = option.rect;
        strip.setWidth(boxStrip);
        return strip.contains(static_cast<QMouseEvent*>(event)->position().toPoint());
    };
    if (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick)
        return isOnBox(); // not a selection
    const bool toggles =
        event->type() == QEvent::MouseButtonRelease
            ? isOnBox()
            : event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space;
    if (!toggles)
        return false;
    const bool checked = index.data(Qt::CheckStateRole).toInt() == Qt::Checked;
    return model->setData(index, checked ? Qt::Unchecked : Qt::Checked, Qt::CheckStateRole);
}

} // namespace pleat::ui
