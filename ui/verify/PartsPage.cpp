// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/PartsPage.h"

#include "ui/document/Convert.h"
#include "ui/verify/BarsDelegate.h"
#include "ui/verify/VerifyTable.h"
#include "ui/widgets/PlainText.h"

#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

PartsPage::PartsPage(Workspace& workspace, QWidget* parent) : QWidget(parent), m_problem(new PlainLabel)
{
    m_problem->setObjectName(u"partsProblem"_s);
    m_problem->setProperty("role", u"quiet"_s);
    m_problem->setWordWrap(true);
    m_problem->setContentsMargins(14, 8, 14, 6);
    QTableView* table =
        verifyTable(m_model, u"partsTable"_s, tr("Parts in which both models differ"), tr("folds"));
    table->setItemDelegateForColumn(PartsModel::Error, new BarsDelegate(table));
    selectNodes(*table, workspace);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_problem);
    layout->addWidget(table, 1);
    m_problem->hide();
}

void PartsPage::setFound(const VerificationPointer& found)
{
    if (m_found == found)
        return; // what is selected stays
    m_found = found;
    m_model.setParts(found ? PartsModel::Parts(found, &found->parts) : nullptr);
    m_problem->setText(found ? toQt(found->partsProblem) : QString());
    m_problem->setVisible(found && !found->partsProblem.empty());
}

} // namespace pleat::ui
