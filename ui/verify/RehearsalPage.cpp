// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/RehearsalPage.h"

#include "ui/verify/BarsDelegate.h"
#include "ui/verify/VerifyTable.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

RehearsalPage::RehearsalPage(Workspace& workspace, RehearsalStudy& study, QWidget* parent)
    : QWidget(parent),
      m_study(study),
      m_controls(new QWidget)
{
    auto* row = new QHBoxLayout(m_controls);
    row->setContentsMargins(14, 8, 14, 6);
    row->setSpacing(10);
    m_bits = addChoice(u"rehearsalBits"_s, {tr("8 bits"), tr("4 bits")}, tr("To which weights are rounded"));
    m_grain = addChoice(u"rehearsalGrain"_s, {tr("per tensor"), tr("per channel")},
                        tr("One scale for a weight, or one for each of its output channels"));
    m_symmetry = addChoice(u"rehearsalSymmetry"_s, {tr("symmetric"), tr("asymmetric")},
                           tr("Whether 0 is in the middle of the range"));
    m_activations =
        addSwitch(u"rehearsalActivations"_s, tr("Activations, too"),
                  tr("Round what layers make, too, to 8 bits, by the least and the largest number"));
    m_sensitivity =
        addSwitch(u"rehearsalAlone"_s, tr("Each layer alone"),
                  tr("Run once more for each layer, with only this one rounded: how sensitive it is"));
    row->addStretch();
    QTableView* table =
        verifyTable(m_model, u"rehearsalTable"_s, tr("Layers, and what their outputs lose"), tr("rehearsal"));
    table->setItemDelegateForColumn(RehearsalModel::Bars, new BarsDelegate(table));
    selectNodes(*table, workspace);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_controls);
    layout->addWidget(table, 1);
    connect(&study, &Study::changed, this, &RehearsalPage::showFound);
    choose();
}

QComboBox* RehearsalPage::addChoice(const QString& name, const QStringList& words, const QString& tip)
{
    auto* choice = new QComboBox;
    choice->setObjectName(name);
    choice->addItems(words);
    choice->setToolTip(tip);
    choice->setAccessibleName(tip);
    m_controls->layout()->addWidget(choice);
    connect(choice, &QComboBox::currentIndexChanged, this, &RehearsalPage::choose);
    return choice;
}

QCheckBox* RehearsalPage::addSwitch(const QString& name, const QString& words, const QString& tip)
{
    auto* box = new QCheckBox(words);
    box->setObjectName(name);
    box->setToolTip(tip);
    m_controls->layout()->addWidget(box);
    connect(box, &QCheckBox::toggled, this, &RehearsalPage::choose);
    return box;
}

void RehearsalPage::choose()
{
    RehearsalOptions options;
    options.scheme.bits = m_bits->currentIndex() == 0 ? 8 : 4;
    options.scheme.perChannel = m_grain->currentIndex() == 1;
    options.scheme.symmetric = m_symmetry->currentIndex() == 0;
    options.activations = m_activations->isChecked();
    options.sensitivity = m_sensitivity->isChecked();
    m_study.setOptions(options);
}

void RehearsalPage::showFound()
{
    if (m_study.rehearsal() == m_shown)
        return; // what is selected stays
    m_shown = m_study.rehearsal();
    m_model.setRehearsal(m_shown);
}

} // namespace pleat::ui
