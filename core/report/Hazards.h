// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody who quantizes a folded model will stumble over, in words, with what to do about it. Each kind
// once, with the layers that it concerns, worst first.
#pragma once

#include "core/fold/FoldCandidate.h"
#include "core/weights/LayerComparison.h"

#include <span>
#include <string>
#include <vector>

namespace pleat {

struct Hazard {
    std::string title;
    std::string remedy; // what to do; may be empty
    struct Place {
        std::string layer;
        std::string what;
    };
    std::vector<Place> places;
};

// A layer that was folded into; `measure` is null where its weight could not be looked at.
struct FoldedLayerState {
    std::string name;
    std::span<const FoldWarning> warnings;
    const ComparedLayer* measure = nullptr;
};

// Decibels that 8 bits per tensor lose through the fold from here on count: a bit.
inline constexpr double noticeableLoss = 6;

// What 8 bits per tensor lose; nothing where that was not measured.
std::optional<double> lossAt8Bits(const ComparedLayer& layer);

std::vector<Hazard> hazards(std::span<const FoldedLayerState> layers);

} // namespace pleat
