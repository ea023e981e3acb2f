// SPDX-License-Identifier: GPL-3.0-or-later
// What compareTensors() says of two models, as a page (HtmlPage.h).
#pragma once

#include "core/report/CompareJson.h"
#include "core/report/HtmlPage.h"

#include <span>

namespace pleat {

struct ComparePage {
    RecipeSource before, after;
    CompareCounts counts; // of the tensors
    const ComparedGraphs* graphs = nullptr;
    std::string date;
};

// The nodes that are not the same, and a row for each of `tensors`, which are those that are not the same, in
// their order; plots of the first mostPlots that can be read. Errors: those of `write`; Cancelled.
Result<void> compareHtml(const ComparePage& page, std::span<const ComparedTensor> tensors,
                         const TextSink& write, Progress& progress, const std::stop_token& stop);

} // namespace pleat
