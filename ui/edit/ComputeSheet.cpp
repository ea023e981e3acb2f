// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/edit/ComputeSheet.h"

#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <array>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr std::array sixteenBits{DataType::Float16, DataType::BFloat16};

PlainLabel* wrapped(const QString& text, const QString& role)
{
    auto* label = new PlainLabel(text);
    label->setProperty("role", role);
    label->setWordWrap(true);
    return label;
}

} // namespace

ComputeSheet::ComputeSheet(QWidget* parent) : QDialog(parent)
{
    setObjectName(u"computeSheet"_s);
    setWindowTitle(tr("Compute in 16 Bits"));
    m_type = new QComboBox;
    m_type->setObjectName(u"computeType"_s);
    for (const DataType type : sixteenBits)
        m_type->addItem(toQt(name(type)));
    m_ports = new QCheckBox(tr("Inputs and outputs become of it, &too"));
    m_ports->setObjectName(u"computePorts"_s);
    m_keep = new QLineEdit;
    m_keep->setObjectName(u"computeKeep"_s);
    m_keep->setPlaceholderText(u"Softmax, ReduceMean"_s);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    form->addRow(tr("&Type"), m_type);
    form->addRow(QString(), m_ports);
    form->addRow(tr("Operators that stay &float"), m_keep);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    QPushButton* const convert = buttons->addButton(tr("&Convert"), QDialogButtonBox::AcceptRole);
    convert->setObjectName(u"computeDo"_s);
    convert->setProperty("main", true);
    convert->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    layout->addWidget(wrapped(tr("Compute in 16 bits"), u"title"_s));
    layout->addWidget(
        wrapped(tr("Weights and what is computed become of this type. Operators that do not take "
                   "it compute in float as before, between casts. What overflows or vanishes in "
                   "it is said."),
                u"quiet"_s));
    layout->addLayout(form);
    layout->addStretch();
    layout->addWidget(buttons);
    setMinimumWidth(460);
}

ComputeAs ComputeSheet::step() const
{
    static const QRegularExpression between(u"[,\\s]+"_s);
    ComputeAs step{
        sixteenBits.at(static_cast<std::size_t>(m_type->currentIndex())), m_ports->isChecked(), {}};
    for (const QString& op : m_keep->text().split(between, Qt::SkipEmptyParts))
        step.keep.push_back(toStd(op));
    return step;
}

} // namespace pleat::ui
