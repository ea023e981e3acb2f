// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the steps of a recipe, on standard output.
#pragma once

#include "core/recipe/Recipe.h"

namespace pleat::cli {

// "step 1   Fold all batch norms: folded 12 pairs", with what each has found below it.
void printSteps(const Recipe& recipe, const Replay& replayed);

} // namespace pleat::cli
