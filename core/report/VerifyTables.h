// SPDX-License-Identifier: GPL-3.0-or-later
// What was found of two models, as sections of a page. Private to core/report. An empty text: nothing of the
// kind was looked at.
#pragma once

#include "core/verify/Verify.h"

namespace pleat {

std::string outputTable(const Verification& found);
std::string partTable(const Verification& found);  // each place in which the models differ
std::string traceTable(const Verification& found); // values between inputs and outputs
std::string speedTable(const Verification& found);

} // namespace pleat
