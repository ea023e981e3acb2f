// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes that layers and pools make (LayerShapes.h).
#include "core/graph/LayerShapes.h"

#include "core/graph/Attributes.h"
#include "core/model/Limits.h"

namespace pleat {

namespace {

const KnownShape* firstShape(const InputShapes& inputs)
{
    return inputs.empty() ? nullptr : inputs[0];
}

std::int64_t sizeAt(const std::vector<std::int64_t>& values, std::size_t index, std::int64_t otherwise)
{
    return index < values.size() ? values[index] : otherwise;
}

// Spatial size after a window (Conv, pools); unknown for anything but explicit pads and unit ceil.
std::int64_t windowed(const onnx::NodeProto& proto, std::int64_t size, std::size_t axis, std::size_t axes,
                      std::int64_t kernel)
{
    if (size < 0 || kernel < 1)
        return unknownSize;
    const std::string pad = stringAttribute(proto, "auto_pad", "NOTSET");
    const std::int64_t stride = intOfAttribute(proto, "strides", axis, 1);
    const std::int64_t dilation = intOfAttribute(proto, "dilations", axis, 1);
    if (stride < 1 || dilation < 1 || size > (std::int64_t{1} << 40) || kernel > (1 << 20) ||
        dilation > (1 << 20))
        return unknownSize;
    if (pad == "SAME_UPPER" || pad == "SAME_LOWER")
        return (size + stride - 1) / stride;
    const bool pads = pad != "VALID";
    const std::int64_t before = pads ? intOfAttribute(proto, "pads", axis, 0) : 0;
    const std::int64_t after = pads ? intOfAttribute(proto, "pads", axis + axes, 0) : 0;
    const std::int64_t room = size + before + after - (dilation * (kernel - 1) + 1);
    if (room < 0)
        return unknownSize;
    const bool ceil = intAttribute(proto, "ceil_mode", 0) != 0;
    return ceil && room % stride != 0 ? unknownSize : room / stride + 1;
}

} // namespace

MaybeShape convolutionShape(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (inputs.size() < 2 || !inputs[1] || inputs[1]->size() < 3)
        return std::nullopt;
    const onnx::NodeProto& proto = view.proto(node);
    const KnownShape& weight = *inputs[1];
    const bool transposed = view.op(node) == "ConvTranspose";
    KnownShape shape(weight.size(), unknownSize);
    const std::int64_t group = intAttribute(proto, "group", 1);
    if (transposed)
        shape[1] = weight[1] > 0 && group > 0 && group <= largestBelieved / weight[1] ? weight[1] * group
                                                                                      : unknownSize;
    else
        shape[1] = weight[0];
    const KnownShape* data = inputs[0];
    if (!data || data->size() != weight.size())
        return shape;
    shape[0] = (*data)[0];
    for (std::size_t a = 2; !transposed && a < shape.size(); ++a)
        shape[a] = windowed(proto, (*data)[a], a - 2, shape.size() - 2, weight[a]);
    return shape;
}

MaybeShape poolShape(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    if (!firstShape(inputs) || inputs[0]->size() < 3)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    const std::vector<std::int64_t> kernel = intsAttribute(view.proto(node), "kernel_shape");
    for (std::size_t a = 2; a < shape.size(); ++a)
        shape[a] = windowed(view.proto(node), shape[a], a - 2, shape.size() - 2, sizeAt(kernel, a - 2, 0));
    return shape;
}

MaybeShape globalPoolShape(const GraphView&, NodeIndex, const InputShapes& inputs)
{
    if (!firstShape(inputs) || inputs[0]->size() < 2)
        return std::nullopt;
    KnownShape shape = *inputs[0];
    std::fill(shape.begin() + 2, shape.end(), 1);
    return shape;
}

MaybeShape gemmShape(const GraphView& view, NodeIndex node, const InputShapes& inputs)
{
    KnownShape shape{unknownSize, unknownSize};
    const bool a = intAttribute(view.proto(node), "transA", 0) != 0;
    const bool b = intAttribute(view.proto(node), "transB", 0) != 0;
    if (firstShape(inputs) && inputs[0]->size() == 2)
        shape[0] = (*inputs[0])[a ? 1 : 0];
    if (inputs.size() > 1 && inputs[1] && inputs[1]->size() == 2)
        shape[1] = (*inputs[1])[b ? 0 : 1];
    return shape;
}

MaybeShape matMulShape(const GraphView&, NodeIndex, const InputShapes& inputs)
{
    if (inputs.size() < 2 || !inputs[0] || !inputs[1] || inputs[0]->size() < 2 || inputs[1]->size() < 2)
        return std::nullopt;
    const KnownShape &a = *inputs[0], &b = *inputs[1];
    MaybeShape shape = broadcast(KnownShape(a.begin(), a.end() - 2), KnownShape(b.begin(), b.end() - 2));
    if (shape) {
        shape->push_back(a[a.size() - 2]);
        shape->push_back(b.back());
    }
    return shape;
}

} // namespace pleat
