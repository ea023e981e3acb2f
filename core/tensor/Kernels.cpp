// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Kernels.h"

#include "core/tensor/Codecs.h"
#include "core/tensor/Instructions.h"
#include "core/tensor/Runs.h"

#include <algorithm>
#include <cassert>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace pleat {

namespace {

double at(std::span<const double> factors, std::uint64_t channel)
{
    return factors.empty() ? 1.0 : factors[channel];
}

template<class Codec>
struct Widen {
    [[gnu::always_inline]] static void run(const std::byte* __restrict block, std::size_t count,
                                           double* __restrict into)
    {
        using Type = typename Codec::Type;
        for (std::size_t e = 0; e < count; ++e)
            into[e] = Codec::widen(load<Type>(block + e * sizeof(Type)));
    }
};

template<class Codec>
struct Narrow {
    [[gnu::always_inline]] static void run(const double* __restrict values, std::size_t count,
                                           std::byte* __restrict into)
    {
        using Type = typename Codec::Type;
        for (std::size_t e = 0; e < count; ++e)
            store(into + e * sizeof(Type), Codec::narrow(values[e]));
    }
};

template<class Codec>
void widenBlock(Instructions set, std::span<const std::byte> block, std::span<double> into)
{
    run<Widen<Codec>>(set, block.data(), into.size(), into.data());
}

template<class Codec>
void narrowBlock(Instructions set, std::span<const double> values, std::span<std::byte> into)
{
    run<Narrow<Codec>>(set, values.data(), values.size(), into.data());
}

// Infinities and NaNs are the numbers whose exponent bits are all 1. Counted in numbers as wide as the
// elements, so that the loop is a vector loop, in pieces whose count such a number holds.
template<class Bits>
struct CountAllOnes {
    [[gnu::always_inline]] static void run(const std::byte* block, std::size_t count, Bits exponent,
                                           std::uint64_t* found)
    {
        constexpr std::size_t piece = 4096;
        for (std::size_t first = 0; first < count; first += piece) {
            Bits inPiece = 0;
            for (std::size_t e = first; e < std::min(first + piece, count); ++e)
                inPiece = static_cast<Bits>(
                    inPiece + ((load<Bits>(block + e * sizeof(Bits)) & exponent) == exponent ? 1 : 0));
            *found += inPiece;
        }
    }
};

template<class Bits>
std::uint64_t countAllOnes(std::span<const std::byte> block, Bits exponent)
{
    std::uint64_t found = 0;
    run<CountAllOnes<Bits>>(bestInstructions(), block.data(), block.size() / sizeof(Bits), exponent, &found);
    return found;
}

} // namespace

Instructions bestInstructions()
{
#if defined(__x86_64__) && defined(__GNUC__)
    static const Instructions best = [] {
        unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
        const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
        if (!__builtin_cpu_supports("avx2") || !f16c)
            return Instructions::Baseline;
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
        if (!avx512)
            return Instructions::Avx2;
        const bool halves =
            __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & bit_AVX512FP16) != 0;
        return halves && __builtin_cpu_supports("avx512bf16") ? Instructions::Avx512Sixteen
                                                              : Instructions::Avx512;
    }();
    return best;
#else
    return Instructions::Baseline;
#endif
}

void accumulate(std::span<const double> block, std::uint64_t first, const WeightLayout& layout,
                std::span<const double> input, std::span<double> sums)
{
    assert(first + block.size() <= layout.elements() && sums.size() == layout.outputs);
    assert(input.empty() || input.size() == layout.inputs);
    forEachRun(layout, Follow::Both, first, block.size(), [&](const Run& run) {
        for (std::uint64_t e = 0; e < run.length; ++e)
            sums[run.output + e * run.outputStep] +=
                at(input, run.input + e * run.inputStep) * block[run.position + e];
    });
}

void widen(DataType type, std::span<const std::byte> block, std::span<double> into, Instructions set)
{
    assert(block.size() == storedBytes(type, into.size()));
    switch (type) {
    case DataType::Float:
        return widenBlock<Plain<float>>(set, block, into);
    case DataType::Double:
        return widenBlock<Plain<double>>(set, block, into);
    case DataType::Float16:
        return widenBlock<HalfCodec>(set, block, into);
    case DataType::BFloat16:
        return widenBlock<BrainCodec>(set, block, into);
    case DataType::Int8:
        return widenBlock<Plain<std::int8_t>>(set, block, into);
    case DataType::UInt8:
        return widenBlock<Plain<std::uint8_t>>(set, block, into);
    case DataType::Bool:
        return widenBlock<Plain<std::uint8_t>>(set, block, into);
    case DataType::Int16:
        return widenBlock<Plain<std::int16_t>>(set, block, into);
    case DataType::UInt16:
        return widenBlock<Plain<std::uint16_t>>(set, block, into);
    case DataType::Int32:
        return widenBlock<Plain<std::int32_t>>(set, block, into);
    case DataType::UInt32:
        return widenBlock<Plain<std::uint32_t>>(set, block, into);
    case DataType::Int64:
        return widenBlock<Plain<std::int64_t>>(set, block, into);
    case DataType::UInt64:
        return widenBlock<Plain<std::uint64_t>>(set, block, into);
    default:
        return;
    }
}

std::uint64_t countNonFinite(DataType type, std::span<const std::byte> block)
{
    assert(isFoldable(type));
    switch (type) {
    case DataType::Float:
        return countAllOnes<std::uint32_t>(block, 0x7f800000u);
    case DataType::Double:
        return countAllOnes<std::uint64_t>(block, 0x7ff0000000000000u);
    case DataType::Float16:
        return countAllOnes<std::uint16_t>(block, 0x7c00);
    case DataType::BFloat16:
        return countAllOnes<std::uint16_t>(block, 0x7f80);
    default:
        return 0;
    }
}

void narrow(DataType type, std::span<const double> values, std::span<std::byte> into, Instructions set)
{
    assert(isFoldable(type) && into.size() == storedBytes(type, values.size()));
    switch (type) {
    case DataType::Float:
        return narrowBlock<Plain<float>>(set, values, into);
    case DataType::Double:
        return narrowBlock<Plain<double>>(set, values, into);
    case DataType::Float16:
        return narrowBlock<HalfCodec>(set, values, into);
    case DataType::BFloat16:
        return narrowBlock<BrainCodec>(set, values, into);
    default:
        return;
    }
}

} // namespace pleat
