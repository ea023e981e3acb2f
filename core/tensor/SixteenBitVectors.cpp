// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/SixteenBitVectors.h"

#if defined(__x86_64__) && defined(__GNUC__)
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // GCC 12 warns of its own header (PR 105593)
#endif
#include <immintrin.h>
#endif

namespace pleat {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

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

} // namespace

template<class Format>
std::uint64_t multiplyEights(Instructions set, std::byte* block, std::uint64_t count, const double* factors,
                             double shared)
{
    if (set == Instructions::Baseline)
        return 0;
    const std::uint64_t whole = count - count % 8;
    if (set == Instructions::Avx512)
        multiplyByAvx512<Format>(block, whole, factors, shared);
    else
        multiplyByAvx2<Format>(block, whole, factors, shared);
    return whole;
}

#else

template<class Format>
std::uint64_t multiplyEights(Instructions, std::byte*, std::uint64_t, const double*, double)
{
    return 0;
}

#endif

template std::uint64_t multiplyEights<Half>(Instructions, std::byte*, std::uint64_t, const double*, double);
template std::uint64_t multiplyEights<Brain>(Instructions, std::byte*, std::uint64_t, const double*, double);

} // namespace pleat
