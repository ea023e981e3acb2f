// SPDX-License-Identifier: GPL-3.0-or-later
// The one idea of folding: an affine map y = s·x + t with one s and one t for each position along one axis,
// in doubles. A batch norm is one, multiplying by a constant is one, and so is a chain of them.
#pragma once

#include "core/fold/Fold.h"
#include "core/fold/Refusal.h"

namespace pleat {

struct Affine {
    // Counted from the front; negative from the back where the rank is not known (-1 is the last axis).
    // Nothing: s and t hold one number each, which is good for every element, whatever the axis.
    std::optional<int> axis;
    std::vector<double> s, t; // of the same length

    std::size_t channels() const { return s.size(); }
    bool isUniform() const;  // all s equal and all t equal
    bool shifts() const;     // some t is not 0
    bool isIdentity() const; // all s are 1 and all t are 0
    Affine asUniform() const { return {std::nullopt, {s.front()}, {t.front()}}; }
    Affine repeated(std::size_t channels) const; // a uniform one, for that many channels
};

// First `first`, then `second`: s = s₁·s₂, t = t₁·s₂ + t₂. Nothing when they run along different axes or
// lengths.
std::optional<Affine> compose(const Affine& first, const Affine& second);

// One operator read as an affine map of its data input.
struct AffineStep {
    Affine affine;
    std::size_t dataSlot = 0;
    std::optional<FoldedPair::Parameters> parameters; // of a batch norm
};

bool isBatchNorm(const GraphView& view, NodeIndex node);

// Whether the operator is affine by its kind: a batch norm, or arithmetic with one constant operand.
bool mayBeAffine(const GraphView& view, NodeIndex node);

// Reads a node for which mayBeAffine() holds, or says why it is no map per channel after all.
Verdict<AffineStep> readAffine(const FoldContext& context, NodeIndex node);

} // namespace pleat
