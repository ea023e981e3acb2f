// SPDX-License-Identifier: GPL-3.0-or-later
// The forms of VERIFY: labels of one width in front of their fields.
#pragma once

#include <QString>

class QFormLayout;
class QWidget;

namespace pleat::ui {

void dressForm(QFormLayout& layout);
// The field is called so, too, for who cannot see.
void addFormRow(QFormLayout& layout, const QString& label, QWidget* field);

} // namespace pleat::ui
