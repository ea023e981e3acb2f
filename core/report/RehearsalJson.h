// SPDX-License-Identifier: GPL-3.0-or-later
// A rehearsal of quantization as a part of the JSON of a verification. Private to core/report.
#pragma once

#include "core/report/JsonValues.h"
#include "core/report/VerifyRecord.h"

namespace pleat {

Json rehearsalJson(const Rehearsal& rehearsal);
Json inputsJson(const Inputs& inputs);
// {"file", "bytes", "sha256"}
Json fileJson(const RecipeSource& file);

} // namespace pleat
