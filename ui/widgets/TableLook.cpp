// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/TableLook.h"

#include "ui/widgets/Theme.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>
#include <QTableView>

using namespace Qt::StringLiterals;

namespace pleat::ui {

void dressTable(QTableView& table)
{
    table.setStyleSheet(u"QTableView::item { border: none; padding: 0 7px; }"_s); // as in the header
    table.setFrameShape(QFrame::NoFrame);
    table.setShowGrid(false);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setSelectionMode(QAbstractItemView::SingleSelection);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setTextElideMode(Qt::ElideLeft);
    table.setWordWrap(false);
    table.verticalHeader()->hide();
    table.verticalHeader()->setDefaultSectionSize(table.fontMetrics().height() + 10);
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.horizontalHeader()->setHighlightSections(false);
}

void WarningDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    if (!index.data(m_role).toBool() || !option->widget)
        return;
    const QColor amber = Theme::of(*option->widget).markText(MarkColour::Warning);
    option->palette.setColor(QPalette::Text, amber);
    option->palette.setColor(QPalette::HighlightedText, amber);
}

void PaintedCell::paintGround(QPainter& painter, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const
{
    QStyleOptionViewItem empty = option;
    initStyleOption(&empty, index);
    empty.text.clear();
    (option.widget ? option.widget->style() : QApplication::style())
        ->drawControl(QStyle::CE_ItemViewItem, &empty, &painter, option.widget);
}

} // namespace pleat::ui
