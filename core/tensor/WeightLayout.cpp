// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/WeightLayout.h"

namespace pleat {

std::uint64_t WeightLayout::elements() const
{
    std::uint64_t product = 1;
    for (const Axis& axis : axes)
        product *= axis.extent;
    return product;
}

WeightLayout WeightLayout::convolution(std::uint64_t outputs, std::uint64_t inputs, std::uint64_t kernel,
                                       std::uint64_t groups)
{
    const std::uint64_t m = outputs / groups, c = inputs / groups;
    return {{{groups, m, c}, {m, 1, 0}, {c, 0, 1}, {kernel, 0, 0}}, outputs, inputs};
}

WeightLayout WeightLayout::transposedConvolution(std::uint64_t outputs, std::uint64_t inputs,
                                                 std::uint64_t kernel, std::uint64_t groups)
{
    const std::uint64_t m = outputs / groups, c = inputs / groups;
    return {{{groups, m, c}, {c, 0, 1}, {m, 1, 0}, {kernel, 0, 0}}, outputs, inputs};
}

WeightLayout WeightLayout::matrix(std::uint64_t k, std::uint64_t n, bool transposed)
{
    if (transposed)
        return {{{n, 1, 0}, {k, 0, 1}}, n, k};
    return {{{k, 0, 1}, {n, 1, 0}}, n, k};
}

WeightLayout WeightLayout::plain(std::uint64_t elements)
{
    return {{{elements, 0, 0}}, 1, 1};
}

} // namespace pleat
