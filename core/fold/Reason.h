// SPDX-License-Identifier: GPL-3.0-or-later
// Why a candidate cannot be folded: one code of resources/guide/folding.md each. A new reason is a line here
// and a line in Reason.cpp.
#pragma once

#include <string_view>

namespace pleat {

enum class Reason {
    SeveralConsumers,
    GraphOutput,
    Captured,
    NotConstant,
    OverridableInput,
    TrainingMode,
    ExtraOutputs,
    Spatial,
    ChannelMismatch,
    ChannelsUnknown,
    BadGroup,
    NotPerChannel,
    Broadens,
    Divides,
    Padding,
    PaddingUnknown,
    TransposedStride,
    TransposedBorder,
    Axis,
    TransA,
    Variance,
    NonFinite,
    Overflow,
    Dtype,
    Sparse,
    Quantized,
    QuantizeBetween,
    CastNarrows,
    MissingData,
    SharedFunction,
    CustomDomain,
    OperatorBetween,
    InputStatistics,
    NoNeighbour
};

// "several-consumers", …: stable, for JSON and for looking up.
std::string_view code(Reason reason);

// A few words for a chip or a list: "also read elsewhere".
std::string_view brief(Reason reason);

} // namespace pleat
