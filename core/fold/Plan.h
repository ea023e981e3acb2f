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

// What folding it changes, and of that what only one fold at a time can change: layers and Pads.
std::vector<NodeIndex> changedBy(const FoldPlan& plan);
std::vector<NodeIndex> takenBy(const FoldPlan& plan);

// All plans of a round are made from the same model, so each layer and each Pad changes only once in it.
class Busy final {
public:
    explicit Busy(const GraphView& view) : m_nodes(view.nodeCount()) {}

    // False when another plan has already taken one of them.
    bool reserve(const FoldPlan& plan);
    bool empty() const { return m_empty; }

private:
    std::vector<bool> m_nodes;
    bool m_empty = true;
};

// Why something that was chosen was not folded; no candidate: there is none with this id.
Error notFolded(const FoldId& id, const FoldCandidate* candidate);

// Whether it is folded when nothing is chosen.
bool isTakenByDefault(const FoldCandidate& candidate, const FoldOptions& options);

// Plans chain by chain. Lives on one thread, as long as what it is given.
class FoldPlanner final {
public:
    FoldPlanner(const GraphView& view, const Shapes& shapes, const FoldOptions& options,
                std::stop_token stop);
    ~FoldPlanner();

    // The maximal chain from `node` on of nodes that are not taken, which it takes, and what becomes of it;
    // nothing where it is not listed. REQUIRES: mayBeAffine(), not taken.
    std::optional<FoldPlan> planFrom(NodeIndex node);
    // Of the last answer, whatever it was: what it rests on, and the chain.
    const Footprint& footprint() const;
    const std::vector<NodeIndex>& chain() const;

    // Part of a chain.
    bool isTaken(NodeIndex node) const;
    void take(NodeIndex node);

private:
    class Planner;
    std::unique_ptr<Planner> m_planner;
};

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
