// SPDX-License-Identifier: GPL-3.0-or-later
// A WeightsComparison in words: the summary beside the plots, and what a plot says about one channel.
#pragma once

#include "ui/weights/WeightsComparison.h"

#include <QString>
#include <span>

namespace pleat::ui {

struct Theme;

// `distribution`: null while it is not known.
QString summaryHtml(const WeightsComparison& comparison, const Distribution* distribution,
                    const Theme& theme);

// "channel 17 · s = 4.12", or "channels 16–19" where several share a column of pixels.
QString channelTitle(const WeightsComparison& comparison, std::span<const std::size_t> channels);
// "before −0.41 … 0.45 → after −1.71 … 1.85"
QString channelRanges(const WeightsComparison& comparison, std::span<const std::size_t> channels);

} // namespace pleat::ui
