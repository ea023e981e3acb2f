// SPDX-License-Identifier: GPL-3.0-or-later
// What became of the steps of a recipe, on standard output.
#pragma once

#include "core/recipe/Recipe.h"

namespace pleat::cli {

// "step 1   Fold all batch norms: folded 12 pairs", with what each has found below it.
void printSteps(const Recipe& recipe, const Replay& replayed);

// What does not fit together any more is written all the same, and said on standard error.
void warnOfProblems(const GraphView& before, const GraphView& after);

} // namespace pleat::cli
