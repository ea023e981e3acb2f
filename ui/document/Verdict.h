// SPDX-License-Identifier: GPL-3.0-or-later
// What was found by verifying, in the words of the window. Pure functions.
#pragma once

#include "core/verify/Verify.h"

#include <QString>

namespace pleat::ui {

struct Verdict {
    Equivalence kind = Equivalence::Unknown;
    QString sentence; // one, to be read from afar
    QString details;  // what it rests on, or the reason
};
Verdict verdictOf(const Verification& found);

} // namespace pleat::ui
