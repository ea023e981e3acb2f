// SPDX-License-Identifier: GPL-3.0-or-later
// The tabs of a panel: each has room for the bold form of its words, so that choosing another one moves
// nothing.
#pragma once

#include <QTabBar>

namespace pleat::ui {

class SteadyTabs final : public QTabBar {
    Q_OBJECT
public:
    explicit SteadyTabs(QWidget* parent = nullptr);

protected:
    QSize tabSizeHint(int tab) const override;
};

} // namespace pleat::ui
