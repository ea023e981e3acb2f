// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Quantized.h"

#include "core/graph/Attributes.h"
#include "core/model/Limits.h"
#include "core/tensor/Blocks.h"
#include "core/tensor/Scaling.h"

#include <algorithm>
#include <cmath>
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

bool hasBlocks(const GraphView& view, NodeIndex node)
{
    return intAttribute(view.proto(node), "block_size", 0) != 0;
}

// Whether two constant inputs hold the same numbers, or both are absent.
bool areEqual(const GraphView& view, ValueIndex a, ValueIndex b)
{
    if (a == b)
        return true;
    const auto first = constantOf(view, a), second = constantOf(view, b);
    if (!first || !second || first->dims != second->dims || first->type != second->type)
        return false;
    const auto x = values(*first), y = values(*second);
    return x && y && *x == *y;
}

// The QuantizeLinear that makes the integers of constants, if there is one, and their type.
Verdict<void> readQuantizer(const GraphView& view, NodeIndex dequantize, Quantized& quantized)
{
    const ValueIndex integers = view.input(dequantize, 0);
    const NodeIndex node = integers == ValueIndex::None ? NodeIndex::None : view.producer(integers);
    if (node == NodeIndex::None || view.op(node) != "QuantizeLinear" || view.constantDepth(integers) == 0)
        return {};
    if (view.uses(integers).size() != 1 || view.isGraphOutput(integers))
        return inTheWay(view, node, "others read it too");
    if (hasBlocks(view, node))
        return inTheWay(view, node, "it has a scale for each block");
    if (view.domain(node) != view.domain(dequantize) ||
        !areEqual(view, view.input(node, 1), view.input(dequantize, 1)) ||
        !areEqual(view, view.input(node, 2), view.input(dequantize, 2)) ||
        intAttribute(view.proto(node), "axis", 1) != intAttribute(view.proto(dequantize), "axis", 1))
        return inTheWay(view, node, "it quantizes by other numbers than it is dequantized by");
    quantized.quantize = node;
    const auto given = static_cast<DataType>(intAttribute(view.proto(node), "output_dtype", 0));
    const auto zero = constantOf(view, view.input(node, 2));
    quantized.type = zero ? zero->type : given == DataType::Undefined ? DataType::UInt8 : given;
    return {};
}

// Why a number of the weight has no negative: an integer, or a float that is rounded and clamped to one,
// where the negated ones are clamped to others.
std::optional<Sentence> whyNotNegated(const Quantized& quantized, std::size_t channel, double number)
{
    const double zero = at(quantized.zeroPoint, channel);
    if (quantized.quantize != NodeIndex::None) {
        const double lowest = quantized.type == DataType::Int8 ? -128 : 0, highest = lowest + 255;
        const double steps = std::nearbyint(number / at(quantized.scales, channel));
        if (!(std::abs(steps) <= std::min(highest - zero, zero - lowest)))
            return sentence("channel {} is negated, and holds {} steps around {}", channel, steps, zero);
    } else if (quantized.type != DataType::Int8 || zero != 0) {
        return sentence("channel {} is negated, and its zero point is not 0", channel);
    } else if (number == -128) {
        return sentence("channel {} is negated, and holds -128", channel);
    }
    return std::nullopt;
}

} // namespace

bool staysPerTensor(const Quantized& quantized, const std::vector<double>& scales)
{
    return quantized.scales.size() == 1 &&
           std::ranges::all_of(scales, [&](double scale) { return scale == scales.front(); });
}

