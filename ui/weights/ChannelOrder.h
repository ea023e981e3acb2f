// SPDX-License-Identifier: GPL-3.0-or-later
// In which order the channels of a layer are looked at.
#pragma once

#include "ui/weights/WeightsComparison.h"

namespace pleat::ui {

enum class ChannelOrder {
    Channel, // as they are stored
    Width,   // the widest range first
    Change,  // the range that changed most first, by whatever factor it grew or shrank
    Scale,   // the largest |s| first
};

bool hasOrder(const WeightsComparison& comparison, ChannelOrder order);
// The channel at each position; ties keep the order of the channels.
std::vector<std::size_t> channelsInOrder(const WeightsComparison& comparison, ChannelOrder order);

// By how much folding makes a channel's range wider, for each; 1 where there is nothing to compare.
std::vector<double> growths(const WeightsComparison& comparison);

} // namespace pleat::ui
