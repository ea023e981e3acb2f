// SPDX-License-Identifier: GPL-3.0-or-later
// What verify found between inputs and outputs, as sections of its page: the parts in which the models
// differ, where a difference begins, how long both take. Empty where there is nothing to tell.
#pragma once

#include "core/verify/Verify.h"

namespace pleat {

std::string partsSection(const Verification& found);
std::string traceSection(const Verification& found);
std::string speedSection(const Verification& found);

} // namespace pleat
