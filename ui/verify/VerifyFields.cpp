// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/VerifyFields.h"

#include "core/prepare/Dims.h"
#include "ui/document/Convert.h"
#include "ui/verify/FormRows.h"
#include "ui/verify/InputFields.h"
#include "ui/widgets/PlainText.h"

#include <QComboBox>
#include <QDoubleValidator>
#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Nothing where it is empty or no number.
std::optional<double> numberIn(const QLineEdit& field)
{
    bool isNumber = false;
    const double value = field.locale().toDouble(field.text(), &isNumber);
    return isNumber ? std::optional(value) : std::nullopt;
}

} // namespace

VerifyFields::VerifyFields(QWidget* parent) : QWidget(parent)
{
    m_layout = new QFormLayout(this);
    dressForm(*m_layout);

    m_against = new QComboBox;
    m_against->setObjectName(u"verifyAgainst"_s);
    m_against->addItems({tr("opened model"), tr("before last step")});
    m_against->setToolTip(tr("What the model that is shown is compared with"));
    m_against->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    addFormRow(*m_layout, tr("Against"), m_against);
    connect(m_against, &QComboBox::currentIndexChanged, this, &VerifyFields::edited);

    m_seed = new QSpinBox;
    m_seed->setObjectName(u"verifySeed"_s);
    m_seed->setRange(0, std::numeric_limits<int>::max());
    m_seed->setValue(static_cast<int>(VerifySettings().seed));
    m_seed->setToolTip(tr("Of the random inputs: the same seed, the same inputs"));
    addFormRow(*m_layout, tr("Seed"), m_seed);
    connect(m_seed, &QSpinBox::valueChanged, this, &VerifyFields::edited);

    m_inputs = new InputFields;
    m_layout->addRow(m_inputs);
    connect(m_inputs, &InputFields::edited, this, &VerifyFields::edited);

    m_sizesArea = new QWidget;
    m_sizeRows = new QFormLayout(m_sizesArea);
    dressForm(*m_sizeRows);
    m_layout->addRow(m_sizesArea);

    m_absolute = addTolerance(u"verifyAbsolute"_s, tr("Abs. tolerance"),
                              tr("How much a number may differ; together with the relative part in place of "
                                 "what is usual for the type"));
    m_relative = addTolerance(u"verifyRelative"_s, tr("Rel. tolerance"),
                              tr("The same as a part of the largest number of the output"));
}

QLineEdit* VerifyFields::addTolerance(const QString& name, const QString& words, const QString& tip)
{
    auto* field = new QLineEdit;
    field->setObjectName(name);
    field->setPlaceholderText(tr("usual for the type"));
    field->setToolTip(tip);
    field->setClearButtonEnabled(true);
    auto* validator = new QDoubleValidator(0, std::numeric_limits<double>::max(), 300, field);
    validator->setNotation(QDoubleValidator::ScientificNotation);
    field->setValidator(validator);
    addFormRow(*m_layout, words, field);
    connect(field, &QLineEdit::textChanged, this, &VerifyFields::edited);
    return field;
}

void VerifyFields::describe(const GraphView* view)
{
    const auto symbols = view ? symbolsOf(*view) : std::vector<std::string>();
    if (std::ranges::equal(symbols, m_sizes, {}, {}, &Size::symbol))
        return;
    while (m_sizeRows->rowCount() > 0)
        m_sizeRows->removeRow(0);
    m_sizes.clear();
    m_sizes.reserve(symbols.size());
    for (const std::string& symbol : symbols) {
        auto* box = new QSpinBox;
        box->setObjectName(u"verifySize "_s + oneLine(toQt(symbol)));
        box->setRange(0, std::numeric_limits<int>::max());
        box->setSpecialValueText(tr("default")); // 0
        box->setToolTip(
            plainTip(tr("Size of the dimension %1, which the model leaves open").arg(toQt(symbol))));
        addFormRow(*m_sizeRows, toQt(symbol), box);
        m_sizes.push_back({symbol, box});
        connect(box, &QSpinBox::valueChanged, this, &VerifyFields::edited);
    }
    m_sizesArea->setVisible(!symbols.empty());
}

VerifySettings VerifyFields::settings() const
{
    VerifySettings settings{.against = static_cast<Against>(m_against->currentIndex()),
                            .seed = static_cast<std::uint64_t>(m_seed->value()),
                            .sizes = {},
                            .absolute = numberIn(*m_absolute),
                            .relative = numberIn(*m_relative),
                            .own = m_inputs->own()};
    for (const Size& size : m_sizes)
        if (size.box->value() > 0)
            settings.sizes[size.symbol] = size.box->value();
    return settings;
}

} // namespace pleat::ui
