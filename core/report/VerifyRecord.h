// SPDX-License-Identifier: GPL-3.0-or-later
// What the reports of a verification say beside what was found: all that is needed to do it again.
#pragma once

#include "core/recipe/Recipe.h"
#include "core/verify/Rehearsal.h"
#include "core/verify/Verify.h"

namespace pleat {

struct VerifyRecord {
    RecipeSource before, after;
    std::string command; // that does it again, for a shell
    std::string date;
    std::optional<Inputs> inputs;         // of the rehearsal, and of all of it where they are somebody's own
    std::optional<Rehearsal> rehearsal{}; // nothing: none was asked for
};

} // namespace pleat
