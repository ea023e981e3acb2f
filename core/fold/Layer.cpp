// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Layer.h"

#include "core/base/Text.h"
#include "core/graph/Attributes.h"
#include "core/model/Limits.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <numeric>

namespace pleat {

namespace {

std::string dimsText(const std::vector<std::int64_t>& dims)
{
    return fmt::format("[{}]", fmt::join(dims, ", "));
}

// How the channels lie in the weight as the layer reads it: the parts of each dimension, outermost first.
struct DimensionPart {
    std::size_t dimension = 0;
    WeightLayout::Axis axis;
};
using Channels = std::vector<DimensionPart>;

tl::unexpected<Refusal> shapeRefused(const GraphView& view, const Layer& layer)
{
    return refuse(Reason::ChannelMismatch,
                  sentence("the weight of {} has the shape {}, which {} cannot have", named(view, layer.node),
                           dimsText(layer.weight.dims), view.op(layer.node)),
                  blame(view, layer.weight.storedAt));
}

// Cuts the stored axes and the channel axes of one dimension at the same places; nothing when they do not
// meet.
bool refine(std::vector<StoredAxis> stored, std::vector<WeightLayout::Axis> channels,
            std::vector<std::pair<std::uint64_t, WeightLayout::Axis>>& result)
{
    while (!channels.empty()) {
        WeightLayout::Axis& channel = channels.back();
        while (!stored.empty() && stored.back().extent == 1)
            stored.pop_back();
        if (channel.extent == 1) {
            channels.pop_back();
            continue;
        }
        if (stored.empty())
            return false;
        StoredAxis& axis = stored.back();
        const std::uint64_t part = std::min(axis.extent, channel.extent);
        if (axis.extent % part != 0 || channel.extent % part != 0)
            return false;
        result.push_back({axis.stride, {part, channel.outputStep, channel.inputStep}});
        axis = {axis.extent / part, axis.stride * part};
        channel = {channel.extent / part, channel.outputStep * part, channel.inputStep * part};
    }
    return true;
}

// Where the channels lie in the weight as it is stored, which a Transpose or Reshape may have ordered
// otherwise.
std::optional<WeightLayout> storedLayout(const Constant& weight, const Channels& channels,
                                         std::uint64_t outputs, std::uint64_t inputs)
{
    WeightLayout layout{{}, outputs, inputs};
    layout.axes.reserve(2 * channels.size());
    if (weight.order.empty()) { // as the layer reads it: nothing is to be cut
        for (const DimensionPart& part : channels) {
            if (part.axis.extent != 1)
                layout.axes.push_back(part.axis);
        }
        return layout;
    }
    std::vector<std::pair<std::uint64_t, WeightLayout::Axis>> pieces;
    auto stored = axes(weight);
    for (std::size_t d = 0; d < stored.size(); ++d) {
        std::vector<WeightLayout::Axis> parts;
        for (const DimensionPart& part : channels) {
            if (part.dimension == d)
                parts.push_back(part.axis);
        }
        if (!refine(std::move(stored[d]), std::move(parts), pieces))
            return std::nullopt;
    }
    std::ranges::sort(pieces, std::greater(), &std::pair<std::uint64_t, WeightLayout::Axis>::first);
    for (const auto& [stride, axis] : pieces)
        layout.axes.push_back(axis);
    return layout;
}

Verdict<void> readConvolution(const FoldContext& context, Layer& layer)
{
    const GraphView& view = context.view;
    const std::vector<std::int64_t>& dims = layer.weight.dims;
    if (dims.size() < 3 || std::ranges::any_of(dims, [](std::int64_t d) { return d <= 0; }))
        return shapeRefused(view, layer);
    const bool transposed = view.op(layer.node) == "ConvTranspose";
    const std::int64_t group = intAttribute(view.proto(layer.node), "group", 1);
    // The first dimension is the one that the groups share out: outputs of a Conv, inputs of a ConvTranspose.
    if (group < 1 || dims[0] % group != 0)
        return refuse(Reason::BadGroup,
                      sentence("group {} does not divide {} in {}", group, dims[0], named(view, layer.node)),
                      blame(view, layer.node));
    const auto groups = static_cast<std::uint64_t>(group);
    const std::uint64_t shared = static_cast<std::uint64_t>(dims[0]) / groups,
                        own = static_cast<std::uint64_t>(dims[1]);
    // Channels along dimension 0, counted over all groups, and along dimension 1, counted within one.
    Channels channels;
    channels.reserve(dims.size() + 1);
    if (transposed) {
        channels.push_back({0, {groups, own, shared}});
        channels.push_back({0, {shared, 0, 1}});
        channels.push_back({1, {own, 1, 0}});
    } else {
        channels.push_back({0, {groups, shared, own}});
        channels.push_back({0, {shared, 1, 0}});
        channels.push_back({1, {own, 0, 1}});
    }
    for (std::size_t d = 2; d < dims.size(); ++d)
        channels.push_back({d, {static_cast<std::uint64_t>(dims[d]), 0, 0}});
    const std::uint64_t first = shared * groups, second = own * groups;
    auto layout =
        storedLayout(layer.weight, channels, transposed ? second : first, transposed ? first : second);
    if (!layout)
        return shapeRefused(view, layer);
    layer.layout = std::move(*layout);
    layer.rank = dims.size();
    layer.outputDim = transposed ? 1 : 0;
    return {};
}

// A matrix, or several of them, of whose last two dimensions the first (`inputDim` 0) or the second counts
// the inputs and the other one the outputs.
Verdict<void> readMatrix(const GraphView& view, Layer& layer, std::size_t inputDim)
{
    const std::vector<std::int64_t>& dims = layer.weight.dims;
    if (layer.isMatMul() && dims.size() == 1)
        return refuse(Reason::Axis,
                      sentence("the weight of {} has one axis, so that its result has no channels",
                               named(view, layer.node)),
                      blame(view, layer.weight.storedAt));
    if (dims.size() < 2 || (dims.size() > 2 && !layer.isMatMul()) ||
        std::ranges::any_of(dims, [](std::int64_t d) { return d <= 0; }))
        return shapeRefused(view, layer);
    const std::size_t batch = dims.size() - 2, outputDim = batch + 1 - inputDim;
    const auto k = static_cast<std::uint64_t>(dims[batch + inputDim]),
               n = static_cast<std::uint64_t>(dims[outputDim]);
    Channels channels;
    for (std::size_t d = 0; d < batch; ++d)
        channels.push_back({d, {static_cast<std::uint64_t>(dims[d]), 0, 0}});
    const WeightLayout::Axis ofInputs{k, 0, 1}, ofOutputs{n, 1, 0};
    channels.push_back({batch, inputDim == 0 ? ofInputs : ofOutputs});
    channels.push_back({batch + 1, inputDim == 0 ? ofOutputs : ofInputs});
    auto layout = storedLayout(layer.weight, channels, n, k);
    if (!layout)
        return shapeRefused(view, layer);
    layer.layout = std::move(*layout);
    layer.outputDim = outputDim;
    return {};
}

Verdict<void> readGemm(const FoldContext& context, Layer& layer)
{
    const onnx::NodeProto& proto = context.view.proto(layer.node);
    layer.rank = 2;
    layer.biasFactor = static_cast<double>(floatAttribute(proto, "beta", 1));
    layer.gain = static_cast<double>(floatAttribute(proto, "alpha", 1));
    return readMatrix(context.view, layer, intAttribute(proto, "transB", 0) != 0 ? 1 : 0);
}

// The constant Add that is all that reads a MatMul.
void findBiasAdd(const GraphView& view, Layer& layer)
{
    const ValueIndex output = view.output(layer.node, 0);
    if (output == ValueIndex::None || view.isGraphOutput(output) || view.uses(output).size() != 1)
        return;
    const Use& use = view.uses(output).front();
    if (matMulUnderBias(view, use.node) != layer.node)
        return;
    layer.biasAdd = use.node;
    layer.biasAddSlot = use.slot == 0 ? 1 : 0;
}

// The Add must neither give the product another rank nor line its constant up elsewhere (opset < 7, `axis`).
Verdict<void> requireBiasKeepsShape(const GraphView& view, const Layer& layer)
{
    if (layer.biasAdd == NodeIndex::None)
        return {};
    const auto bias = constantOf(view, view.input(layer.biasAdd, layer.biasAddSlot));
    const bool widens = bias && bias->dims.size() > layer.rank.value_or(1);
    const bool shifted =
        opsetOf(view, layer.biasAdd) < 7 && attribute(view.proto(layer.biasAdd), "axis") != nullptr;
    if (!widens && !shifted)
        return {};
    return refuse(
        widens ? Reason::Broadens : Reason::NotPerChannel,
        widens ? sentence("the constant of {} would widen the result's shape", named(view, layer.biasAdd))
               : sentence("the constant of {} is lined up with another axis", named(view, layer.biasAdd)),
        blame(view, layer.biasAdd));
}

Verdict<void> readMatMul(const FoldContext& context, Layer& layer)
{
    const GraphView& view = context.view;
    layer.biasSlot = std::nullopt;
    layer.rank = context.shapes.rank(view.output(layer.node, 0));
    // x·B: the channels are the last axis. A·x: the outputs are the rows, the last axis but one.
    layer.outputAxis = layer.inputAxis = layer.weightSlot == 1 ? -1 : -2;
    // A·x of one axis has no rows to line a bias up with.
    if (layer.weightSlot == 0 && !layer.rank)
        return refuse(Reason::ChannelsUnknown,
                      sentence("the rank of what {} makes cannot be derived", named(view, layer.node)),
                      blame(view, layer.node));
    findBiasAdd(view, layer);
    if (auto fits = requireBiasKeepsShape(view, layer); !fits)
        return fits;
    return readMatrix(view, layer, layer.weightSlot == 1 ? 0 : 1);
}

struct LayerReader {
    std::string_view op;
    Verdict<void> (*read)(const FoldContext&, Layer&);
};

constexpr std::array layerReaders{
    LayerReader{"Conv", readConvolution},
    LayerReader{"ConvTranspose", readConvolution},
    LayerReader{"Gemm", readGemm},
    LayerReader{"MatMul", readMatMul},
};

const LayerReader* layerReaderOf(const GraphView& view, NodeIndex node)
{
    const auto found = std::ranges::find(layerReaders, view.op(node), &LayerReader::op);
    return found != layerReaders.end() && view.domain(node).empty() ? &*found : nullptr;
}

bool isQuantized(const GraphView& view, ValueIndex value)
{
    const auto constant = constantOf(view, value);
    return !constant && constant.error() == NotConstant::Quantized;
}

bool isConstant(const GraphView& view, NodeIndex node, std::size_t slot)
{
    return constantOf(view, view.input(node, slot)).has_value();
}

// A bias that broadcasts to [M, N] (Gemm's C, the operand of an Add behind a MatMul); what becomes of its
// shape when every column gets its own factor.
Verdict<NewBias> matrixBias(const GraphView& view, const Layer& layer, const std::vector<double>& s,
                            const std::vector<double>& t, const Constant& bias, const std::vector<double>& c)
{
    const std::size_t columns = s.size();
    const std::vector<std::int64_t>& dims = bias.dims;
    const bool oneAxis = !layer.isMatMul()
                             ? dims.size() <= 2
                             : std::ranges::count_if(dims, [](std::int64_t d) { return d != 1; }) <= 1;
    const bool perColumn = oneAxis && !dims.empty() && dims.back() == static_cast<std::int64_t>(columns);
    const bool perRow = !perColumn && !layer.isMatMul() && dims.size() == 2 && dims[1] == 1 && dims[0] > 1;
    if (!perColumn && !perRow && c.size() != 1)
        return refuse(Reason::ChannelMismatch,
                      sentence("the bias of {} has the shape {}, its output has {} columns",
                               named(view, layer.node), dimsText(dims), columns),
                      blame(view, bias.storedAt));
    const std::size_t rows = perColumn ? c.size() / columns : c.size();
    if (rows > TensorView::mostAtOnce / columns)
        return refuse(Reason::ChannelMismatch,
                      sentence("the bias of {} would get {} times {}", named(view, layer.node), grouped(rows),
                               counted(columns, "value")),
                      blame(view, bias.storedAt));
    NewBias result;
    result.dims = perColumn ? dims : std::vector<std::int64_t>{static_cast<std::int64_t>(columns)};
    if (perRow)
        result.dims.insert(result.dims.begin(), dims[0]);
    for (std::size_t m = 0; m < rows; ++m) {
        for (std::size_t n = 0; n < columns; ++n)
            result.values.push_back(s[n] * layer.biasFactor * c[perColumn ? m * columns + n : m] + t[n]);
    }
    return result;
}

// b' = s·b + t of a bias that is stored as integers.
Verdict<NewBias> biasOfIntegers(const GraphView& view, const Layer& layer, const std::vector<double>& s,
                                const std::vector<double>& t)
{
    const Quantized& bias = *layer.quantizedBias;
    const auto zero = std::ranges::find_if(bias.zeroPoint, [](double point) { return point != 0; });
    if (bias.integers.tensor.elements() != s.size() || bias.integers.type != DataType::Int32 ||
        zero != bias.zeroPoint.end())
        return refuse(
            Reason::Quantized,
            sentence("the bias of {} is not {} int32 values around 0", named(view, layer.node), s.size()),
            blame(view, bias.integers.storedAt));
    const auto integers = bias.integers.tensor.doubles();
    if (!integers)
        return refuse(Reason::MissingData, sentence("{}", integers.error().message),
                      blame(view, bias.integers.storedAt));
    NewBias result{t, {static_cast<std::int64_t>(s.size())}};
    for (std::size_t m = 0; m < s.size(); ++m)
        result.values[m] +=
            s[m] * layer.biasFactor * (*integers)[m] * bias.scales[bias.scales.size() == 1 ? 0 : m];
    return result;
}

} // namespace

bool isLayer(const GraphView& view, NodeIndex node)
{
    const LayerReader* reader = layerReaderOf(view, node);
    if (!reader)
        return false;
    return reader->read != readMatMul ||
           isFixed(view, view.input(node, 0)) != isFixed(view, view.input(node, 1));
}

Verdict<Layer> readLayer(const FoldContext& context, NodeIndex node)
{
    const GraphView& view = context.view;
    Layer layer;
    layer.node = node;
    if (auto own = requireOwnAttributes(view, node); !own)
        return tl::make_unexpected(own.error());
    if (view.op(node) == "MatMul" && isFixed(view, view.input(node, 0))) {
        layer.weightSlot = 0;
        layer.dataSlot = 1;
    }
    auto weight = requireConstant(view, node, layer.weightSlot, "the weight");
    if (!weight && weight.error().reason == Reason::Quantized && context.quantizedToo) {
        auto quantized = readQuantized(view, node, layer.weightSlot);
        if (!quantized)
            return tl::make_unexpected(quantized.error());
        layer.quantizedWeight = std::make_shared<const Quantized>(std::move(*quantized));
        weight = layer.quantizedWeight->integers;
    }
    if (!weight)
        return tl::make_unexpected(weight.error());
    layer.weight = std::move(*weight);
    if (!layer.quantizedWeight && (!isFoldable(layer.type()) || !isFoldable(layer.weight.tensor.type())))
        return refuse(Reason::Dtype,
                      sentence("{} weights ({} of {}) are not supported", name(layer.type()),
                               named(view, layer.weight.storedAt), named(view, node)),
                      blame(view, layer.weight.storedAt));
    if (const std::string problem(layer.weight.tensor.payload().problem());
        !problem.empty() && !context.missingToo)
        return refuse(Reason::MissingData, sentence("{}", problem), blame(view, layer.weight.storedAt));
    if (auto read = readChannels(context, layer); !read)
        return tl::make_unexpected(read.error());
    if (layer.quantizedWeight && layer.biasSlot && isQuantized(view, view.input(node, *layer.biasSlot))) {
        auto bias = readQuantized(view, node, *layer.biasSlot);
        if (!bias)
            return tl::make_unexpected(bias.error());
        layer.quantizedBias = std::make_shared<const Quantized>(std::move(*bias));
    }
    return layer;
}

Verdict<void> readChannels(const FoldContext& context, Layer& layer)
{
    const GraphView& view = context.view;
    const std::string_view op = view.op(layer.node);
    Verdict<void> read;
    if (op == "QLinearConv" || op == "ConvInteger") {
        read = readConvolution(context, layer);
    } else if (op == "QLinearMatMul" || op == "MatMulInteger") {
        layer.biasSlot = std::nullopt;
        read = readMatrix(view, layer, 0);
    } else {
        read = layerReaderOf(view, layer.node)->read(context, layer);
    }
    if (read &&
        std::max(layer.layout.outputs, layer.layout.inputs) > static_cast<std::uint64_t>(mostChannels))
        return refuse(Reason::ChannelMismatch,
                      sentence("{} has more channels than Pleat folds ({})", named(view, layer.node),
                               grouped(static_cast<std::uint64_t>(mostChannels))),
                      blame(view, layer.node));
    return read;
}

NodeIndex matMulUnderBias(const GraphView& view, NodeIndex node)
{
    if (view.op(node) != "Add" || !view.domain(node).empty() || view.inputs(node).size() != 2)
        return NodeIndex::None;
    for (std::size_t slot = 0; slot < 2; ++slot) {
        const ValueIndex data = view.input(node, slot);
        const NodeIndex producer = data == ValueIndex::None ? NodeIndex::None : view.producer(data);
        if (producer != NodeIndex::None && view.op(producer) == "MatMul" && isLayer(view, producer) &&
            view.scope(producer) == view.scope(node) && isConstant(view, node, 1 - slot) &&
            !view.isGraphOutput(data) && view.uses(data).size() == 1)
            return producer;
    }
    return NodeIndex::None;
}

ValueIndex biasOf(const GraphView& view, const Layer& layer)
{
    if (layer.biasSlot)
        return view.input(layer.node, *layer.biasSlot);
    return layer.biasAdd == NodeIndex::None ? ValueIndex::None : view.input(layer.biasAdd, layer.biasAddSlot);
}

Verdict<NewBias> biasAfter(const GraphView& view, const Layer& layer, const std::vector<double>& s,
                           const std::vector<double>& t)
{
    const auto channels = static_cast<std::int64_t>(s.size());
    // A·x has its channels along the last axis but one.
    const bool rows = layer.isMatMul() && layer.weightSlot == 0;
    NewBias shift{t, rows ? std::vector<std::int64_t>{channels, 1} : std::vector<std::int64_t>{channels}};
    // β = 0 means that C is not even looked at: it may hold NaN.
    if (biasOf(view, layer) == ValueIndex::None || layer.biasFactor == 0)
        return shift;
    const NodeIndex holder = layer.biasSlot ? layer.node : layer.biasAdd;
    if (layer.quantizedBias)
        return biasOfIntegers(view, layer, s, t);
    auto bias = requireConstant(view, holder, layer.biasSlot.value_or(layer.biasAddSlot), "the bias");
    if (!bias)
        return tl::make_unexpected(bias.error());
    auto numbers = requireNumbers(view, *bias, "bias", holder);
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    if ((view.op(layer.node) == "Gemm" || layer.isMatMul()) && !rows)
        return matrixBias(view, layer, s, t, *bias, *numbers);
    const auto along = [&](std::int64_t d, std::size_t back) {
        return bias->dims.size() >= back && bias->dims[bias->dims.size() - back] == d;
    };
    const bool fits = rows ? numbers->size() == 1 || (along(1, 1) && along(channels, 2)) : true;
    if (!fits || (numbers->size() != s.size() && !(rows && numbers->size() == 1)))
        return refuse(Reason::ChannelMismatch,
                      sentence("the bias of {} has {} values, its output has {} channels",
                               named(view, layer.node), numbers->size(), s.size()),
                      blame(view, bias->storedAt));
    NewBias result = shift;
    for (std::size_t m = 0; m < s.size(); ++m)
        result.values[m] += s[m] * (*numbers)[numbers->size() == 1 ? 0 : m];
    return result;
}

} // namespace pleat
