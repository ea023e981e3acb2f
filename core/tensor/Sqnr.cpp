// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Sqnr.h"

#include "core/tensor/Blocks.h"
#include "core/tensor/Runs.h"

#include <array>
#include <cmath>

namespace pleat {

namespace {

constexpr std::size_t clippings = 64;        // ranges that are tried, and bins on each side of 0
constexpr std::uint64_t mostClipped = 65536; // channels that have a histogram each

double noiseOf(double value, const UniformQuantizer& quantizer)
{
    const double off = value - quantizer(value);
    return off * off;
}

// Four sums side by side.
double noiseOf(std::span<const double> values, const UniformQuantizer& quantizer)
{
    std::array<double, 4> sums{};
    std::size_t e = 0;
    for (; e + sums.size() <= values.size(); e += sums.size())
        for (std::size_t lane = 0; lane < sums.size(); ++lane)
            sums[lane] += noiseOf(values[e + lane], quantizer);
    for (; e < values.size(); ++e)
        sums[0] += noiseOf(values[e], quantizer);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The quantizers of a scheme with the noise that each has left so far, Σ (x − x̂)².
struct Noisy {
    Quantizers quantizers;
    std::vector<double> noise;

    explicit Noisy(std::size_t count) : quantizers(count), noise(count) {}
};

// How far values reach towards the ends of their range, on either side of 0.
struct Reaches {
    std::array<std::uint32_t, clippings> below{}, above{};
};

void count(Reaches& reaches, double value, const Range& range)
{
    const double end = value < 0 ? range.min : range.max;
    if (end == 0)
        return;
    const auto bin = std::min(static_cast<std::size_t>(value / end * clippings), clippings - 1);
    ++(value < 0 ? reaches.below : reaches.above)[bin];
}

// The part of the range that is to leave the least noise.
Range clippedRange(const Reaches& reaches, const QuantizationScheme& scheme, const Range& range)
{
    const double least = std::min(range.min, 0.0), most = std::max(range.max, 0.0);
    const double reach = std::max(-least, most);
    const double half = std::exp2(scheme.bits - 1) - 1, levels = std::exp2(scheme.bits) - 1;
    Range best = range;
    double bestNoise = std::numeric_limits<double>::infinity();
    for (std::size_t k = clippings; k > 0; --k) {
        const double part = static_cast<double>(k) / clippings;
        const Range tried =
            scheme.symmetric ? Range{-reach * part, reach * part} : Range{least * part, most * part};
        const double step = scheme.symmetric ? tried.max / half : (tried.max - tried.min) / levels;
        double noise = 0;
        for (const auto& [side, end, clip] :
             {std::tuple(&reaches.below, -least, -tried.min), std::tuple(&reaches.above, most, tried.max)}) {
            for (std::size_t bin = 0; bin < clippings; ++bin) {
                const double value = (static_cast<double>(bin) + 0.5) / clippings * end;
                const double off = value - clip;
                noise += (*side)[bin] * (off > 0 ? off * off : step * step / 12);
            }
        }
        if (noise < bestNoise) {
            bestNoise = noise;
            best = tried;
        }
    }
    return best;
}

double finite(double value)
{
    return std::isfinite(value) ? value : 0; // which costs nothing and leaves no noise
}

class Lens final {
public:
    Lens(const TensorView& tensor, const WeightLayout& layout, const Statistics& statistics,
         std::span<const QuantizationScheme> schemes)
        : m_tensor(tensor),
          m_layout(layout),
          m_statistics(statistics)
    {
        for (QuantizationScheme scheme : schemes) {
            const bool clipped = scheme.clipped && !(scheme.perChannel && layout.outputs > mostClipped);
            scheme.clipped = false;
            const std::size_t whole = add(scheme);
            scheme.clipped = clipped;
            m_asked.emplace_back(whole, clipped ? add(scheme) : whole);
        }
    }

    Result<std::vector<double>> run(Progress& progress, const std::stop_token& stop)
    {
        if (auto done = setRanges(progress, stop); !done)
            return tl::make_unexpected(done.error());
        if (auto done = measure(progress, stop); !done)
            return tl::make_unexpected(done.error());
        std::vector<double> ratios;
        ratios.reserve(m_asked.size());
        for (const auto& [whole, clipped] : m_asked) {
            const std::vector<double>&a = m_quantizers[whole].noise, &b = m_quantizers[clipped].noise;
            double noise = 0;
            for (std::size_t q = 0; q < a.size(); ++q)
                noise += std::min(a[q], b[q]);
            ratios.push_back(m_any ? 10 * std::log10(m_signal / noise)
                                   : std::numeric_limits<double>::quiet_NaN());
            if (m_any && noise == 0)
                ratios.back() = std::numeric_limits<double>::infinity();
        }
        return ratios;
    }

private:
    std::size_t add(const QuantizationScheme& scheme)
    {
        const auto known = std::ranges::find(m_schemes, scheme);
        if (known != m_schemes.end())
            return static_cast<std::size_t>(known - m_schemes.begin());
        m_schemes.push_back(scheme);
        m_quantizers.emplace_back(scheme.perChannel ? m_layout.outputs : 1);
        return m_schemes.size() - 1;
    }

    Result<void> setRanges(Progress& progress, const std::stop_token& stop)
    {
        const auto wants = [this](bool perChannel) {
            return std::ranges::any_of(m_schemes, [perChannel](const QuantizationScheme& scheme) {
                return scheme.clipped && scheme.perChannel == perChannel;
            });
        };
        Reaches all;
        std::vector<Reaches> channels(wants(true) ? m_layout.outputs : 0);
        if (wants(true) || wants(false)) {
            auto read = forEachBlock(
                m_tensor, progress, stop, [&](std::uint64_t first, std::span<const double> values) {
                    forEachRun(m_layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
                        for (std::uint64_t e = 0; e < run.length; ++e) {
                            const double value = finite(values[run.position + e]);
                            count(all, value, m_statistics.range);
                            const std::uint64_t channel = run.output + e * run.outputStep;
                            if (!channels.empty())
                                count(channels[channel], value, m_statistics.channels[channel]);
                        }
                    });
                });
            if (!read)
                return read;
        }
        for (std::size_t s = 0; s < m_schemes.size(); ++s) {
            const QuantizationScheme& scheme = m_schemes[s];
            for (std::size_t q = 0; q < m_quantizers[s].quantizers.size(); ++q) {
                const Range& range = scheme.perChannel ? m_statistics.channels[q] : m_statistics.range;
                m_quantizers[s].quantizers[q] =
                    quantizerFor(scheme, scheme.clipped ? clippedRange(scheme.perChannel ? channels[q] : all,
                                                                       scheme, range)
                                                        : range);
            }
        }
        return {};
    }

    Result<void> measure(Progress& progress, const std::stop_token& stop)
    {
        return forEachBlock(m_tensor, progress, stop, [&](std::uint64_t first, std::span<double> values) {
            for (double& value : values) {
                m_any = m_any || std::isfinite(value);
                value = finite(value);
                m_signal += value * value;
            }
            for (std::size_t s = 0; s < m_schemes.size(); ++s) {
                Noisy& to = m_quantizers[s];
                if (!m_schemes[s].perChannel)
                    to.noise[0] += noiseOf(values, to.quantizers[0]);
            }
            forEachRun(m_layout, Follow::Outputs, first, values.size(), [&](const Run& run) {
                for (std::size_t s = 0; s < m_schemes.size(); ++s)
                    if (m_schemes[s].perChannel)
                        addRun(m_quantizers[s], run, values.subspan(run.position, run.length));
            });
        });
    }

    static void addRun(Noisy& to, const Run& run, std::span<const double> values)
    {
        if (run.outputStep == 0) {
            to.noise[run.output] += noiseOf(values, to.quantizers[run.output]);
            return;
        }
        for (std::size_t e = 0; e < values.size(); ++e) {
            const std::uint64_t channel = run.output + e * run.outputStep;
            to.noise[channel] += noiseOf(values[e], to.quantizers[channel]);
        }
    }

    const TensorView& m_tensor;
    const WeightLayout& m_layout;
    const Statistics& m_statistics;
    std::vector<QuantizationScheme> m_schemes;                // each once, those without clipping for all
    std::vector<Noisy> m_quantizers;                          // one a scheme
    std::vector<std::pair<std::size_t, std::size_t>> m_asked; // without clipping and as asked for
    double m_signal = 0;
    bool m_any = false; // a finite value
};

} // namespace

UniformQuantizer quantizerFor(const QuantizationScheme& scheme, const Range& range)
{
    const double least = std::min(range.min, 0.0), most = std::max(range.max, 0.0);
    const double levels = std::exp2(scheme.bits) - 1, half = std::exp2(scheme.bits - 1) - 1;
    double step = scheme.symmetric ? std::max(-least, most) / half : (most - least) / levels;
    if (!(step > 0) || !std::isfinite(step))
        step = 1; // of zeros only
    const double zero = std::nearbyint(-least / step);
    return {step, scheme.symmetric ? -half : -zero, scheme.symmetric ? half : levels - zero};
}

std::span<const QuantizationScheme> commonSchemes()
{
    static const std::vector<QuantizationScheme> all = [] {
        std::vector<QuantizationScheme> schemes;
        schemes.reserve(16);
        for (const int bits : {8, 4})
            for (const bool perChannel : {false, true})
                for (const bool symmetric : {true, false})
                    for (const bool clipped : {false, true})
                        schemes.push_back({bits, perChannel, symmetric, clipped});
        return schemes;
    }();
    return all;
}

Result<std::vector<double>> sqnr(const TensorView& tensor, const WeightLayout& layout,
                                 const Statistics& statistics, std::span<const QuantizationScheme> schemes,
                                 Progress& progress, const std::stop_token& stop)
{
    return Lens(tensor, layout, statistics, schemes).run(progress, stop);
}

} // namespace pleat
