// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/SteadyTabs.h"

#include <algorithm>

namespace pleat::ui {

SteadyTabs::SteadyTabs(QWidget* parent) : QTabBar(parent)
{
    setExpanding(false);
    setUsesScrollButtons(true); // where the panel is narrower than they are
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

QSize SteadyTabs::tabSizeHint(int tab) const
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold);
    const QSize hint = QTabBar::tabSizeHint(tab);
    return {std::max(hint.width(), QFontMetrics(bold).horizontalAdvance(tabText(tab)) + 26), hint.height()};
}

} // namespace pleat::ui
