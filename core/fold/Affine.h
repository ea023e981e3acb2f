// SPDX-License-Identifier: GPL-3.0-or-later
// The one idea of folding: a per-channel affine map y = s·x + t along axis 1, in doubles. A batch norm is
// one, and so is a chain of them.
#pragma once

#include "core/fold/Fold.h"
#include "core/fold/Refusal.h"

namespace pleat {

struct Affine {
    std::vector<double> s, t; // one a channel, same length
    std::size_t channels() const { return s.size(); }
};

// First `first`, then `second`: s = s₁·s₂, t = t₁·s₂ + t₂. The lengths are equal.
Affine compose(const Affine& first, const Affine& second);

// One operator read as an affine map.
struct AffineStep {
    Affine affine;
    std::optional<FoldedPair::Parameters> parameters; // of a batch norm
};

bool isBatchNorm(const GraphView& view, NodeIndex node);

// BatchNormalization in inference: s = γ/√(σ²+ε), t = β − μ·s (ONNX, BatchNormalization-15). Refuses what
// normalises with the statistics of its batch, what has more outputs in use, and parameters that are no
// constants or no numbers.
Verdict<AffineStep> readBatchNorm(const GraphView& view, NodeIndex node);

} // namespace pleat
