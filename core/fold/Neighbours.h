// SPDX-License-Identifier: GPL-3.0-or-later
// The way from a chain of affine operators to the layer that may take it.
#pragma once

#include "core/fold/Layer.h"

namespace pleat {

// The layer whose output is what `first` (the chain's first operator) reads, when nobody else reads that
// output.
Verdict<NodeIndex> layerBefore(const GraphView& view, NodeIndex first);

// The only reader of output 0 of `node`, in the same scope; None when there are more, or it is an output of
// the model.
NodeIndex onlyReader(const GraphView& view, NodeIndex node);

} // namespace pleat
