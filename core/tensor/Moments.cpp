// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled without contraction of products and sums, so that no result depends on the processor.
#include "core/tensor/Moments.h"

#include "core/tensor/Codecs.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace pleat {

namespace {

constexpr std::size_t lanes = 16; // as many sums side by side with all instructions

template<class Number>
struct Sums {
    Number low = std::numeric_limits<Number>::infinity(), high = -std::numeric_limits<Number>::infinity();
    double sum = 0, squares = 0; // of x - shift
    std::uint64_t zeros = 0, small = 0;
    bool isFinite = true; // otherwise nothing of it means anything
};

#if defined(__GNUC__)

// `width` is that of the vectors in bytes. Elements are gone through in groups of `lanes`.
template<class Number, std::size_t width>
struct SumLoop {
    [[gnu::always_inline]] static void run(const std::byte* elements, std::size_t count, double shift,
                                           Number leastNormal, Sums<Number>* into)
    {
        constexpr std::size_t inVector = width / sizeof(Number), doubles = width / sizeof(double);
        constexpr std::size_t vectors = lanes / inVector, sums = lanes / doubles;
        constexpr std::size_t ahead = 2048; // bytes, which the processor does not fetch by itself as early
        using Count = std::conditional_t<sizeof(Number) == 4, std::int32_t, std::int64_t>;
        using Vector [[gnu::vector_size(width)]] = Number;
        using Part [[gnu::vector_size(doubles * sizeof(Number))]] = Number;
        using Doubles [[gnu::vector_size(width)]] = double;
        using Counts [[gnu::vector_size(width)]] = Count;
        Vector low[vectors], high[vectors], notFinite[vectors];
        Counts zeros[vectors], small[vectors];
        Doubles sum[sums], squares[sums];
        for (std::size_t v = 0; v < vectors; ++v) {
            low[v] = Vector{} + into->low;
            high[v] = Vector{} + into->high;
            notFinite[v] = Vector{};
            zeros[v] = small[v] = Counts{};
        }
        for (std::size_t v = 0; v < sums; ++v)
            sum[v] = squares[v] = Doubles{};
        for (std::size_t e = 0; e + lanes <= count; e += lanes) {
            const std::byte* const at = elements + e * sizeof(Number);
            __builtin_prefetch(at + ahead);
            for (std::size_t v = 0; v < vectors; ++v) {
                Vector x;
                std::memcpy(&x, at + v * width, width);
                low[v] = x < low[v] ? x : low[v];
                high[v] = x > high[v] ? x : high[v];
                notFinite[v] += x - x; // NOLINT(misc-redundant-expression): 0, or NaN for good
                const Vector magnitude = x < 0 ? -x : x;
                zeros[v] += x == 0; // true is -1
                small[v] += magnitude < leastNormal;
            }
            for (std::size_t v = 0; v < sums; ++v) {
                Part part;
                std::memcpy(&part, at + v * sizeof part, sizeof part);
                const Doubles from = __builtin_convertvector(part, Doubles) - shift;
                sum[v] += from;
                squares[v] += from * from;
            }
        }
        for (std::size_t v = 0; v < vectors; ++v) {
            for (std::size_t l = 0; l < inVector; ++l) {
                into->low = std::min(into->low, low[v][l]);
                into->high = std::max(into->high, high[v][l]);
                into->isFinite = into->isFinite && notFinite[v][l] == 0;
                into->zeros += static_cast<std::uint64_t>(-zeros[v][l]);
                into->small += static_cast<std::uint64_t>(-small[v][l]);
            }
        }
        for (std::size_t v = 0; v < sums; ++v) {
            for (std::size_t l = 0; l < doubles; ++l) {
                into->sum += sum[v][l];
                into->squares += squares[v][l];
            }
        }
    }
};

template<class Number>
void runGroups(const std::byte* elements, std::size_t count, double shift, Number leastNormal,
               Sums<Number>* into)
{
    SumLoop<Number, 16>::run(elements, count, shift, leastNormal, into);
}

#if defined(__x86_64__)

template<class Number>
[[gnu::target("avx2")]] void runGroupsAvx2(const std::byte* elements, std::size_t count, double shift,
                                           Number leastNormal, Sums<Number>* into)
{
    SumLoop<Number, 32>::run(elements, count, shift, leastNormal, into);
}

template<class Number>
[[gnu::target("avx2,avx512f,avx512bw,avx512dq,avx512vl")]] void
runGroupsAvx512(const std::byte* elements, std::size_t count, double shift, Number leastNormal,
                Sums<Number>* into)
{
    SumLoop<Number, 64>::run(elements, count, shift, leastNormal, into);
}

#endif

template<class Number>
std::size_t addGroups(const std::byte* elements, std::size_t count, double shift, Number leastNormal,
                      [[maybe_unused]] Instructions set, Sums<Number>& into)
{
    // A count of 32 bits a lane holds.
    const std::size_t inGroups = std::min<std::size_t>(count / lanes, 0x7fffffff) * lanes;
#if defined(__x86_64__)
    if (set >= Instructions::Avx512)
        runGroupsAvx512(elements, inGroups, shift, leastNormal, &into);
    else if (set == Instructions::Avx2)
        runGroupsAvx2(elements, inGroups, shift, leastNormal, &into);
    else
#endif
        runGroups(elements, inGroups, shift, leastNormal, &into);
    return inGroups;
}

#else

template<class Number>
std::size_t addGroups(const std::byte*, std::size_t, double, Number, Instructions, Sums<Number>&)
{
    return 0;
}

#endif

// One by one, whatever they are: mean and squares by B. P. Welford, "Note on a method for calculating
// corrected sums of squares and products", 1962.
template<class Number>
Moments oneByOne(const std::byte* elements, std::size_t count, Number leastNormal)
{
    Moments moments;
    for (std::size_t e = 0; e < count; ++e) {
        const auto value = load<Number>(elements + e * sizeof(Number));
        if (!std::isfinite(value)) {
            ++(std::isnan(value) ? moments.nans : moments.infinities);
            continue;
        }
        moments.zeros += value == 0;
        moments.subnormals += value != 0 && std::abs(value) < leastNormal;
        const double x = value, from = x - moments.mean;
        moments.low = std::min(moments.low, x);
        moments.high = std::max(moments.high, x);
        moments.mean += from / static_cast<double>(++moments.finite);
        moments.squares += from * (x - moments.mean);
    }
    return moments;
}

} // namespace

