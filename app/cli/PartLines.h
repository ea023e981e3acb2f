// SPDX-License-Identifier: GPL-3.0-or-later
// What verify found between inputs and outputs, as lines: the parts in which the models differ, where a
// difference begins, how long both take.
#pragma once

#include "core/verify/Verify.h"

namespace pleat::cli {

void addParts(const Verification& found, std::vector<std::string>& lines);
void addTrace(const Verification& found, std::vector<std::string>& lines);
void addSpeed(const Verification& found, std::vector<std::string>& lines);

// By what it is known that both compute the same.
std::string sentenceOfSame(const Verification& found);

} // namespace pleat::cli
