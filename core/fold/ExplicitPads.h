// SPDX-License-Identifier: GPL-3.0-or-later
// The zeros that a Conv puts around its data, as numbers: what its `pads` say, or what auto_pad makes of
// sizes that are known (ONNX's operator page of Conv).
#pragma once

#include "core/fold/Layer.h"

#include <optional>

namespace pleat {

// Before each spatial axis, then behind each. Nothing where they depend on a size that is not known, where
// both attributes are given, or one of them cuts off (negative pads).
std::optional<std::vector<std::int64_t>> explicitPads(const FoldContext& context, const Layer& conv);

} // namespace pleat
