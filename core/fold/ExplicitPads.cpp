// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/ExplicitPads.h"

#include "core/graph/Attributes.h"

#include <algorithm>

namespace pleat {

std::optional<std::vector<std::int64_t>> explicitPads(const FoldContext& context, const Layer& conv)
{
    const onnx::NodeProto& proto = context.view.proto(conv.node);
    const std::string automatic = stringAttribute(proto, "auto_pad", "NOTSET");
    std::vector<std::int64_t> pads = intsAttribute(proto, "pads");
    const std::size_t axes = conv.weight.dims.size() - 2;
    if (automatic.empty() || automatic == "NOTSET")
        return pads.size() == 2 * axes && std::ranges::all_of(pads, [](std::int64_t pad) { return pad >= 0; })
                   ? std::optional(std::move(pads))
                   : std::nullopt;
    if (!automatic.starts_with("SAME") ||
        std::ranges::any_of(pads, [](std::int64_t pad) { return pad != 0; }))
        return std::nullopt;
    pads.assign(2 * axes, 0);
    const ValueIndex data = context.view.input(conv.node, conv.dataSlot);
    for (std::size_t a = 0; a < axes; ++a) {
        const std::int64_t size = context.shapes.size(data, a + 2),
                           stride = intOfAttribute(proto, "strides", a, 1),
                           dilation = intOfAttribute(proto, "dilations", a, 1);
        if (size < 0 || stride < 1 || dilation < 1)
            return std::nullopt;
        const std::int64_t steps = (size + stride - 1) / stride;
        const std::int64_t total = std::max<std::int64_t>(
            (steps - 1) * stride + dilation * (conv.weight.dims[a + 2] - 1) + 1 - size, 0);
        const std::int64_t smaller = total / 2;
        pads[a] = automatic == "SAME_LOWER" ? total - smaller : smaller;
        pads[axes + a] = total - pads[a];
    }
    return pads;
}

} // namespace pleat