Verdict<Quantized> readQuantized(const GraphView& view, NodeIndex reader, std::size_t slot)
{
    const ValueIndex value = view.input(reader, slot);
    const NodeIndex node = value == ValueIndex::None ? NodeIndex::None : view.producer(value);
    if (node == NodeIndex::None || view.op(node) != "DequantizeLinear")
        return refuse(Reason::Quantized, sentence("{} reads it through other operators", named(view, reader)),
                      blame(view, reader));
    if (view.uses(value).size() != 1 || view.isGraphOutput(value))
        return inTheWay(view, node, "others read it too");
    Quantized quantized;
    quantized.dequantize = node;
    if (hasBlocks(view, node))
        return inTheWay(view, node, "it has a scale for each block");
    if (auto made = readQuantizer(view, node, quantized); !made)
        return tl::make_unexpected(made.error());
    auto integers =
        constantOf(view, view.input(quantized.quantize == NodeIndex::None ? node : quantized.quantize, 0));
    const auto scales = constantOf(view, view.input(node, 1));
    if (!integers || !scales || integers->tensor.elements() == 0 || !integers->through.empty())
        return inTheWay(view, node, "it is computed at run time");
    if (quantized.quantize == NodeIndex::None)
        quantized.type = integers->type;
    else if (integers->type != DataType::Float)
        return inTheWay(view, quantized.quantize, sentence("it quantizes {} values", name(integers->type)));
    const DataType type = quantized.type;
    if (type != DataType::Int8 && type != DataType::UInt8 && type != DataType::Int32)
        return inTheWay(view, node, sentence("{} integers are not supported", name(type)));
    const auto tooMany = [](const Constant& constant) {
        return constant.tensor.elements() > static_cast<std::uint64_t>(mostChannels);
    };
    if (tooMany(*scales))
        return inTheWay(view, node, "it has too many scales");
    const auto scaleValues = values(*scales);
    if (!scaleValues || scaleValues->empty())
        return inTheWay(view, node, "its scale cannot be read");
    if (scales->type != DataType::Float)
        return inTheWay(view, node, sentence("{} scales are not supported", name(scales->type)));
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
    std::vector<double> factors;
    factors.reserve(s.size());
    for (const double factor : s)
        factors.push_back(std::abs(factor));
    if (view.domain(node).empty() && opsetOf(view, node) < 13 && !staysPerTensor(quantized, factors))
        return inTheWay(view, node, "one scale for each channel needs opset 13");
    if (quantized.type == DataType::Int32)
        return inTheWay(view, node, "int32 weights are not supported");
    if (quantized.quantize == NodeIndex::None &&
        quantized.integers.tensor.elements() > TensorView::mostAtOnce)
        return inTheWay(view, node, "it has too many integers to hold them in memory");
    if (std::ranges::none_of(s, [](double factor) { return factor < 0; }))
        return {};
    const std::size_t after = product(quantized.integers.dims, axis + 1), channels = s.size();
    std::optional<Sentence> why;
    const auto look = [&](std::uint64_t first, std::span<const double> numbers) {
        for (std::size_t e = 0; e < numbers.size() && !why; ++e) {
            const std::size_t channel = (static_cast<std::size_t>(first) + e) / after % channels;
            if (s[channel] < 0)
                why = whyNotNegated(quantized, channel, numbers[e]);
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
    Requantized result;
    // A scale that becomes 0 would be divided by where the floats are quantized: what is left of them is
    // rounded to the old steps.
    for (std::size_t c = 0; c < s.size(); ++c) {
        const double old = at(weight.scales, c), now = old * std::abs(s[c]);
        const bool dividesByZero = weight.quantize != NodeIndex::None && static_cast<float>(now) == 0;
        result.scales.push_back(dividesByZero ? old : now);
    }
    if (weight.quantize != NodeIndex::None)
        return result;
    auto integers = weight.integers.tensor.doubles();
    if (!integers)
        return tl::make_unexpected(integers.error());
    const std::size_t after = product(weight.integers.dims, axis + 1);
    for (std::size_t e = 0; e < integers->size(); ++e) {
        if (s[e / after % s.size()] < 0)
            (*integers)[e] = -(*integers)[e];
    }
    result.integers = storedIntegers(weight.integers.type, *integers);
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
    result.integers = storedIntegers(DataType::Int32, steps);
    return result;
}

} // namespace pleat
