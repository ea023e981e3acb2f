// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a layer that comes after an affine sees the shift everywhere: zeros that it pads with after the
// shift would not be shifted (resources/guide/folding.md, "Before the layer").
#pragma once

#include "core/fold/Layer.h"

namespace pleat {

// `t` per input channel of a Conv or ConvTranspose. Answers which part of the layer's weights each output
// sums up: all (1), or with a stride of a ConvTranspose the same sum of every stride-th (1/∏ stride). Refuses
// with padding, padding-unknown, transposed-stride or transposed-border. Reads the weights only of a padded
// Conv, to exempt channels whose weights are all 0, and of a ConvTranspose with a stride.
Verdict<double> requireShiftReaches(const FoldContext& context, const Layer& layer,
                                    const std::vector<double>& t);

} // namespace pleat
