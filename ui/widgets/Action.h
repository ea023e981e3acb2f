// SPDX-License-Identifier: GPL-3.0-or-later
// How every action of the program is made: with keys, and a tip that names them.
#pragma once

#include <QAction>
#include <QKeySequence>

namespace pleat::ui {

// The tip with the keys behind it.
void setTip(QAction& action, const QString& tip);

// An action that belongs to `owner` and calls `slot` on it or with it.
template<class Owner, class Slot>
QAction* makeAction(Owner* owner, const QString& text, const QList<QKeySequence>& keys, const QString& tip,
                    Slot slot)
{
    auto* action = new QAction(text, owner);
    action->setShortcuts(keys);
    setTip(*action, tip);
    QObject::connect(action, &QAction::triggered, owner, slot);
    return action;
}

// Which of themedIcon()'s pictures it bears; whoever shows it sets the icon, again with each theme.
void setIconName(QAction& action, const QString& name);
QString iconName(const QAction& action);

} // namespace pleat::ui
