// SPDX-License-Identifier: GPL-3.0-or-later
// A rehearsal of quantization as a section of a page. Private to core/report.
#pragma once

#include "core/report/HtmlPage.h"
#include "core/verify/Rehearsal.h"

namespace pleat {

// The ratios before and after folding, for the top of the page.
std::vector<Figure> rehearsalFigures(const Rehearsal& rehearsal);

// The sentence, the outputs and a sortable table of the layers, the worst first.
std::string rehearsalSection(const Rehearsal& rehearsal);

} // namespace pleat
