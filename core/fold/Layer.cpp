// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Layer.h"

#include "core/graph/Attributes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <numeric>

namespace pleat {

namespace {

std::string dimsText(const std::vector<std::int64_t>& dims)
{
    return "[" + fmt::format("{}", fmt::join(dims, ", ")) + "]";
}

Verdict<WeightLayout> shapeRefused(const GraphView& view, NodeIndex node, const Constant& weight)
{
    return refuse(Reason::ChannelMismatch,
                  fmt::format("the weight of {} has the shape {}, which {} cannot have", view.label(node),
                              dimsText(weight.tensor.dims()), view.op(node)),
                  blame(view, weight.storedAt));
}

Verdict<WeightLayout> convolution(const GraphView& view, NodeIndex node, const Constant& weight)
{
    const std::vector<std::int64_t>& dims = weight.tensor.dims();
    if (dims.size() < 3 || std::ranges::any_of(dims, [](std::int64_t d) { return d <= 0; }))
        return shapeRefused(view, node, weight);
    const bool transposed = view.op(node) == "ConvTranspose";
    const std::int64_t group = intAttribute(view.proto(node), "group", 1);
    // The first dimension is the one that the groups share out: outputs of a Conv, inputs of a ConvTranspose.
    if (group < 1 || dims[0] % group != 0)
        return refuse(Reason::BadGroup,
                      fmt::format("group {} does not divide {} in {}", group, dims[0], view.label(node)),
                      blame(view, node));
    const auto first = static_cast<std::uint64_t>(dims[0]);
    const auto second = static_cast<std::uint64_t>(dims[1]);
    const auto groups = static_cast<std::uint64_t>(group);
    const auto kernel = static_cast<std::uint64_t>(
        std::accumulate(dims.begin() + 2, dims.end(), std::int64_t{1}, std::multiplies<>()));
    return transposed ? WeightLayout::transposedConvolution(second * groups, first, kernel, groups)
                      : WeightLayout::convolution(first, second * groups, kernel, groups);
}

Verdict<WeightLayout> gemm(const GraphView& view, NodeIndex node, const Constant& weight)
{
    const std::vector<std::int64_t>& dims = weight.tensor.dims();
    if (dims.size() != 2 || dims[0] <= 0 || dims[1] <= 0)
        return shapeRefused(view, node, weight);
    const bool transposed = intAttribute(view.proto(node), "transB", 0) != 0;
    const auto k = static_cast<std::uint64_t>(dims[transposed ? 1 : 0]);
    const auto n = static_cast<std::uint64_t>(dims[transposed ? 0 : 1]);
    return WeightLayout::matrix(k, n, transposed);
}

struct LayerReader {
    std::string_view op;
    Verdict<WeightLayout> (*layout)(const GraphView&, NodeIndex, const Constant&);
};

constexpr std::array readers{
    LayerReader{"Conv", convolution},
    LayerReader{"ConvTranspose", convolution},
    LayerReader{"Gemm", gemm},
};

const LayerReader* readerOf(const GraphView& view, NodeIndex node)
{
    const auto found = std::ranges::find(readers, view.op(node), &LayerReader::op);
    return found != readers.end() && view.domain(node).empty() ? &*found : nullptr;
}

// Gemm's C broadcasts to [M, N]; what becomes of its shape when every column gets its own factor.
Verdict<NewBias> gemmBias(const GraphView& view, const Layer& layer, const Affine& affine,
                          const Constant& bias, const std::vector<double>& c)
{
    const std::size_t columns = affine.channels();
    const std::vector<std::int64_t>& dims = bias.tensor.dims();
    const bool perColumn =
        !dims.empty() && dims.size() <= 2 && dims.back() == static_cast<std::int64_t>(columns);
    const bool perRow = !perColumn && dims.size() == 2 && dims[1] == 1 && dims[0] > 1;
    if (!perColumn && !perRow && c.size() != 1)
        return refuse(Reason::ChannelMismatch,
                      fmt::format("the bias of {} has the shape {}, its output has {} columns",
                                  view.label(layer.node), dimsText(dims), columns),
                      blame(view, bias.storedAt));
    const std::size_t rows = perColumn ? c.size() / columns : c.size();
    NewBias result;
    result.dims = perColumn ? dims : std::vector<std::int64_t>{static_cast<std::int64_t>(columns)};
    if (perRow)
        result.dims.insert(result.dims.begin(), dims[0]);
    for (std::size_t m = 0; m < rows; ++m) {
        for (std::size_t n = 0; n < columns; ++n)
            result.values.push_back(affine.s[n] * layer.biasFactor * c[perColumn ? m * columns + n : m] +
                                    affine.t[n]);
    }
    return result;
}

} // namespace

bool isLayer(const GraphView& view, NodeIndex node)
{
    return readerOf(view, node) != nullptr;
}

Verdict<Layer> readLayer(const GraphView& view, NodeIndex node)
{
    Layer layer;
    layer.node = node;
    auto weight = requireConstant(view, node, layer.weightSlot, "weight");
    if (!weight)
        return tl::make_unexpected(weight.error());
    layer.weight = std::move(*weight);
    if (!isFoldable(layer.type()))
        return refuse(Reason::Dtype,
                      fmt::format("{} weights ({} of {}) are not supported", name(layer.type()),
                                  view.name(layer.weight.storedAt), view.label(node)),
                      blame(view, layer.weight.storedAt));
    auto layout = readerOf(view, node)->layout(view, node, layer.weight);
    if (!layout)
        return tl::make_unexpected(layout.error());
    layer.layout = std::move(*layout);
    if (view.op(node) == "Gemm")
        layer.biasFactor = static_cast<double>(floatAttribute(view.proto(node), "beta", 1));
    return layer;
}

Verdict<NewBias> biasAfter(const GraphView& view, const Layer& layer, const Affine& affine)
{
    const NewBias shift{affine.t, {static_cast<std::int64_t>(affine.channels())}};
    // β = 0 means that C is not even looked at: it may hold NaN.
    if (view.input(layer.node, layer.biasSlot) == ValueIndex::None || layer.biasFactor == 0)
        return shift;
    auto bias = requireConstant(view, layer.node, layer.biasSlot, "bias");
    if (!bias)
        return tl::make_unexpected(bias.error());
    auto values = requireNumbers(view, *bias, "bias", layer.node);
    if (!values)
        return tl::make_unexpected(values.error());
    if (view.op(layer.node) == "Gemm")
        return gemmBias(view, layer, affine, *bias, *values);
    if (values->size() != affine.channels())
        return refuse(Reason::ChannelMismatch,
                      fmt::format("the bias of {} has {} values, its output has {} channels",
                                  view.label(layer.node), values->size(), affine.channels()),
                      blame(view, bias->storedAt));
    NewBias result{std::move(*values), shift.dims};
    for (std::size_t m = 0; m < result.values.size(); ++m)
        result.values[m] = affine.s[m] * result.values[m] + affine.t[m];
    return result;
}

} // namespace pleat
