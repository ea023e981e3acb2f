// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of functions outside a QObject, which has its own tr(). Pure functions.
#pragma once

#include <QCoreApplication>

namespace pleat::ui {

// The text in the user's language; `n` is what "%n" counts. Asked for at each call: a language can be
// installed later.
inline QString tr(const char* text, int n = -1)
{
    return QCoreApplication::translate("Pleat", text, nullptr, n);
}

} // namespace pleat::ui
