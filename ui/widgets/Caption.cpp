// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/Caption.h"

#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"

#include <QHBoxLayout>

using namespace Qt::StringLiterals;

namespace pleat::ui {

CaptionLine captionLine(const QString& caption)
{
    auto* name = new PlainLabel(caption);
    auto* note = new PlainLabel;
    for (PlainLabel* label : {name, note}) {
        label->setProperty("role", u"caption"_s);
        label->setFont(captionFont(label->font()));
    }
    auto* layout = new QHBoxLayout;
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(name);
    layout->addStretch();
    layout->addWidget(note);
    return {layout, note};
}

} // namespace pleat::ui
