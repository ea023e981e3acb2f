// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/InputFields.h"

#include "ui/document/Convert.h"
#include "ui/document/Settings.h"
#include "ui/verify/FormRows.h"
#include "ui/widgets/PlainText.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpressionValidator>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Numbers with commas between; what is none is left out.
std::vector<double> numbersIn(const QLineEdit& field)
{
    std::vector<double> numbers;
    const QStringList words = field.text().split(u',', Qt::SkipEmptyParts);
    numbers.reserve(static_cast<std::size_t>(words.size()));
    for (const QString& word : words) {
        bool isNumber = false;
        const double value = word.trimmed().toDouble(&isNumber);
        if (isNumber)
            numbers.push_back(value);
    }
    return numbers;
}

QToolButton* smallButton(const QString& text, const QString& name, const QString& tip)
{
    auto* button = new QToolButton;
    button->setText(text);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setProperty("boxed", true);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

} // namespace

InputFields::InputFields(QWidget* parent) : QWidget(parent), m_rules(new QWidget)
{
    m_choose = smallButton({}, u"inputsChoose"_s,
                           tr("Run on arrays of numpy (.npz, .npy), a table (.csv) or images instead"));
    m_choose->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    connect(m_choose, &QToolButton::clicked, this, &InputFields::askForFiles);
    m_random = smallButton(u"✕"_s, u"inputsRandom"_s, tr("Run on random samples again"));
    connect(m_random, &QToolButton::clicked, this, [this] { setFiles({}); });
    auto* files = new QWidget;
    auto* row = new QHBoxLayout(files);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    row->addWidget(m_choose, 1);
    row->addWidget(m_random);
    m_layout = new QFormLayout(this);
    dressForm(*m_layout);
    addFormRow(*m_layout, tr("Inputs"), files);
    m_ruleRows = new QFormLayout(m_rules);
    dressForm(*m_ruleRows);
    m_layout->addRow(m_rules);
    m_labels =
        addField(u"inputsLabels"_s, tr("Labels"), tr("none"),
                 tr("Where the class of each sample is: a column of the table (its name, its number from "
                    "1 on, or \"last\"), or a file"));
    m_scale = addField(u"inputsScale"_s, tr("Scale"), tr("255 for images, else 1"),
                       tr("What numbers are divided by first"));
    m_mean = addField(u"inputsMean"_s, tr("Mean"), u"0"_s,
                      tr("What is subtracted then: a number, or one a channel with commas between"));
    m_deviation = addField(u"inputsDeviation"_s, tr("Deviation"), u"1"_s,
                           tr("What they are divided by at last: a number, or one a channel"));
    for (QLineEdit* field : {m_scale, m_mean, m_deviation})
        field->setValidator(new QRegularExpressionValidator(QRegularExpression(u"[-+0-9.eE, ]*"_s), field));
    setFiles({});
}

QLineEdit* InputFields::addField(const QString& name, const QString& label, const QString& empty,
                                 const QString& tip)
{
    auto* field = new QLineEdit;
    field->setObjectName(name);
    field->setPlaceholderText(empty);
    field->setToolTip(tip);
    addFormRow(*m_ruleRows, label, field);
    connect(field, &QLineEdit::textChanged, this, &InputFields::edited);
    return field;
}

void InputFields::askForFiles()
{
    auto* dialog = new QFileDialog(this, tr("Samples to run on"), Settings::lastFolder(),
                                   tr("Samples (*.npz *.npy *.csv *.png *.jpg *.jpeg);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &InputFields::setFiles);
    dialog->open();
}

void InputFields::setFiles(const QStringList& files)
{
    m_files = files;
    const bool isOwn = !files.isEmpty();
    m_choose->setText(!isOwn              ? tr("random numbers…")
                      : files.size() == 1 ? actionText(QFileInfo(files.front()).fileName())
                                          : tr("%n files", nullptr, static_cast<int>(files.size())));
    m_random->setVisible(isOwn);
    m_rules->setVisible(isOwn);
    Q_EMIT edited();
}

std::optional<OwnInputs> InputFields::own() const
{
    if (m_files.isEmpty())
        return std::nullopt;
    OwnInputs own;
    own.files.reserve(static_cast<std::size_t>(m_files.size()));
    for (const QString& file : m_files)
        own.files.push_back(toPath(file));
    if (const auto scale = numbersIn(*m_scale); !scale.empty())
        own.scale = scale.front();
    if (auto mean = numbersIn(*m_mean); !mean.empty())
        own.mean = std::move(mean);
    if (auto deviation = numbersIn(*m_deviation); !deviation.empty())
        own.deviation = std::move(deviation);
    const QString labels = m_labels->text().trimmed();
    if (QFileInfo(labels).isFile())
        own.labels = toPath(labels);
    else
        own.labelColumn = toStd(labels);
    return own;
}

} // namespace pleat::ui
