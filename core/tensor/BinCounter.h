// SPDX-License-Identifier: GPL-3.0-or-later
// Which bin of a histogram a value belongs to, exactly as binStart() says where bins begin. Private to
// core/tensor.
#pragma once

#include "core/tensor/Statistics.h"

#include <algorithm>
#include <cmath>

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

private:
    Range m_range;
    std::size_t m_last;
    std::vector<double> m_starts;
    double m_perValue = 0; // bins in a unit; 0 where that cannot be told
};

} // namespace pleat
