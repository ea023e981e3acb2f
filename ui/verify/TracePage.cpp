// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/TracePage.h"

#include "ui/verify/BarsDelegate.h"
#include "ui/verify/VerifyTable.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>

using namespace Qt::StringLiterals;

namespace pleat::ui {

TracePage::TracePage(Workspace& workspace, TraceStudy& study, QWidget* parent)
    : QWidget(parent),
      m_workspace(workspace),
      m_study(study)
{
    m_first = new QPushButton(tr("Go there"));
    m_first->setObjectName(u"traceFirst"_s);
    m_first->setToolTip(tr("Select the first node whose output differs by more than is tolerated"));
    connect(m_first, &QPushButton::clicked, this, &TracePage::goToFirst);
    m_colours = new QCheckBox(tr("Colour the graph"));
    m_colours->setObjectName(u"traceColours"_s);
    m_colours->setToolTip(tr("Colour the nodes by how far what they make differs, while this is seen"));
    m_colours->setChecked(true);
    connect(m_colours, &QCheckBox::toggled, this, &TracePage::colour);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(14, 6, 14, 6);
    row->setSpacing(10);
    row->addWidget(m_colours);
    row->addStretch();
    row->addWidget(m_first);
    m_table = verifyTable(m_model, u"traceTable"_s, tr("What both models compute, in the order of the graph"),
                          tr("trace"));
    m_table->setItemDelegateForColumn(TraceModel::Error, new BarsDelegate(m_table));
    selectNodes(*m_table, workspace);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(row);
    layout->addWidget(m_table, 1);
    connect(&study, &Study::changed, this, &TracePage::showFound);
    m_first->hide();
}

void TracePage::showFound()
{
    if (m_study.trace() == m_shown)
        return; // what is selected stays
    m_shown = m_study.trace();
    m_model.setTrace(m_shown);
    m_first->setVisible(m_shown && m_shown->divergence.first);
    colour();
    if (m_shown && m_shown->divergence.first && isVisible())
        goToFirst();
}

void TracePage::goToFirst()
{
    if (!m_shown || !m_shown->divergence.first)
        return;
    const auto* sorted = static_cast<QSortFilterProxyModel*>(m_table->model());
    const QModelIndex row =
        sorted->mapFromSource(m_model.index(static_cast<int>(*m_shown->divergence.first), 0));
    m_table->setCurrentIndex(row);
    m_table->scrollTo(row, QAbstractItemView::PositionAtCenter);
}

// Others colour it, too: what is theirs stays.
void TracePage::colour()
{
    const HeatPointer wanted = isVisible() && m_colours->isChecked() && m_shown ? heatOf(*m_shown) : nullptr;
    if (wanted || m_workspace.heat() == m_heat)
        m_workspace.setHeat(wanted);
    m_heat = wanted;
}

void TracePage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    colour();
}

void TracePage::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    colour();
}

} // namespace pleat::ui
