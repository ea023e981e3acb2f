// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/FindField.h"

#include "ui/FindModel.h"

#include <QAbstractItemView>
#include <QAbstractProxyModel>
#include <QCompleter>
#include <QKeyEvent>

namespace pleat::ui {

FindField::FindField(QWidget* parent) : QLineEdit(parent)
{
    setObjectName(QStringLiteral("findField"));
    setPlaceholderText(tr("Find…    Ctrl+F"));
    setAccessibleName(tr("Find a node, a tensor or an operator"));
    setToolTip(tr("Find a node, a tensor or an operator (Ctrl+F)"));
    setClearButtonEnabled(true);
    setFixedWidth(250);
    m_model = new FindModel(this);
    m_completer = new QCompleter(m_model, this);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_completer->setFilterMode(Qt::MatchContains);
    m_completer->setCompletionMode(QCompleter::PopupCompletion);
    m_completer->setMaxVisibleItems(14);
    m_completer->popup()->setMinimumWidth(460);
    m_completer->popup()->setTextElideMode(Qt::ElideMiddle);
    setCompleter(m_completer);
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::activated), this, &FindField::choose);
    connect(m_completer, qOverload<const QModelIndex&>(&QCompleter::highlighted), this, &FindField::choose);
}

void FindField::setView(const std::shared_ptr<const GraphView>& view)
{
    m_model->setView(view);
    setEnabled(view != nullptr);
    if (!view)
        clear();
}

void FindField::choose(const QModelIndex& row)
{
    const QString link = row.data(FindModel::LinkRole).toString();
    if (!link.isEmpty())
        Q_EMIT found(link);
}

void FindField::keyPressEvent(QKeyEvent* event)
{
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && !m_completer->popup()->isVisible() && !text().isEmpty()) {
        // Enter without a choice in the list: the first hit.
        m_completer->setCompletionPrefix(text());
        if (m_completer->setCurrentRow(0))
            choose(m_completer->currentIndex());
        return;
    }
    if (event->key() == Qt::Key_Escape) {
        clear();
        clearFocus();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void FindField::focusInEvent(QFocusEvent* event)
{
    QLineEdit::focusInEvent(event);
    selectAll();
}

} // namespace pleat::ui
