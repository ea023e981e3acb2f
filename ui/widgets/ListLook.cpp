// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/ListLook.h"

#include "ui/widgets/Theme.h"

#include <QPainter>
#include <QStyleOptionViewItem>
#include <QToolButton>
#include <algorithm>

namespace pleat::ui {

QToolButton* makeChip(const QString& look, const QString& tip)
{
    auto* chip = new QToolButton;
    chip->setCheckable(true);
    chip->setChecked(true);
    chip->setProperty("chip", look);
    chip->setToolTip(tip);
    chip->setFocusPolicy(Qt::TabFocus);
    return chip;
}

void paintRowGround(QPainter& painter, const QStyleOptionViewItem& option, const Theme& theme)
{
    const QRect row = option.rect;
    const bool selected = option.state & QStyle::State_Selected;
    if (selected)
        painter.fillRect(row, theme.accentSoft);
    else if (option.state & QStyle::State_MouseOver)
        painter.fillRect(row, theme.hover);
    if (selected && option.state & QStyle::State_HasFocus)
        painter.fillRect(QRect(row.left(), row.top(), 3, row.height() - 1), theme.accent);
    painter.fillRect(QRect(row.left(), row.bottom(), row.width(), 1), theme.line);
}

bool hasAllWords(const QString& text, const QStringList& words)
{
    return std::ranges::all_of(
        words, [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace pleat::ui
