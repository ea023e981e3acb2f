// SPDX-License-Identifier: GPL-3.0-or-later
// Which bin of a histogram a value belongs to, exactly as binStart() says where bins begin. Private to
// core/tensor.
#pragma once

#include "core/tensor/Instructions.h"
#include "core/tensor/Statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace pleat {

class BinCounter final {
public:
    BinCounter(Range range, std::size_t bins) : m_range(range), m_last(std::max<std::size_t>(bins, 1) - 1)
    {
        const Histogram empty = this->empty();
        m_starts.reserve(m_last + 1);
        for (std::size_t bin = 0; bin <= m_last; ++bin)
            m_starts.push_back(binStart(empty, bin));
        const double width = range.max - range.min;
        const double density = static_cast<double>(m_last + 1) / width;
        m_perValue = width > 0 && std::isfinite(width) && std::isfinite(density) ? density : 0;
        // Some roundings of the place, and of where the bin begins.
        if (m_perValue > 0 && m_last < std::size_t{1} << 30)
            m_margin = 0x1p-50 * (static_cast<double>(m_last + 1) +
                                  std::max(std::abs(range.min), std::abs(range.max)) * density);
    }

    Histogram empty() const { return {m_range, std::vector<std::uint64_t>(m_last + 1)}; }

    // Values outside the range count nowhere.
    void count(double value, Histogram& into) const
    {
        if (!(value >= m_range.min && value <= m_range.max))
            return;
        // The product may be off by a rounding where a bin begins.
        auto bin = m_perValue > 0
                       ? std::min(static_cast<std::size_t>((value - m_range.min) * m_perValue), m_last)
                       : 0;
        if (value < m_starts[bin])
            --bin;
        else if (bin < m_last && value >= m_starts[bin + 1])
            ++bin;
        ++into.bins[bin];
    }

    // All of them. Where a value stands clearly within its bin, which nearly all do, the product says which;
    // the others are counted one by one. Two counts a bin let a value go on that falls where the one before
    // fell.
    template<class Values> // a range of numbers in memory
    void countAll(const Values& all, Histogram& into) const
    {
        constexpr std::size_t step = 512, lanes = 2;
        const std::span values(all);
        std::vector<std::uint64_t> counts(lanes * into.bins.size());
        std::array<std::int32_t, step> found;
        for (std::size_t at = 0; at < values.size(); at += step) {
            const auto block = values.subspan(at, std::min(step, values.size() - at));
            run<Guess<typename decltype(block)::element_type>>(
                bestInstructions(), block.data(), block.size(), m_range.min, m_perValue,
                static_cast<double>(m_last + 1), 0.5 - m_margin, found.data());
            for (std::size_t i = 0; i < block.size(); ++i) {
                if (found[i] < 0)
                    count(static_cast<double>(block[i]), into);
                else
                    ++counts[i % lanes * into.bins.size() + static_cast<std::size_t>(found[i])];
            }
        }
        for (std::size_t place = 0; place < counts.size(); ++place)
            into.bins[place % into.bins.size()] += counts[place];
    }

private:
    // The bin of each value that stands less than `near` from the middle of it, else -1. NaN has none.
    template<class Value>
    struct Guess {
        [[gnu::always_inline]] static void run(const Value* values, std::size_t count, double least,
                                               double perValue, double end, double near, std::int32_t* found)
        {
            for (std::size_t i = 0; i < count; ++i) {
                const double place = (static_cast<double>(values[i]) - least) * perValue;
                const double above = place > 0 ? place : 0; // NaN, too
                const double within = above < end ? above : end;
                const auto bin = static_cast<std::int32_t>(within);
                const double off = within - bin - 0.5;
                found[i] = std::abs(off) < near ? bin : -1;
            }
        }
    };

    Range m_range;
    std::size_t m_last;
    std::vector<double> m_starts;
    double m_perValue = 0; // bins in a unit; 0 where that cannot be told
    double m_margin = 1;   // bins that product and binStart() may be apart from each other, or more
};

} // namespace pleat
