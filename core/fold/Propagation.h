// SPDX-License-Identifier: GPL-3.0-or-later
// What may lie between an affine map and a layer (resources/guide/folding.md): one table that says for each
// operator how (s, t) propagates through it, backward from its output to its input or forward. An operator
// lets it pass when it is linear, each output channel reads one input channel and the coefficients sum to 1;
// where they do not, the shift must be 0; where the operator is monotone instead of linear, the scale must
// not be negative.
#pragma once

#include "core/fold/Affine.h"

#include <utility>

namespace pleat {

enum class Direction { Backward, Forward };

// A Pad whose constant must change with the affine that passes it.
struct PadChange {
    NodeIndex pad = NodeIndex::None;
    double value = 0;
};

struct Propagated {
    Affine affine; // on the other side
    // Where the other side is: the node itself, or the other end of several nodes that pass as one (a channel
    // shuffle).
    NodeIndex end = NodeIndex::None;
    std::size_t dataSlot = 0; // the input of the upper end through which the data goes
    std::optional<PadChange> pad;
};

// The affine on the other side of `node`: backward from its output `slot`, or forward to it from `input`.
// Only a Split has others than the first that let something pass. Refuses with operator-between and the
// condition that does not hold, or the more telling code of the operator (custom-domain, quantize-between,
// …).
Verdict<Propagated> propagate(const FoldContext& context, NodeIndex node, std::size_t slot,
                              const Affine& affine, Direction direction, std::size_t input = 0);

// Counts an axis from the front where the rank is known; nothing where there is no such axis.
std::optional<int> fromFront(int axis, std::optional<std::size_t> rank);

} // namespace pleat
