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

// The same for tensors of type Float as floats, in place where they are in memory.
template<class Visit>
Result<void> forEachFloatBlock(const TensorView& tensor, Progress& progress, const std::stop_token& stop,
                               Visit visit)
{
    constexpr std::uint64_t blockElements = 1 << 16;
    const std::uint64_t count = tensor.elements();
    const std::span<const std::byte> there = tensor.inMemory();
    std::vector<float> values(there.empty() ? std::min(count, blockElements) : 0);
    for (std::uint64_t first = 0; first < count; first += blockElements) {
        if (stop.stop_requested())
            return cancelled();
        const std::uint64_t length = std::min(count - first, blockElements);
        std::span<const float> block(reinterpret_cast<const float*>(there.data()) +
                                         (there.empty() ? 0 : first),
                                     there.empty() ? 0 : length);
        if (there.empty()) {
            values.resize(length);
            if (auto read = tensor.read(first, length, std::as_writable_bytes(std::span(values))); !read)
                return read;
            block = values;
        }
        visit(first, block);
        progress.advance(first + length, count);
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
