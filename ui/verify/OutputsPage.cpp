// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/OutputsPage.h"

#include "ui/document/Convert.h"
#include "ui/verify/DecadesPlot.h"
#include "ui/verify/VerifyTable.h"
#include "ui/widgets/PlainText.h"

#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

OutputsPage::OutputsPage(QWidget* parent)
    : QWidget(parent),
      m_sentences(new PlainLabel),
      m_table(verifyTable(m_model, u"verifyOutputs"_s, tr("Outputs of both models"), tr("outputs"))),
      m_errors(new DecadesPlot)
{
    m_sentences->setObjectName(u"verifyFindings"_s);
    m_sentences->setProperty("role", u"quiet"_s);
    m_sentences->setWordWrap(true);
    m_sentences->setContentsMargins(14, 8, 14, 6);
    m_sentences->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_sentences);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_errors);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &OutputsPage::showErrors);
    setFound(nullptr);
}

void OutputsPage::setFound(const VerificationPointer& found)
{
    if (m_found == found && found)
        return; // what is selected stays
    m_found = found;
    m_model.setFound(found);
    showErrors();
    QStringList lines;
    if (found)
        for (const auto* list : {&found->structure, &found->notes})
            for (const std::string& sentence : *list)
                lines += toQt(sentence);
    m_sentences->setText(lines.join(u'\n'));
    m_sentences->setVisible(!lines.isEmpty());
}

void OutputsPage::showErrors()
{
    const auto* sorted = qobject_cast<const SortedRows*>(m_table->model());
    const QModelIndex chosen = sorted->mapToSource(m_table->currentIndex());
    const auto row = static_cast<std::size_t>(std::max(chosen.row(), 0));
    m_errors->setOutput(m_found && row < m_found->outputs.size() ? &m_found->outputs[row] : nullptr);
}

} // namespace pleat::ui