void Moments::add(const Moments& other)
{
    nans += other.nans;
    infinities += other.infinities;
    if (other.finite == 0)
        return;
    const auto mine = static_cast<double>(finite), others = static_cast<double>(other.finite);
    const double between = other.mean - mean;
    finite += other.finite;
    zeros += other.zeros;
    subnormals += other.subnormals;
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    mean += between * (others / (mine + others));
    squares += other.squares + between * between * (mine * others / (mine + others));
}

template<class Number>
Moments momentsOf(const std::byte* elements, std::size_t count, Number leastNormal, Instructions set)
{
    constexpr std::size_t few = 2 * lanes;
    const auto first = count > 0 ? static_cast<double>(load<Number>(elements)) : 0;
    if (count < few || !std::isfinite(first))
        return oneByOne(elements, count, leastNormal);
    Sums<Number> sums;
    const std::size_t done = addGroups(elements, count, first, leastNormal, set, sums);
    if (!sums.isFinite || done == 0)
        return oneByOne(elements, count, leastNormal);
    Moments moments;
    const auto n = static_cast<double>(done);
    moments.finite = done;
    moments.zeros = sums.zeros;
    moments.subnormals = leastNormal > 0 ? sums.small - sums.zeros : 0;
    moments.low = sums.low;
    moments.high = sums.high;
    moments.mean = first + sums.sum / n;
    moments.squares = std::max(0.0, sums.squares - sums.sum * (sums.sum / n));
    moments.add(oneByOne(elements + done * sizeof(Number), count - done, leastNormal));
    return moments;
}

template Moments momentsOf<float>(const std::byte*, std::size_t, float, Instructions);
template Moments momentsOf<double>(const std::byte*, std::size_t, double, Instructions);

} // namespace pleat
