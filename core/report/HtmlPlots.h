// SPDX-License-Identifier: GPL-3.0-or-later
// Small plots as inline SVG, in the colours of the page (HtmlPage.h): before in grey, after in blue. What is
// drawn is bounded, however many channels there are: bars side by side up to 128 channels, beyond that the
// envelope of the channels that share a pixel column.
#pragma once

#include "core/tensor/Statistics.h"

#include <optional>
#include <string>
#include <vector>

namespace pleat {

// Both ranges in figures, each beside a bar, on the scale that both share, with a mark at 0: for a cell of a
// table.
std::string rangeBars(const std::optional<Range>& before, const Range& after);

// The range of each channel. Either side may be empty.
std::string channelRanges(const std::vector<Range>& before, const std::vector<Range>& after);

// How many values lie in each bin, as steps of the root of their number, so that tails are seen beside a
// peak: before as a line over after as an area. Both count over the same range; a side without bins is not
// drawn.
std::string histogramSteps(const Histogram& before, const Histogram& after);

} // namespace pleat
