// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/SixteenBitVectors.h"

#include <array>
#include <cstring>
#include <numeric>

#if defined(__x86_64__) && defined(__GNUC__)
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // GCC 12 warns of its own header (PR 105593)
#endif
#include <immintrin.h>
#endif

namespace pleat {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

constexpr std::uint64_t longestRow = 64; // of those that are multiplied period by period

// What SixteenBits.h does with one double, with four or eight of them and with eight stored numbers.
template<class Format>
struct Vectors;

template<>
struct Vectors<Half> {
    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m256 widened(__m128i halves)
    {
        return _mm256_cvtph_ps(halves);
    }

    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m128 toFloats(__m256d values)
    {
        const __m256i low = _mm256_set1_epi64x((1 << 29) - 1);
        const __m256i bits = _mm256_castpd_si256(values);
        const __m256i carried = _mm256_add_epi64(_mm256_and_si256(bits, low), low);
        return _mm256_cvtpd_ps(_mm256_castsi256_pd(_mm256_andnot_si256(low, _mm256_or_si256(bits, carried))));
    }

    [[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl"), gnu::always_inline]] static __m256
    toFloats(__m512d values)
    {
        const __m512i low = _mm512_set1_epi64((1 << 29) - 1);
        const __m512i bits = _mm512_castpd_si512(values);
        const __m512i carried = _mm512_add_epi64(_mm512_and_si512(bits, low), low);
        constexpr int firstTwoWithoutThird = 0x54;
        return _mm512_cvtpd_ps(
            _mm512_castsi512_pd(_mm512_ternarylogic_epi64(bits, carried, low, firstTwoWithoutThird)));
    }

    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m128i narrowed(__m256 odd)
    {
        const __m128i rounded = _mm256_cvtps_ph(odd, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        // NaN keeps its sign and loses what it carries.
        const __m128i magnitude = _mm_and_si128(rounded, _mm_set1_epi16(0x7fff));
        const __m128i nan = _mm_cmpgt_epi16(magnitude, _mm_set1_epi16(0x7c00));
        return _mm_andnot_si128(_mm_and_si128(nan, _mm_set1_epi16(0x1ff)), rounded);
    }
};

template<>
struct Vectors<Brain> {
    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m256 widened(__m128i brains)
    {
        return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(brains), 16));
    }

    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m128 toFloats(__m256d values)
    {
        const __m256d infinity = _mm256_castsi256_pd(_mm256_set1_epi64x(0x7ff0000000000000));
        const __m256d exponent = _mm256_and_pd(values, infinity);
        const __m256d bounded =
            _mm256_min_pd(_mm256_max_pd(exponent, _mm256_set1_pd(0x1p-126)), _mm256_set1_pd(0x1p200));
        const __m256d units = _mm256_mul_pd(bounded, _mm256_set1_pd(0x1.8p45));
        const __m256d rounded = _mm256_sub_pd(_mm256_add_pd(values, units), units);
        const __m256d sign = _mm256_and_pd(values, _mm256_set1_pd(-0.0));
        return _mm256_cvtpd_ps(_mm256_or_pd(rounded, sign));
    }

    [[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl"), gnu::always_inline]] static __m256
    toFloats(__m512d values)
    {
        const __m512d infinity = _mm512_castsi512_pd(_mm512_set1_epi64(0x7ff0000000000000));
        const __m512d exponent = _mm512_and_pd(values, infinity);
        const __m512d bounded =
            _mm512_min_pd(_mm512_max_pd(exponent, _mm512_set1_pd(0x1p-126)), _mm512_set1_pd(0x1p200));
        const __m512d units = _mm512_mul_pd(bounded, _mm512_set1_pd(0x1.8p45));
        const __m512d rounded = _mm512_sub_pd(_mm512_add_pd(values, units), units);
        const __m512i sign = _mm512_castpd_si512(_mm512_set1_pd(-0.0));
        constexpr int firstOrBothOthers = 0xf8;
        return _mm512_cvtpd_ps(_mm512_castsi512_pd(_mm512_ternarylogic_epi64(
            _mm512_castpd_si512(rounded), _mm512_castpd_si512(values), sign, firstOrBothOthers)));
    }

    [[gnu::target("avx2,f16c"), gnu::always_inline]] static __m128i narrowed(__m256 exact)
    {
        const __m256i upper = _mm256_srli_epi32(_mm256_castps_si256(exact), 16);
        return _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
    }
};

template<class Format>
[[gnu::target("avx2,f16c"), gnu::always_inline]] inline void multiplyEight(std::byte* at, __m256d first,
                                                                           __m256d second)
{
    auto* const stored = reinterpret_cast<__m128i*>(at);
    const __m256 wide = Vectors<Format>::widened(_mm_loadu_si128(stored));
    first = _mm256_mul_pd(_mm256_cvtps_pd(_mm256_castps256_ps128(wide)), first);
    second = _mm256_mul_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(wide, 1)), second);
    const __m256 floats =
        _mm256_set_m128(Vectors<Format>::toFloats(second), Vectors<Format>::toFloats(first));
    _mm_storeu_si128(stored, Vectors<Format>::narrowed(floats));
}

template<class Format>
[[gnu::target("avx2,f16c")]] void multiplyByAvx2(std::byte* block, std::uint64_t count, const double* factors,
                                                 double shared)
{
    const __m256d by = _mm256_set1_pd(shared);
    if (!factors) {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, by, by);
    } else if (shared == 1) {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, _mm256_loadu_pd(factors + e),
                                  _mm256_loadu_pd(factors + e + 4));
    } else {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, _mm256_mul_pd(_mm256_loadu_pd(factors + e), by),
                                  _mm256_mul_pd(_mm256_loadu_pd(factors + e + 4), by));
    }
}

