// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/weights/TensorCellEditor.h"

#include "ui/weights/TensorTable.h"
#include "ui/widgets/PlainText.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QToolTip>

using namespace Qt::StringLiterals;

namespace pleat::ui {

TensorCellEditor::TensorCellEditor(TensorTable& table) : QStyledItemDelegate(&table), m_table(table) {}

QWidget* TensorCellEditor::createEditor(QWidget* parent, const QStyleOptionViewItem&,
                                        const QModelIndex&) const
{
    auto* field = new QLineEdit(parent);
    field->setObjectName(u"tableCell"_s);
    field->setAccessibleName(tr("Value"));
    field->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    field->setFont(m_table.font());
    field->setTextMargins(0, 0, 0, 0);
    field->setStyleSheet(u"QLineEdit { padding: 0; border-radius: 0; }"_s); // a row is low
    return field;
}

void TensorCellEditor::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* const field = qobject_cast<QLineEdit*>(editor);
    if (field->isModified())
        return; // what is read meanwhile does not take away what is being written
    field->setText(index.data(Qt::EditRole).toString());
    field->selectAll();
}

void TensorCellEditor::setModelData(QWidget* editor, QAbstractItemModel*, const QModelIndex& index) const
{
    const QString text = qobject_cast<QLineEdit*>(editor)->text();
    if (text != index.data(Qt::EditRole).toString() && m_table.problemOf(text).isEmpty())
        Q_EMIT entered(text);
}

bool TensorCellEditor::eventFilter(QObject* editor, QEvent* event)
{
    auto* const field = qobject_cast<QLineEdit*>(editor);
    if (field && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const bool ends = key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab;
        const QString problem = ends ? m_table.problemOf(field->text()) : QString();
        if (!problem.isEmpty()) {
            QToolTip::showText(field->mapToGlobal(QPoint(0, field->height())), plainTip(problem), field);
            field->setAccessibleDescription(problem);
            field->selectAll();
            return true;
        }
    }
    return QStyledItemDelegate::eventFilter(editor, event);
}

} // namespace pleat::ui
