// SPDX-License-Identifier: GPL-3.0-or-later
// What stands at an end of the way from a chain of affine operators: a layer that can take them, or a
// constant.
#pragma once

#include "core/fold/Plan.h"

namespace pleat {

// The affine stands after the layer `node`. Refused with the reason why the layer cannot take it, as below.
Verdict<FoldTarget> targetAfter(const FoldContext& context, NodeIndex node, const Affine& affine);

// The affine stands before the layer `use.node`, which reads what it makes.
Verdict<FoldTarget> targetBefore(const FoldContext& context, const Use& use, const Affine& affine);

// Input `slot` of a join that makes `whole` is a constant that can be scaled and shifted instead.
Verdict<ConstantChange> scaledConstant(const FoldContext& context, NodeIndex node, std::size_t slot,
                                       ValueIndex whole, const Affine& affine);

} // namespace pleat
