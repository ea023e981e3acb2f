// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Scaling.h"

#include "core/tensor/Kernels.h"

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

} // namespace

Result<Payload> scaled(const TensorView& tensor, const WeightLayout& layout, Factors output, Factors input)
{
    const Payload& payload = tensor.payload();
    const auto make = [&](ScaledBytes content) {
        return Payload{std::make_shared<const ScaledBytes>(std::move(content)), payload.external};
    };
    if (const auto* earlier = std::get_if<Scaled>(&payload.content);
        earlier && (*earlier)->layout == layout) {
        ScaledBytes both = **earlier;
        both.output = product(both.output, output);
        both.input = product(both.input, input);
        return make(std::move(both));
    }
    StoredBytes base;
    if (const auto* range = std::get_if<FileRange>(&payload.content)) {
        base = *range;
    } else if (const auto* bytes = std::get_if<Bytes>(&payload.content)) {
        base = *bytes;
    } else if (const auto* plain = std::get_if<Scaled>(&payload.content);
               plain && !(*plain)->output && !(*plain)->input) {
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
    return make({std::move(base), tensor.type(), layout, std::move(output), std::move(input)});
}

Payload repeated(Bytes element, std::uint64_t elements)
{
    const std::uint64_t size = element->size() * elements;
    ScaledBytes content;
    content.base = Repeated{std::move(element), size};
    return Payload{std::make_shared<const ScaledBytes>(std::move(content))};
}

Payload stored(DataType type, const std::vector<double>& values)
{
    auto bytes = std::make_shared<std::vector<std::byte>>(storedBytes(type, values.size()));
    narrow(type, values, *bytes);
    return Payload{Bytes(std::move(bytes))};
}

} // namespace pleat
