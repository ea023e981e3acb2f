// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/NewConstants.h"

#include "core/tensor/Kernels.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cstring>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

// Whether one layer alone reads the stored constant, so that it can be changed where it is stored.
bool isReadOnce(const GraphView& view, const Constant& constant)
{
    const auto once = [&](ValueIndex value) {
        return !view.isGraphOutput(value) && view.uses(value).size() == 1;
    };
    return !constant.acrossCall && !constant.computed && once(constant.storedAt) &&
           std::ranges::all_of(constant.through, [&](NodeIndex node) { return once(view.output(node, 0)); });
}

// Whether what the layer reads is not what is stored, and the stored one cannot be changed for it.
bool isInAnotherForm(const GraphView& view, const Constant& weight)
{
    return weight.isCast() || (isReordered(weight) && !isReadOnce(view, weight));
}

// The weight as its layer reads it, multiplied, in memory.
Result<Payload> computed(const FoldTarget& target, bool after)
{
    const Constant& weight = target.layer.weight;
    auto numbers = weight.tensor.doubles();
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    const std::span<const double> s(target.s), none;
    scale(DataType::Double, std::as_writable_bytes(std::span(*numbers)), 0, target.layer.layout,
          after ? s : none, after ? none : s);
    Constant multiplied = weight;
    multiplied.tensor = TensorView(weight.tensor.name(), DataType::Double, weight.tensor.dims(),
                                   stored(DataType::Double, *numbers));
    auto ordered = values(multiplied);
    if (!ordered)
        return tl::make_unexpected(ordered.error());
    return stored(weight.type, *ordered);
}

// A shift leaves the weight as it is, byte for byte.
bool isPureShift(const FoldTarget& target)
{
    return std::ranges::all_of(target.s, [](double factor) { return factor == 1; });
}

void setAxis(onnx::NodeProto& node, std::size_t axis)
{
    onnx::AttributeProto* attribute = nullptr;
    for (onnx::AttributeProto& each : *node.mutable_attribute()) {
        if (each.name() == "axis")
            attribute = &each;
    }
    if (!attribute)
        attribute = node.add_attribute();
    attribute->set_name("axis");
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(static_cast<std::int64_t>(axis));
}

} // namespace

bool isComputedAtOnce(const GraphView& view, const FoldTarget& target)
{
    if (isPureShift(target))
        return false;
    const Constant& weight = target.layer.weight;
    const auto* earlier = std::get_if<Scaled>(&weight.tensor.payload().content);
    return isInAnotherForm(view, weight) || (earlier && ((*earlier)->output || (*earlier)->input) &&
                                             (*earlier)->layout != target.layer.layout);
}

Result<std::string> NewConstants::scaleWeight(const FoldTarget& target, FoldDirection direction)
{
    const Layer& layer = target.layer;
    const Constant& weight = layer.weight;
    std::string name(m_view.name(weight.storedAt));
    if (isPureShift(target))
        return name;
    const bool after = direction == FoldDirection::After;
    const bool inPlace = isReadOnce(m_view, weight) && !weight.isCast();
    const auto factors = std::make_shared<const std::vector<double>>(target.s);
    auto payload = !isInAnotherForm(m_view, weight)
                       ? scaled(weight.tensor, layer.layout, after ? factors : nullptr,
                                after ? nullptr : factors, target.overflow)
                       : computed(target, after);
    if (!payload)
        return tl::make_unexpected(payload.error());
    if (inPlace) {
        m_rewriter.replaceData(weight.storedAt, weight.tensor.type(), weight.tensor.dims(),
                               std::move(*payload));
        return name;
    }
    std::string copy =
        m_rewriter.add(m_view.scope(layer.node), name, weight.type, weight.dims, std::move(*payload));
    m_rewriter.rewire(layer.node).set_input(static_cast<int>(layer.weightSlot), copy);
    return copy;
}

Result<std::string> NewConstants::scaleIntegers(const FoldTarget& target)
{
    const Layer& layer = target.layer;
    if (isPureShift(target))
        return std::string(m_view.name(layer.weight.storedAt));
    auto weight = scaledWeight(*layer.quantizedWeight, layer.outputDim, target.s);
    if (!weight)
        return tl::make_unexpected(weight.error());
    const Quantized& quantized = *layer.quantizedWeight;
    if (quantized.quantize != NodeIndex::None) {
        auto floats = scaled(layer.weight.tensor, layer.layout,
                             std::make_shared<const std::vector<double>>(target.s), nullptr, target.overflow);
        if (!floats)
            return tl::make_unexpected(floats.error());
        weight->integers = std::move(*floats);
    }
    return dequantizeWith(quantized, layer.outputDim, std::move(*weight));
}

std::optional<std::string> NewConstants::setIntegerBias(const Layer& layer, const std::vector<double>& s,
                                                        const NewBias& bias)
{
    auto integers = quantizedBias(*layer.quantizedBias, s, bias.values);
    if (!integers)
        return std::nullopt;
    return dequantizeWith(*layer.quantizedBias, 0, std::move(*integers));
}

