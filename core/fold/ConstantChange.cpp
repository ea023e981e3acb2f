// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/ConstantChange.h"

#include <algorithm>

namespace pleat {

Result<ChangedConstant> changed(const GraphView& view, const ConstantChange& change)
{
    const auto constant = constantOf(view, view.input(change.reader, change.slot)); // the search has seen it
    auto numbers = values(*constant);
    if (!numbers)
        return tl::make_unexpected(numbers.error());
    const Affine& affine = change.affine;
    ChangedConstant after;
    if (!affine.axis) {
        after.old = std::move(*numbers);
        after.dims = constant->dims;
        for (const double value : after.old)
            after.values.push_back(affine.s.front() * value + affine.t.front());
        return after;
    }
    // Lined up with what the reader makes, from behind.
    after.dims.assign(change.rank, 1);
    std::ranges::copy_backward(constant->dims, after.dims.end());
    const auto axis = static_cast<std::size_t>(*affine.axis);
    const bool widened = after.dims[axis] == 1;
    std::size_t inner = 1;
    for (std::size_t d = axis + 1; d < after.dims.size(); ++d)
        inner *= static_cast<std::size_t>(after.dims[d]);
    const std::size_t channels = affine.channels(),
                      outer = numbers->size() / inner / (widened ? 1 : channels);
    after.dims[axis] = static_cast<std::int64_t>(channels);
    after.values.reserve(outer * channels * inner);
    after.old.reserve(outer * channels * inner);
    for (std::size_t o = 0; o < outer; ++o) {
        for (std::size_t c = 0; c < channels; ++c) {
            const std::size_t from = (widened ? o : o * channels + c) * inner;
            for (std::size_t i = 0; i < inner; ++i) {
                after.old.push_back((*numbers)[from + i]);
                after.values.push_back(affine.s[c] * after.old.back() + affine.t[c]);
            }
        }
    }
    return after;
}

} // namespace pleat
