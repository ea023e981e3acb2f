// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Selection.h"

namespace pleat::ui {

void Selection::set(Value value)
{
    if (value == m_value)
        return;
    m_value = std::move(value);
    Q_EMIT changed();
}

} // namespace pleat::ui
