// SPDX-License-Identifier: GPL-3.0-or-later
// A candidate with all that is needed to carry it out. Planning checks everything that can be known without
// reading weights, so that applying fails only where bytes cannot be read.
#pragma once

#include "core/fold/ConstantChange.h"
#include "core/fold/Layer.h"
#include "core/fold/Propagation.h"

#include <functional>

namespace pleat {

// What one layer takes: numbers per output channel when the affine comes after it, per input channel when
// before.
struct FoldTarget {
    Layer layer;
    std::vector<double> s, t;
    std::optional<double> padWith;           // the Conv's pads become a Pad before it, of this value
    NewBias bias;                            // afterwards; before a layer, without the sum over the weights
    Overflow overflow = Overflow::IsAnError; // of the weights, while they are computed
    std::vector<std::int64_t> pads{};        // with padWith: of each side; empty: the Conv's attribute
};

struct FoldPlan {
    FoldCandidate candidate;
    std::vector<NodeIndex> chain; // the affine operators, in the order of the data
    std::size_t dataSlot = 0;     // the input of the first one that carries the data
    Affine affine;
    std::optional<FoldedPair::Parameters> parameters;
    std::vector<FoldTarget> targets; // when foldable
    std::vector<PadChange> pads;
    std::vector<ConstantChange> constants;
    std::vector<NodeIndex> between;
    const Footprint* footprint = nullptr; // of its verdict; good until the next plan is made
    bool keepsShapes = false;             // when foldable: no shape in the graph will be another one
};

// The values between the layers and the chain, whose numbers are others when it is folded.
std::vector<ValueIndex> valuesOnTheWay(const GraphView& view, const FoldPlan& plan);

// Hands over one plan a chain that holds a batch norm, in the order of the graph, and one for every other
// chain that can be folded, each as soon as it is made: a model may have a hundred thousand. Returns what was
// not handed over. Errors: those of `take`; Cancelled.
struct Unlisted {
    bool any = false;    // affine operators that were in no plan
    Footprint footprint; // of them all
};
Result<Unlisted> planFolds(const GraphView& view, const FoldOptions& options,
                           const std::function<Result<void>(FoldPlan)>& take, Progress& progress,
                           std::stop_token stop);

} // namespace pleat
