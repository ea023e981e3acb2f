// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Reason.h"

#include <array>
#include <cstddef>

namespace pleat {

namespace {

struct Words {
    Reason reason;
    std::string_view code;
    std::string_view brief;
};

// In the order of the enumeration, which is the order of resources/guide/folding.md.
constexpr std::array words{
    Words{Reason::SeveralConsumers, "several-consumers", "also read elsewhere"},
    Words{Reason::GraphOutput, "graph-output", "is an output"},
    Words{Reason::Captured, "captured", "read in a subgraph"},
    Words{Reason::NotConstant, "not-constant", "computed at run time"},
    Words{Reason::OverridableInput, "overridable-input", "may be replaced"},
    Words{Reason::TrainingMode, "training-mode", "training mode"},
    Words{Reason::ExtraOutputs, "extra-outputs", "statistics are read"},
    Words{Reason::Spatial, "spatial", "spatial=0"},
    Words{Reason::ChannelMismatch, "channel-mismatch", "channels differ"},
    Words{Reason::ChannelsUnknown, "channels-unknown", "channels unknown"},
    Words{Reason::BadGroup, "bad-group", "bad group"},
    Words{Reason::NotPerChannel, "not-per-channel", "not per channel"},
    Words{Reason::Broadens, "broadens", "widens the shape"},
    Words{Reason::Divides, "divides", "divides by the data"},
    Words{Reason::Padding, "padding", "pads afterwards"},
    Words{Reason::PaddingUnknown, "padding-unknown", "padding unknown"},
    Words{Reason::TransposedStride, "transposed-stride", "has a stride"},
    Words{Reason::TransposedBorder, "transposed-border", "border differs"},
    Words{Reason::Axis, "axis", "other axis"},
    Words{Reason::TransA, "trans-a", "transA=1"},
    Words{Reason::Variance, "variance", "variance not positive"},
    Words{Reason::NonFinite, "non-finite", "not finite"},
    Words{Reason::Overflow, "overflow", "would overflow"},
    Words{Reason::Dtype, "dtype", "type not supported"},
    Words{Reason::Sparse, "sparse", "sparse weight"},
    Words{Reason::Quantized, "quantized", "quantized weight"},
    Words{Reason::QuantizeBetween, "quantize-between", "quantized between"},
    Words{Reason::CastNarrows, "cast-narrows", "cast between"},
    Words{Reason::MissingData, "missing-data", "data missing"},
    Words{Reason::SharedFunction, "shared-function", "shared function"},
    Words{Reason::CustomDomain, "custom-domain", "custom operator"},
    Words{Reason::OperatorBetween, "operator-between", "operator between"},
    Words{Reason::InputStatistics, "input-statistics", "uses input statistics"},
    Words{Reason::NoNeighbour, "no-neighbour", "no layer beside"},
};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].reason != static_cast<Reason>(i))
            return false;
    }
    return words.size() == static_cast<std::size_t>(Reason::NoNeighbour) + 1;
}
static_assert(inOrder());

} // namespace

std::string_view code(Reason reason)
{
    return words[static_cast<std::size_t>(reason)].code;
}

std::string_view brief(Reason reason)
{
    return words[static_cast<std::size_t>(reason)].brief;
}

} // namespace pleat
