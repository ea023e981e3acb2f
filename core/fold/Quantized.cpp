// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Quantized.h"

#include "core/graph/Attributes.h"
#include "core/model/Limits.h"
#include "core/tensor/Blocks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace pleat {

namespace {

tl::unexpected<Refusal> inTheWay(const GraphView& view, NodeIndex dequantize, Sentence why)
{
    return refuse(Reason::Quantized, sentence("{} cannot take the fold: {}", named(view, dequantize), why),
                  blame(view, dequantize));
}

std::size_t product(const std::vector<std::int64_t>& dims, std::size_t from)
{
    std::size_t result = 1;
    for (std::size_t d = from; d < dims.size(); ++d)
        result *= static_cast<std::size_t>(dims[d]);
    return result;
}

double at(const std::vector<double>& values, std::size_t channel)
{
    return values.empty() ? 0 : values[values.size() == 1 ? 0 : channel];
}

template<class Integer>
Payload packed(const std::vector<double>& values)
{
    auto bytes = std::make_shared<std::vector<std::byte>>(values.size() * sizeof(Integer));
    for (std::size_t e = 0; e < values.size(); ++e) {
        const auto integer = static_cast<Integer>(values[e]);
        std::memcpy(bytes->data() + e * sizeof(Integer), &integer, sizeof(Integer));
    }
    return Payload{Bytes(std::move(bytes))};
}

} // namespace

Verdict<Quantized> readQuantized(const GraphView& view, NodeIndex reader, std::size_t slot)
{
    const ValueIndex value = view.input(reader, slot);
    const NodeIndex node = value == ValueIndex::None ? NodeIndex::None : view.producer(value);
    if (node == NodeIndex::None || view.op(node) != "DequantizeLinear" || !view.domain(node).empty())
        return refuse(Reason::Quantized, sentence("{} reads it through other operators", named(view, reader)),
                      blame(view, reader));
    if (view.uses(value).size() != 1 || view.isGraphOutput(value))
        return inTheWay(view, node, "others read it too");
    Quantized quantized;
    quantized.dequantize = node;
    auto integers = constantOf(view, view.input(node, 0));
    const auto scales = constantOf(view, view.input(node, 1));
    if (!integers || !scales || integers->tensor.elements() == 0 || !integers->through.empty())
        return inTheWay(view, node, "it is computed at run time");
    const DataType type = integers->type;
    if (type != DataType::Int8 && type != DataType::UInt8 && type != DataType::Int32)
        return inTheWay(view, node, sentence("{} integers are not supported", name(type)));
    const auto tooMany = [](const Constant& constant) {
        return constant.tensor.elements() > static_cast<std::uint64_t>(mostChannels);
    };
    if (tooMany(*scales))
        return inTheWay(view, node, "it has too many scales");
    const auto scaleValues = values(*scales);
    if (!scaleValues || scaleValues->empty() || scales->type != DataType::Float)
        return inTheWay(view, node, "its scale cannot be read");
    quantized.scales = *scaleValues;
    if (view.input(node, 2) != ValueIndex::None) {
        const auto zero = constantOf(view, view.input(node, 2));
        if (zero && tooMany(*zero))
            return inTheWay(view, node, "it has too many zero points");
        const auto numbers = zero ? values(*zero) : failure(ErrorCode::Unreadable, {});
        if (!numbers)
            return inTheWay(view, node, "its zero point is computed at run time");
        quantized.zeroPoint = *numbers;
    }
    const auto rank = std::ssize(integers->dims);
    const std::int64_t axis = intAttribute(view.proto(node), "axis", 1);
    const std::int64_t front = axis < 0 ? axis + rank : axis;
    if (scales->tensor.elements() > 1 &&
        (front < 0 || front >= rank ||
         integers->dims[static_cast<std::size_t>(front)] != std::ssize(quantized.scales)))
        return inTheWay(view, node, "its scale has another number of values");
    if (quantized.zeroPoint.size() > 1 && quantized.zeroPoint.size() != quantized.scales.size())
        return inTheWay(view, node, "its zero point has another number of values");
    if (attribute(view.proto(node), "block_size") && intAttribute(view.proto(node), "block_size", 0) != 0)
        return inTheWay(view, node, "it has a scale for each block");
    quantized.axis = scales->tensor.elements() > 1 ? static_cast<std::size_t>(front) : 0;
    quantized.integers = std::move(*integers);
    return quantized;
}

