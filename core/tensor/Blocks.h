// SPDX-License-Identifier: GPL-3.0-or-later
// Reading a tensor as doubles, block by block: the loop under everything that looks at all weights of a
// layer.
#pragma once

#include "core/base/Progress.h"
#include "core/tensor/TensorView.h"

#include <algorithm>
#include <stop_token>

namespace pleat {

// Calls visit(first element, std::span<double>) for consecutive blocks; the visitor may change the values.
// Errors: those of TensorView::readDoubles(); Cancelled.
template<class Visit>
Result<void> forEachBlock(const TensorView& tensor, Progress& progress, const std::stop_token& stop,
                          Visit visit)
{
    constexpr std::uint64_t blockElements = 1 << 16;
    const std::uint64_t count = tensor.elements();
    std::vector<double> values(std::min(count, blockElements));
    for (std::uint64_t first = 0; first < count; first += values.size()) {
        if (stop.stop_requested())
            return cancelled();
        values.resize(std::min(count - first, blockElements));
        if (auto read = tensor.readDoubles(first, values); !read)
            return read;
        visit(first, std::span<double>(values));
        progress.advance(first + values.size(), count);
    }
    return {};
}

// The same without telling how far it is.
template<class Visit>
Result<void> forEachBlock(const TensorView& tensor, const std::stop_token& stop, Visit visit)
{
    NoProgress quiet;
    return forEachBlock(tensor, quiet, stop, std::move(visit));
}

} // namespace pleat
