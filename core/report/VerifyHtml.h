// SPDX-License-Identifier: GPL-3.0-or-later
// A verification as a page to read, keep and hand on (HtmlPage.h): the verdict, the outputs, what
// quantization will cost, and all that is needed to do it again. Section by section: each is a function of
// what was found.
#pragma once

#include "core/report/TextSink.h"
#include "core/report/VerifyRecord.h"

namespace pleat {

// Errors: those of `write`.
Result<void> verifyHtml(const VerifyRecord& record, const VerifyOptions& options, const Verification& found,
                        const TextSink& write);

} // namespace pleat
