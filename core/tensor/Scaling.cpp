// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Scaling.h"

#include "core/tensor/Kernels.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace pleat {

namespace {

Factors product(const Factors& a, const Factors& b)
{
    if (!a || !b)
        return a ? a : b;
    auto both = std::make_shared<std::vector<double>>(*a);
    for (std::size_t c = 0; c < both->size(); ++c)
        (*both)[c] *= (*b)[c];
    return both;
}

template<class Integer>
Payload packed(const std::vector<double>& values)
{
    auto bytes = std::make_shared<std::vector<std::byte>>(values.size() * sizeof(Integer));
    for (std::size_t e = 0; e < values.size(); ++e) {
        const auto integer = static_cast<Integer>(values[e]);
        assert(static_cast<double>(integer) == values[e]);
        std::memcpy(bytes->data() + e * sizeof(Integer), &integer, sizeof(Integer));
    }
    return Payload{Bytes(std::move(bytes))};
}

} // namespace

Result<Payload> scaled(const TensorView& tensor, const WeightLayout& layout, Factors output, Factors input,
                       Overflow overflow)
{
    const Payload& payload = tensor.payload();
    const auto make = [&](ScaledBytes content) {
        return Payload{std::make_shared<const ScaledBytes>(std::move(content)), payload.external};
    };
    if (const auto* earlier = std::get_if<Scaled>(&payload.content);
        earlier && (*earlier)->layout == layout && !(*earlier)->quantizers) {
        ScaledBytes both = **earlier;
        both.output = product(both.output, output);
        both.input = product(both.input, input);
        if (overflow == Overflow::IsWanted)
            both.overflow = overflow;
        return make(std::move(both));
    }
    StoredBytes base;
    if (const auto* range = std::get_if<FileRange>(&payload.content)) {
        base = *range;
    } else if (const auto* bytes = std::get_if<Bytes>(&payload.content)) {
        base = *bytes;
    } else if (const auto* plain = std::get_if<Scaled>(&payload.content);
               plain && !(*plain)->output && !(*plain)->input && !(*plain)->quantizers) {
        base = (*plain)->base;
    } else {
        if (tensor.elements() > TensorView::mostAtOnce)
            return failure(ErrorCode::Unsupported,
                           "Tensor \"" + tensor.name() + "\" is too large to be folded in two ways at once.",
                           tensor.name());
        auto computed = std::make_shared<std::vector<std::byte>>(payload.size());
        if (auto read = tensor.read(0, tensor.elements(), *computed); !read)
            return tl::make_unexpected(read.error());
        base = Bytes(std::move(computed));
    }
    return make({std::move(base), tensor.type(), layout, std::move(output), std::move(input), overflow});
}

Result<Payload> roundedToGrid(const TensorView& tensor, const WeightLayout& layout, Quantizers quantizers)
{
    auto payload = scaled(tensor, layout, nullptr, nullptr, Overflow::IsWanted);
    if (!payload)
        return payload;
    ScaledBytes content = *std::get<Scaled>(payload->content);
    content.quantizers = std::make_shared<const Quantizers>(std::move(quantizers));
    payload->content = std::make_shared<const ScaledBytes>(std::move(content));
    return payload;
}

TensorView withoutFactors(const TensorView& tensor)
{
    const auto* scaled = std::get_if<Scaled>(&tensor.payload().content);
    if (!scaled)
        return tensor;
    ScaledBytes plain = **scaled;
    plain.output = plain.input = nullptr;
    plain.quantizers = nullptr;
    return {tensor.name(), tensor.type(), tensor.dims(),
            Payload{std::make_shared<const ScaledBytes>(std::move(plain)), tensor.payload().external}};
}

std::uint64_t overflows(const TensorView& tensor, std::uint64_t first, std::span<const std::byte> block)
{
    const std::uint64_t after = tensor.payload().isScaled() ? countNonFinite(tensor.type(), block) : 0;
    if (after == 0)
        return 0;
    std::vector<std::byte> stored(block.size());
    if (!withoutFactors(tensor).read(first, block.size() / storedBytes(tensor.type(), 1), stored))
        return after;
    return after - std::min(after, countNonFinite(tensor.type(), stored));
}

Payload repeated(Bytes element, std::uint64_t elements)
{
    const std::uint64_t size = element->size() * elements;
    ScaledBytes content;
    content.base = Repeated{std::move(element), size};
    return Payload{std::make_shared<const ScaledBytes>(std::move(content))};
}

Payload composed(DataType type, ByteSourcePointer source)
{
    ScaledBytes content;
    content.base = std::move(source);
    content.type = type;
    return Payload{std::make_shared<const ScaledBytes>(std::move(content))};
}

Payload stored(DataType type, const std::vector<double>& values)
{
    assert(isFoldable(type));
    auto bytes = std::make_shared<std::vector<std::byte>>(storedBytes(type, values.size()));
    narrow(type, values, *bytes);
    return Payload{Bytes(std::move(bytes))};
}

Payload storedIntegers(DataType type, const std::vector<double>& values)
{
    switch (type) {
    case DataType::Int8:
        return packed<std::int8_t>(values);
    case DataType::UInt8:
        return packed<std::uint8_t>(values);
    case DataType::Int32:
        return packed<std::int32_t>(values);
    default:
        assert(type == DataType::Int64);
        return packed<std::int64_t>(values);
    }
}

} // namespace pleat
