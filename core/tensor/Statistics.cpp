// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Statistics.h"

#include "core/tensor/BinCounter.h"
#include "core/tensor/Blocks.h"
#include "core/tensor/Codecs.h"
#include "core/tensor/Moments.h"
#include "core/tensor/Runs.h"

#include <cmath>
#include <limits>

namespace pleat {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The least normal number of a type; 0 for those that have no others.
double leastNormal(DataType type)
{
    switch (type) {
    case DataType::Float:
        return std::numeric_limits<float>::min();
    case DataType::BFloat16: // the exponents of float
        return std::numeric_limits<float>::min();
    case DataType::Double:
        return std::numeric_limits<double>::min();
    case DataType::Float16:
        return 0x1p-14;
    default:
        return 0;
    }
}

// Extremes and sums by channel, side by side so that neighbours are added to at once.
class Channels final {
public:
    explicit Channels(std::size_t count)
        : m_low(count, infinity),
          m_high(count, -infinity),
          m_sums(count),
          m_finite(count)
    {
    }

    void add(std::size_t channel, const Moments& moments)
    {
        m_low[channel] = std::min(m_low[channel], moments.low);
        m_high[channel] = std::max(m_high[channel], moments.high);
        m_sums[channel] += moments.mean * static_cast<double>(moments.finite);
        m_finite[channel] += moments.finite;
    }
    void add(std::size_t channel, double value)
    {
        if (!std::isfinite(value))
            return;
        m_low[channel] = std::min(m_low[channel], value);
        m_high[channel] = std::max(m_high[channel], value);
        m_sums[channel] += value;
        ++m_finite[channel];
    }
    // Element e belongs to channel first + e. REQUIRES: all are finite.
    template<class Number>
    void addRow(std::size_t first, const Number* elements, std::size_t count)
    {
        double* const low = m_low.data() + first;
        double* const high = m_high.data() + first;
        double* const sums = m_sums.data() + first;
        std::uint64_t* const finite = m_finite.data() + first;
        for (std::size_t e = 0; e < count; ++e) {
            const double value = elements[e];
            low[e] = value < low[e] ? value : low[e];
            high[e] = value > high[e] ? value : high[e];
            sums[e] += value;
            ++finite[e];
        }
    }

    void finish(Statistics& into) const
    {
        into.channels.reserve(m_low.size());
        into.means.reserve(m_low.size());
        for (std::size_t c = 0; c < m_low.size(); ++c) {
            into.channels.push_back(m_finite[c] > 0 ? Range{m_low[c], m_high[c]} : Range{});
            into.means.push_back(m_finite[c] > 0 ? m_sums[c] / static_cast<double>(m_finite[c]) : 0);
        }
    }

private:
    std::vector<double> m_low, m_high, m_sums;
    std::vector<std::uint64_t> m_finite;
};

// What a block of elements, floats or doubles, adds.
template<class Number>
void addBlock(const Number* elements, std::uint64_t first, std::size_t count, const WeightLayout& layout,
              double least, Moments& all, Channels& channels)
{
    const auto tiny = static_cast<Number>(least);
    const Instructions set = bestInstructions();
    const auto momentsAt = [&](std::uint64_t position, std::uint64_t length) {
        return momentsOf<Number>(reinterpret_cast<const std::byte*>(elements + position), length, tiny, set);
    };
    forEachRun(layout, Follow::Outputs, first, count, [&](const Run& run) {
        const Moments moments = momentsAt(run.position, run.length);
        all.add(moments);
        if (run.outputStep == 0 || run.length == 1) {
            channels.add(run.output, moments);
            return;
        }
        if (run.outputStep == 1 && moments.finite == run.length) {
            channels.addRow(run.output, elements + run.position, run.length);
            return;
        }
        for (std::uint64_t e = 0; e < run.length; ++e)
            channels.add(run.output + e * run.outputStep, static_cast<double>(elements[run.position + e]));
    });
}

} // namespace

Result<Statistics> statistics(const TensorView& tensor, const WeightLayout& layout, Progress& progress,
                              std::stop_token stop)
{
    Moments all;
    Channels channels(layout.outputs);
    const double least = leastNormal(tensor.type());
    const auto read =
        tensor.type() == DataType::Float
            ? forEachFloatBlock(tensor, progress, stop,
                                [&](std::uint64_t first, std::span<const float> values) {
                                    addBlock(values.data(), first, values.size(), layout, least, all,
                                             channels);
                                })
            : forEachBlock(tensor, progress, stop, [&](std::uint64_t first, std::span<const double> values) {
                  addBlock(values.data(), first, values.size(), layout, least, all, channels);
              });
    if (!read)
        return tl::make_unexpected(read.error());
    Statistics result;
    result.count = tensor.elements();
    result.nans = all.nans;
    result.infinities = all.infinities;
    result.zeros = all.zeros;
    result.subnormals = all.subnormals;
    result.range = all.finite > 0 ? Range{all.low, all.high} : Range{};
    result.mean = all.mean;
    result.deviation = all.finite > 0 ? std::sqrt(all.squares / static_cast<double>(all.finite)) : 0;
    channels.finish(result);
    return result;
}

double binStart(const Histogram& histogram, std::size_t bin)
{
    const Range& range = histogram.range;
    if (bin >= histogram.bins.size())
        return range.max;
    return range.min +
           static_cast<double>(bin) * ((range.max - range.min) / static_cast<double>(histogram.bins.size()));
}

double entropy(const Histogram& histogram)
{
    double all = 0, sum = 0;
    for (const std::uint64_t count : histogram.bins)
        all += static_cast<double>(count);
    for (const std::uint64_t count : histogram.bins)
        if (count > 0)
            sum -= static_cast<double>(count) / all * std::log2(static_cast<double>(count) / all);
    return sum;
}

Result<Histogram> histogram(const TensorView& tensor, Range range, std::size_t bins, Progress& progress,
                            std::stop_token stop)
{
    const BinCounter counter(range, bins);
    Histogram result = counter.empty();
    const auto countAll = [&](std::uint64_t, const auto& values) { counter.countAll(values, result); };
    const auto read = tensor.type() == DataType::Float ? forEachFloatBlock(tensor, progress, stop, countAll)
                                                       : forEachBlock(tensor, progress, stop, countAll);
    if (!read)
        return tl::make_unexpected(read.error());
    return result;
}

} // namespace pleat
