// SPDX-License-Identifier: GPL-3.0-or-later
// What was found of two models, as JSON (resources/guide/design.md, "The command line"), with all that is
// needed to do it again.
#pragma once

#include "core/report/VerifyRecord.h"

namespace pleat {

// `before` and `after`: the files, as the user names them. `record`: null where nobody is to do it again.
std::string verificationJson(const std::string& before, const std::string& after,
                             const VerifyOptions& options, const Verification& found,
                             const VerifyRecord* record = nullptr);

} // namespace pleat
