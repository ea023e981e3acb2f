// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/ConstantAxis.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <span>

namespace pleat {

namespace {

// One axis that the numbers may vary along: the first number seen at each of its positions.
class Suspect final {
public:
    Suspect(int axis, const std::vector<StoredAxis>& stored) : m_axis(axis), m_stored(stored)
    {
        std::uint64_t positions = 1;
        m_run = std::numeric_limits<std::uint64_t>::max();
        for (const StoredAxis& part : stored) {
            positions *= part.extent;
            m_run = std::min(m_run, part.stride);
        }
        m_numbers.resize(static_cast<std::size_t>(positions));
        m_seen.resize(static_cast<std::size_t>(positions));
    }

    // False when two numbers at one position differ: they vary along another axis as well.
    bool agrees(std::uint64_t first, std::span<const double> block)
    {
        for (std::size_t at = 0; at < block.size();) {
            const std::uint64_t element = first + at;
            const std::size_t place = position(element);
            // Strides divide each other, so the position changes where the smallest of them ends only.
            const std::size_t end =
                at +
                static_cast<std::size_t>(std::min<std::uint64_t>(m_run - element % m_run, block.size() - at));
            if (!m_seen[place]) {
                m_seen[place] = true;
                m_numbers[place] = block[at++];
            }
            for (; at < end; ++at) {
                if (block[at] != m_numbers[place])
                    return false;
            }
        }
        return true;
    }

    AlongAxis answer() && { return {m_axis, std::move(m_numbers)}; }

private:
    std::size_t position(std::uint64_t element) const
    {
        std::uint64_t place = 0;
        for (const StoredAxis& part : m_stored)
            place = place * part.extent + element / part.stride % part.extent;
        return static_cast<std::size_t>(place);
    }

    int m_axis;
    std::span<const StoredAxis> m_stored;
    std::uint64_t m_run;
    std::vector<double> m_numbers;
    std::vector<bool> m_seen;
};

} // namespace

Result<std::optional<AlongAxis>> alongOneAxis(const Constant& constant)
{
    const TensorView& tensor = constant.tensor;
    assert(tensor.elements() > 0);
    const std::vector<std::vector<StoredAxis>> stored = axes(constant);
    std::vector<Suspect> suspects;
    for (std::size_t d = 0; d < constant.dims.size(); ++d) {
        if (constant.dims[d] > 1)
            suspects.emplace_back(static_cast<int>(d), stored[d]);
    }
    double number = 0;
    bool same = true;
    std::vector<double> block;
    constexpr std::uint64_t blockElements = 1 << 16;
    for (std::uint64_t first = 0; first < tensor.elements(); first += block.size()) {
        block.resize(std::min(tensor.elements() - first, blockElements));
        if (auto read = tensor.readDoubles(first, block); !read)
            return tl::make_unexpected(read.error());
        if (first == 0)
            number = block.front();
        const auto others = std::span<const double>(block).subspan(first == 0);
        same = same && std::ranges::all_of(others, [&](double other) { return other == number; });
        std::erase_if(suspects, [&](Suspect& suspect) { return !suspect.agrees(first, block); });
        if (suspects.empty() && !same)
            return std::nullopt;
    }
    if (same)
        return AlongAxis{-1, {number}};
    return std::move(suspects.front()).answer();
}

} // namespace pleat
