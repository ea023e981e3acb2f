// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/verify/FormRows.h"

#include "ui/widgets/PlainText.h"

#include <QFormLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int labelWidth = 96;

}

void dressForm(QFormLayout& layout)
{
    layout.setContentsMargins(0, 0, 0, 0);
    layout.setHorizontalSpacing(8);
    layout.setVerticalSpacing(5);
    layout.setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
}

void addFormRow(QFormLayout& layout, const QString& label, QWidget* field)
{
    auto* words = new PlainLabel(oneLine(label));
    words->setProperty("role", u"quiet"_s);
    words->setBuddy(field);
    words->setElided(Qt::ElideMiddle);
    words->setFixedWidth(labelWidth);
    field->setAccessibleName(oneLine(label));
    layout.addRow(words, field);
}

} // namespace pleat::ui
