// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/Action.h"

#include <QVariant>

using namespace Qt::StringLiterals;

namespace pleat::ui {

void setTip(QAction& action, const QString& tip)
{
    const QString keys = action.shortcut().toString(QKeySequence::NativeText);
    action.setToolTip(keys.isEmpty() ? tip : u"%1 (%2)"_s.arg(tip, keys));
    action.setStatusTip({});
}

void setIconName(QAction& action, const QString& name)
{
    action.setProperty("iconName", name);
}

QString iconName(const QAction& action)
{
    return action.property("iconName").toString();
}

} // namespace pleat::ui