template<class Format>
[[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl"), gnu::always_inline]] inline void
multiplyEight(std::byte* at, __m512d factors)
{
    auto* const stored = reinterpret_cast<__m128i*>(at);
    const __m512d wide = _mm512_cvtps_pd(Vectors<Format>::widened(_mm_loadu_si128(stored)));
    const __m256 floats = Vectors<Format>::toFloats(_mm512_mul_pd(wide, factors));
    _mm_storeu_si128(stored, Vectors<Format>::narrowed(floats));
}

template<class Format>
[[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl")]] void
multiplyByAvx512(std::byte* block, std::uint64_t count, const double* factors, double shared)
{
    const __m512d by = _mm512_set1_pd(shared);
    if (!factors) {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, by);
    } else if (shared == 1) {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, _mm512_loadu_pd(factors + e));
    } else {
        for (std::uint64_t e = 0; e < count; e += 8)
            multiplyEight<Format>(block + e * 2, _mm512_mul_pd(_mm512_loadu_pd(factors + e), by));
    }
}

// Sixteen at a time with the instructions of AVX512-FP16 and -BF16.
// So many instructions lie between two lines of the memory that the processor's own prefetching comes too
// late: asking for them takes a third off the time.
[[gnu::always_inline]] inline void fetchAhead(const std::byte* at)
{
    constexpr std::uintptr_t distance = 2048;
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(at) + distance;
    // It may lie behind the block, where arithmetic on pointers must not lead.
    _mm_prefetch(reinterpret_cast<const char*>(address), _MM_HINT_T0); // NOLINT(performance-no-int-to-ptr)
}

template<class Format>
struct Direct;

// Between double and float16 there are instructions that round once.
template<>
struct Direct<Half> {
    [[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16"),
      gnu::always_inline]] static __m128i
    multiplied(__m128i stored, __m512d factors)
    {
        const __m512d product = _mm512_mul_pd(_mm512_cvtph_pd(_mm_castsi128_ph(stored)), factors);
        const __m128i rounded =
            _mm_castph_si128(_mm512_cvt_roundpd_ph(product, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
        // NaN keeps its sign and loses what it carries.
        const __mmask8 nan = _mm512_cmp_pd_mask(product, product, _CMP_UNORD_Q);
        return _mm_mask_blend_epi16(nan, rounded, _mm_and_si128(rounded, _mm_set1_epi16(-512)));
    }

    [[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16"),
      gnu::always_inline]] static void
    multiply(std::byte* at, __m512d first, __m512d second)
    {
        fetchAhead(at);
        auto* const stored = reinterpret_cast<__m128i*>(at);
        _mm_storeu_si128(stored, multiplied(_mm_loadu_si128(stored), first));
        _mm_storeu_si128(stored + 1, multiplied(_mm_loadu_si128(stored + 1), second));
    }
};

// A float rounded to odd is rounded to bfloat16 as the double would be (SixteenBits.h). The instruction takes
// subnormal numbers for zero: where there may be one, all sixteen go the long way.
template<>
struct Direct<Brain> {
    [[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16"),
      gnu::always_inline]] static void
    multiply(std::byte* at, __m512d first, __m512d second)
    {
        fetchAhead(at);
        auto* const stored = reinterpret_cast<__m256i*>(at);
        const __m512i wide = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(stored)), 16);
        first = _mm512_mul_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(_mm512_castsi512_ps(wide))), first);
        second = _mm512_mul_pd(_mm512_cvtps_pd(_mm512_extractf32x8_ps(_mm512_castsi512_ps(wide), 1)), second);
        const __m512 odd = _mm512_insertf32x8(_mm512_castps256_ps512(Vectors<Half>::toFloats(first)),
                                              Vectors<Half>::toFloats(second), 1);
        const __m512i exponent = _mm512_set1_epi32(0x7f800000);
        if (_mm512_testn_epi32_mask(_mm512_castps_si512(odd), exponent) == 0) [[likely]] {
            const __m256bh rounded = _mm512_cvtneps_pbh(odd);
            std::memcpy(at, &rounded, sizeof rounded);
            return;
        }
        _mm256_storeu_si256(stored,
                            _mm256_set_m128i(Vectors<Brain>::narrowed(Vectors<Brain>::toFloats(second)),
                                             Vectors<Brain>::narrowed(Vectors<Brain>::toFloats(first))));
    }
};

