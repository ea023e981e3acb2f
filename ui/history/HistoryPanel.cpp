// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/history/HistoryPanel.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QUndoStack>
#include <QUndoView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

HistoryPanel::HistoryPanel(QUndoStack& stack, QWidget* parent) : QWidget(parent), m_stack(stack)
{
    setProperty("surface", u"panel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(tr("History"));
    setMinimumWidth(200);
    auto* caption = new PlainLabel(tr("HISTORY"));
    m_count = new PlainLabel;
    for (PlainLabel* label : {caption, m_count}) {
        label->setProperty("role", u"caption"_s);
        label->setFont(captionFont(font()));
    }
    auto* top = new QHBoxLayout;
    top->setContentsMargins(14, 12, 14, 6);
    top->addWidget(caption);
    top->addStretch();
    top->addWidget(m_count);

    m_view = new QUndoView(&m_stack);
    m_view->setObjectName(u"historyList"_s);
    m_view->setAccessibleName(tr("What was done, in order"));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setStyleSheet(u"QUndoView::item { padding: 6px 14px; }"_s);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setTextElideMode(Qt::ElideMiddle);

    m_save = new QPushButton(tr("Save recipe…"));
    m_save->setToolTip(tr("Write what was done to a file, to do it again on another model"));
    m_apply = new QPushButton(tr("Apply recipe…"));
    m_apply->setToolTip(tr("Do what a recipe says"));
    connect(m_save, &QPushButton::clicked, this, &HistoryPanel::saveRequested);
    connect(m_apply, &QPushButton::clicked, this, &HistoryPanel::applyRequested);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(14, 8, 14, 12);
    buttons->setSpacing(8);
    buttons->addWidget(m_save);
    buttons->addWidget(m_apply);
    buttons->addStretch();

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(top);
    layout->addWidget(m_view, 1);
    layout->addLayout(buttons);
    connect(&m_stack, &QUndoStack::indexChanged, this, &HistoryPanel::update);
    setModel({});
}

void HistoryPanel::setModel(const QString& fileName)
{
    m_open = !fileName.isEmpty();
    m_view->setEmptyLabel(m_open ? tr("%1 as it was opened").arg(oneLine(fileName)) : tr("No model is open"));
    update();
}

void HistoryPanel::setBusy(bool busy)
{
    m_busy = busy;
    update();
}

void HistoryPanel::update()
{
    const int done = m_stack.index();
    m_count->setText(done == 0 ? QString() : done == 1 ? tr("1 step") : tr("%n steps", nullptr, done));
    m_view->setEnabled(m_open && !m_busy);
    m_save->setEnabled(m_open && !m_busy && done > 0);
    m_apply->setEnabled(m_open && !m_busy);
}

} // namespace pleat::ui
