// SPDX-License-Identifier: GPL-3.0-or-later
// The list of all shortcuts, read from the actions themselves so that it cannot be out of date.
#pragma once

#include <QDialog>
#include <QList>

class QAction;

namespace pleat::ui {

class ShortcutsDialog final : public QDialog {
    Q_OBJECT
public:
    // `more`: what has no action, as pairs of keys and words.
    ShortcutsDialog(const QList<QAction*>& actions, const QList<std::pair<QString, QString>>& more,
                    QWidget* parent);
};

} // namespace pleat::ui