Verdict<void> requireScalable(const GraphView& view, const Quantized& quantized, std::size_t axis,
                              const std::vector<double>& s)
{
    const NodeIndex node = quantized.dequantize;
    if (quantized.scales.size() > 1 && quantized.axis != axis)
        return inTheWay(view, node, "its scales belong to another axis");
    if (opsetOf(view, node) < 13)
        return inTheWay(view, node, "one scale for each channel needs opset 13");
    if (quantized.integers.type == DataType::Int32)
        return inTheWay(view, node, "int32 weights are not supported");
    if (quantized.integers.tensor.elements() > TensorView::mostAtOnce)
        return inTheWay(view, node, "it has too many integers to hold them in memory");
    if (std::ranges::none_of(s, [](double factor) { return factor < 0; }))
        return {};
    const std::size_t after = product(quantized.integers.dims, axis + 1), channels = s.size();
    const bool negatable = quantized.integers.type == DataType::Int8;
    std::optional<Sentence> why;
    const auto look = [&](std::uint64_t first, std::span<const double> integers) {
        for (std::size_t e = 0; e < integers.size() && !why; ++e) {
            const std::size_t channel = (static_cast<std::size_t>(first) + e) / after % channels;
            if (s[channel] >= 0)
                continue;
            if (!negatable || at(quantized.zeroPoint, channel) != 0)
                why = sentence("channel {} is negated, and its zero point is not 0", channel);
            else if (integers[e] == -128)
                why = sentence("channel {} is negated, and holds -128", channel);
        }
    };
    if (const auto read = forEachBlock(quantized.integers.tensor, {}, look); !read)
        return refuse(Reason::MissingData, sentence("{}", read.error().message),
                      blame(view, quantized.integers.storedAt));
    if (why)
        return inTheWay(view, node, *why);
    return {};
}

Result<Requantized> scaledWeight(const Quantized& weight, std::size_t axis, const std::vector<double>& s)
{
    auto integers = weight.integers.tensor.doubles();
    if (!integers)
        return tl::make_unexpected(integers.error());
    const std::size_t after = product(weight.integers.dims, axis + 1);
    for (std::size_t e = 0; e < integers->size(); ++e) {
        if (s[e / after % s.size()] < 0)
            (*integers)[e] = -(*integers)[e];
    }
    Requantized result;
    result.integers = weight.integers.type == DataType::Int8 ? packed<std::int8_t>(*integers)
                                                             : packed<std::uint8_t>(*integers);
    for (std::size_t c = 0; c < s.size(); ++c)
        result.scales.push_back(at(weight.scales, c) * std::abs(s[c]));
    return result;
}

std::optional<Requantized> quantizedBias(const Quantized& bias, const std::vector<double>& s,
                                         const std::vector<double>& numbers)
{
    std::vector<double> steps;
    Requantized result;
    for (std::size_t c = 0; c < s.size(); ++c) {
        const double old = at(bias.scales, c);
        // The step that the DequantizeLinear will really use: its scale is a float.
        const auto step = static_cast<double>(static_cast<float>(s[c] == 0 ? old : old * std::abs(s[c])));
        result.scales.push_back(step);
        steps.push_back(std::nearbyint(numbers[c] / step));
        if (!std::isfinite(step) || !(std::abs(steps.back()) <= std::numeric_limits<std::int32_t>::max()))
            return std::nullopt;
    }
    result.integers = packed<std::int32_t>(steps);
    return result;
}

} // namespace pleat