// Gives a DequantizeLinear other integers, a scale and a zero point for each channel along `axis`.
std::string NewConstants::dequantizeWith(const Quantized& old, std::size_t axis, Requantized now)
{
    const NodeIndex node = old.dequantize;
    const bool quantizes = old.quantize != NodeIndex::None;
    const ScopeIndex scope = m_view.scope(node);
    std::string integers(m_view.name(old.integers.storedAt));
    if (isReadOnce(m_view, old.integers)) {
        m_rewriter.replaceData(old.integers.storedAt, old.integers.type, old.integers.dims,
                               std::move(now.integers));
    } else {
        integers =
            m_rewriter.add(scope, integers, old.integers.type, old.integers.dims, std::move(now.integers));
        m_rewriter.change(quantizes ? old.quantize : node).set_input(0, integers);
    }
    setScales(old, axis, now.scales);
    if (quantizes) { // by the same scales
        onnx::NodeProto& quantize = m_rewriter.change(old.quantize);
        const onnx::NodeProto& dequantize = m_rewriter.change(node);
        for (int slot = 1; slot < quantize.input_size(); ++slot)
            quantize.set_input(slot, dequantize.input(slot));
    }
    return integers;
}

// The scale of the DequantizeLinear, and its zero point: for each channel, where they differ by channel.
void NewConstants::setScales(const Quantized& old, std::size_t axis, const std::vector<double>& scales)
{
    const NodeIndex node = old.dequantize;
    if (staysPerTensor(old, scales)) {
        const auto scale = constantOf(m_view, m_view.input(node, 1));
        replace(node, 1, {scales.front()}, scale->dims);
        return;
    }
    const std::vector<std::int64_t> each{std::ssize(scales)};
    replace(node, 1, scales, each);
    onnx::NodeProto& dequantize = m_rewriter.change(node);
    if (old.zeroPoint.size() == 1) {
        // One for each channel, as the scales are; its type is that of the integers.
        const std::size_t size = storedBytes(old.type, 1);
        const auto constant = constantOf(m_view, m_view.input(node, 2));
        std::vector<std::byte> one(size);
        auto bytes = std::make_shared<std::vector<std::byte>>();
        if (constant->tensor.read(0, 1, one)) {
            for (std::size_t c = 0; c < scales.size(); ++c)
                bytes->insert(bytes->end(), one.begin(), one.end());
            dequantize.set_input(2, m_rewriter.add(m_view.scope(node),
                                                   std::string(m_view.name(constant->storedAt)), old.type,
                                                   each, Payload{Bytes(std::move(bytes))}));
        }
    }
    setAxis(dequantize, axis);
    if (old.quantize != NodeIndex::None)
        setAxis(m_rewriter.change(old.quantize), axis);
}

std::string NewConstants::setBias(const Layer& layer, NodeIndex holder, std::size_t slot, const NewBias& bias)
{
    if (constantOf(m_view, m_view.input(holder, slot)))
        return replace(holder, slot, bias.values, bias.dims);
    std::string name = addBias(layer, bias);
    onnx::NodeProto& node = m_rewriter.rewire(holder);
    while (node.input_size() <= static_cast<int>(slot))
        node.add_input();
    node.set_input(static_cast<int>(slot), name);
    return name;
}

std::string NewConstants::replace(NodeIndex holder, std::size_t slot, const std::vector<double>& numbers,
                                  const std::vector<std::int64_t>& dims)
{
    const auto old = constantOf(m_view, m_view.input(holder, slot));
    std::string name(m_view.name(old->storedAt));
    if (old->through.empty() && isReadOnce(m_view, *old)) {
        m_rewriter.replaceData(old->storedAt, old->type, dims, stored(old->type, numbers));
        return name;
    }
    name = m_rewriter.add(m_view.scope(holder), name, old->type, dims, stored(old->type, numbers));
    m_rewriter.rewire(holder).set_input(static_cast<int>(slot), name);
    return name;
}

std::string NewConstants::addBias(const Layer& layer, const NewBias& bias)
{
    return m_rewriter.add(m_view.scope(layer.node), biasName(layer), layer.dataType(), bias.dims,
                          stored(layer.dataType(), bias.values));
}

std::string NewConstants::addScalar(NodeIndex reader, double value, DataType type)
{
    const std::string_view name = m_view.name(reader);
    const std::string wanted =
        std::string(name.empty() ? m_view.name(m_view.output(reader, 0)) : name) + ".value";
    return m_rewriter.add(m_view.scope(reader), wanted, type, {}, stored(type, {value}));
}

std::string NewConstants::addInts(NodeIndex reader, const std::vector<std::int64_t>& values)
{
    auto bytes = std::make_shared<std::vector<std::byte>>(values.size() * sizeof(std::int64_t));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    const std::string_view name = m_view.name(reader);
    const std::string wanted =
        std::string(name.empty() ? m_view.name(m_view.output(reader, 0)) : name) + ".pads";
    return m_rewriter.add(m_view.scope(reader), wanted, DataType::Int64, {std::ssize(values)},
                          Payload{Bytes(std::move(bytes))});
}

// A PyTorch state dict keeps its shape: "features.0.0.weight" gets "features.0.0.bias".
std::string NewConstants::biasName(const Layer& layer) const
{
    constexpr std::string_view ending = ".weight";
    std::string weight(m_view.name(layer.weight.storedAt));
    if (weight.ends_with(ending))
        return weight.replace(weight.size() - ending.size(), ending.size(), ".bias");
    const std::string_view name = m_view.name(layer.node);
    return std::string(name.empty() ? m_view.name(m_view.output(layer.node, 0)) : name) + ".bias";
}

} // namespace pleat