// Fewer than sixteen: the others are ones, and stay here.
template<class Format>
[[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16")]] void
multiplyRest(std::byte* block, std::uint64_t count, const double* factors, double shared)
{
    const auto mask = static_cast<__mmask16>((1u << count) - 1);
    const __m512d by = _mm512_set1_pd(shared), one = _mm512_set1_pd(1);
    __m512d first = by, second = by;
    if (factors) {
        first = _mm512_mul_pd(_mm512_mask_loadu_pd(one, static_cast<__mmask8>(mask), factors), by);
        second = _mm512_mul_pd(_mm512_mask_loadu_pd(one, static_cast<__mmask8>(mask >> 8), factors + 8), by);
    }
    alignas(32) std::array<std::byte, 32> some;
    const auto stored = static_cast<short>(Format::fromDouble(1));
    _mm256_store_si256(reinterpret_cast<__m256i*>(some.data()),
                       _mm256_mask_loadu_epi16(_mm256_set1_epi16(stored), mask, block));
    Direct<Format>::multiply(some.data(), first, second);
    _mm256_mask_storeu_epi16(block, mask, _mm256_load_si256(reinterpret_cast<const __m256i*>(some.data())));
}

template<class Format>
[[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16")]] void
multiplyByAvx512Sixteen(std::byte* block, std::uint64_t count, const double* factors, double shared)
{
    const std::uint64_t whole = count - count % 16;
    const __m512d by = _mm512_set1_pd(shared);
    if (!factors) {
        for (std::uint64_t e = 0; e < whole; e += 16)
            Direct<Format>::multiply(block + e * 2, by, by);
    } else {
        for (std::uint64_t e = 0; e < whole; e += 16)
            Direct<Format>::multiply(block + e * 2, _mm512_mul_pd(_mm512_loadu_pd(factors + e), by),
                                     _mm512_mul_pd(_mm512_loadu_pd(factors + e + 8), by));
    }
    if (count - whole == 8)
        multiplyByAvx512<Format>(block + whole * 2, 8, factors ? factors + whole : nullptr, shared);
    else if (whole < count)
        multiplyRest<Format>(block + whole * 2, count - whole, factors ? factors + whole : nullptr, shared);
}

// After `period` rows, rows and sixteens of elements begin together again. The factors of these rows fit into
// two vectors, and which of them each element takes is the same in each period.
template<class Format>
[[gnu::target("avx2,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,avx512bf16")]] void
multiplyPeriods(std::byte* block, std::uint64_t periods, std::uint64_t period, std::uint64_t length,
                const double* factors, double shared)
{
    const std::uint64_t elements = period * length;
    alignas(64) std::array<std::int64_t, 16 * longestRow> rowOf;
    for (std::uint64_t e = 0; e < elements; ++e)
        rowOf[e] = static_cast<std::int64_t>(e / length);
    const auto rows = static_cast<__mmask16>((1u << period) - 1);
    const __m512d by = _mm512_set1_pd(shared);
    for (std::uint64_t p = 0; p < periods; ++p, factors += period, block += elements * 2) {
        const __m512d low = _mm512_mul_pd(_mm512_maskz_loadu_pd(static_cast<__mmask8>(rows), factors), by);
        const __m512d high =
            _mm512_mul_pd(_mm512_maskz_loadu_pd(static_cast<__mmask8>(rows >> 8), factors + 8), by);
        for (std::uint64_t e = 0; e < elements; e += 16) {
            const __m512i first = _mm512_load_si512(&rowOf[e]), second = _mm512_load_si512(&rowOf[e + 8]);
            Direct<Format>::multiply(block + e * 2, _mm512_permutex2var_pd(low, first, high),
                                     _mm512_permutex2var_pd(low, second, high));
        }
    }
}

} // namespace

template<class Format>
std::uint64_t multiplyEights(Instructions set, std::byte* block, std::uint64_t count, const double* factors,
                             double shared)
{
    if (set == Instructions::Baseline)
        return 0;
    if (set == Instructions::Avx512Sixteen) {
        multiplyByAvx512Sixteen<Format>(block, count, factors, shared);
        return count;
    }
    const std::uint64_t whole = count - count % 8;
    if (set == Instructions::Avx512)
        multiplyByAvx512<Format>(block, whole, factors, shared);
    else
        multiplyByAvx2<Format>(block, whole, factors, shared);
    return whole;
}

template<class Format>
std::uint64_t multiplyShortRows(Instructions set, std::byte* block, std::uint64_t rows, std::uint64_t length,
                                const double* factors, double shared)
{
    if (set != Instructions::Avx512Sixteen || length > longestRow)
        return 0;
    const std::uint64_t period = 16 / std::gcd(std::uint64_t{16}, length), periods = rows / period;
    multiplyPeriods<Format>(block, periods, period, length, factors, shared);
    return periods * period;
}

#else

template<class Format>
std::uint64_t multiplyEights(Instructions, std::byte*, std::uint64_t, const double*, double)
{
    return 0;
}

template<class Format>
std::uint64_t multiplyShortRows(Instructions, std::byte*, std::uint64_t, std::uint64_t, const double*, double)
{
    return 0;
}

#endif

template std::uint64_t multiplyEights<Half>(Instructions, std::byte*, std::uint64_t, const double*, double);
template std::uint64_t multiplyEights<Brain>(Instructions, std::byte*, std::uint64_t, const double*, double);

template std::uint64_t multiplyShortRows<Half>(Instructions, std::byte*, std::uint64_t, std::uint64_t,
                                               const double*, double);
template std::uint64_t multiplyShortRows<Brain>(Instructions, std::byte*, std::uint64_t, std::uint64_t,
                                                const double*, double);

} // namespace pleat
