// SPDX-License-Identifier: GPL-3.0-or-later
// A fold as a page to read, keep and hand on (HtmlPage.h): what was folded and what was left and why, hazards
// first, and of each layer how its weights have changed. The weights are measured for it; the page is handed
// over layer by layer.
#pragma once

#include "core/fold/Fold.h"
#include "core/report/HtmlPage.h"

#include <optional>

namespace pleat {

struct FoldPage {
    RecipeSource model;
    std::optional<RecipeSource> output; // nothing: nothing was written
    std::string data;                   // the data file beside the output; empty: all of it is in the output
    std::vector<std::string> options;   // as given on the command line
    std::string date;
};

// A weight that cannot be read has a row that says why. Errors: those of `write`; Cancelled.
Result<void> foldHtml(const FoldPage& page, const GraphView& before, const FoldOutcome& outcome,
                      const TextSink& write, Progress& progress, const std::stop_token& stop);

} // namespace pleat
