// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a layer that comes after an affine sees the shift everywhere: zeros that it pads with after the
// shift would not be shifted (resources/guide/folding.md, "Before the layer").
#pragma once

#include "core/fold/Layer.h"

#include <optional>

namespace pleat {

// `t` per input channel of a Conv or ConvTranspose. Answers which part of the layer's weights each output
// sums up: all (1), or with a stride of a ConvTranspose the same sum of every stride-th (1/∏ stride). Refuses
// with padding, padding-unknown, transposed-stride or transposed-border. Reads the weights only of a padded
// Conv, to exempt channels whose weights are all 0, and of a ConvTranspose with a stride.
Verdict<double> requireShiftReaches(const FoldContext& context, const Layer& layer,
                                    const std::vector<double>& t);

// The zeros that a Conv puts around its data, as numbers: what its `pads` say, or what auto_pad makes of
// sizes that are known (ONNX's operator page of Conv). Before each spatial axis, then behind each. Nothing
// where they depend on a size that is not known, where both attributes are given, or one of them cuts off
// (negative pads).
std::optional<std::vector<std::int64_t>> explicitPads(const FoldContext& context, const Layer& conv);

} // namespace pleat
