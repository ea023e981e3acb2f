// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tensor/Kernels.h"

#include "core/tensor/Runs.h"

#include <array>
#include <cstring>

namespace pleat {

namespace {

// How one stored element becomes a double and back. Blocks are byte spans of no particular alignment: memcpy
// it is.
template<class Stored>
struct Plain {
    using Type = Stored;
    static double widen(Stored stored) { return static_cast<double>(stored); }
    static Stored narrow(double value) { return static_cast<Stored>(value); }
};
struct HalfCodec {
    using Type = std::uint16_t;
    static double widen(Type stored) { return halfToDouble(stored); }
    static Type narrow(double value) { return roundToHalf(value); }
};
struct BrainCodec {
    using Type = std::uint16_t;
    static double widen(Type stored) { return bfloat16ToDouble(stored); }
    static Type narrow(double value) { return roundToBFloat16(value); }
};

template<class Type>
Type load(const std::byte* from)
{
    Type value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template<class Type>
void store(std::byte* to, Type value)
{
    std::memcpy(to, &value, sizeof value);
}

template<class Codec>
void multiply(std::byte* block, std::uint64_t count, double factor)
{
    using Type = typename Codec::Type;
    for (std::uint64_t e = 0; e < count; ++e, block += sizeof(Type))
        store(block, Codec::narrow(Codec::widen(load<Type>(block)) * factor));
}

template<class Codec>
void multiply(std::byte* block, std::uint64_t count, const double* factors)
{
    using Type = typename Codec::Type;
    for (std::uint64_t e = 0; e < count; ++e, block += sizeof(Type))
        store(block, Codec::narrow(Codec::widen(load<Type>(block)) * factors[e]));
}

double at(std::span<const double> factors, std::uint64_t channel)
{
    return factors.empty() ? 1.0 : factors[channel];
}

Follow followed(std::span<const double> output, std::span<const double> input)
{
    if (output.empty())
        return input.empty() ? Follow::Neither : Follow::Inputs;
    return input.empty() ? Follow::Outputs : Follow::Both;
}

constexpr std::uint64_t longRun = 64;
constexpr std::uint64_t tableSize = 512;

// Long runs of one factor are multiplied as they are; everything else through a table of factors that stays
// in the first-level cache.
template<class Codec>
void scaleBlock(std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
                std::span<const double> output, std::span<const double> input)
{
    constexpr std::uint64_t size = sizeof(typename Codec::Type);
    std::array<double, tableSize> table;
    std::uint64_t filled = 0, start = 0;
    const auto flush = [&] {
        multiply<Codec>(block.data() + start * size, filled, table.data());
        start += filled;
        filled = 0;
    };
    forEachRun(layout, followed(output, input), first, block.size() / size, [&](const Run& run) {
        const bool constant = run.outputStep == 0 && run.inputStep == 0;
        if (constant && run.length >= longRun) {
            flush();
            multiply<Codec>(block.data() + run.position * size, run.length,
                            at(output, run.output) * at(input, run.input));
            start = run.position + run.length;
            return;
        }
        for (std::uint64_t done = 0; done < run.length;) {
            if (filled == tableSize)
                flush();
            const std::uint64_t piece = std::min(run.length - done, tableSize - filled);
            for (std::uint64_t e = 0; e < piece; ++e, ++done)
                table[filled + e] = at(output, run.output + done * run.outputStep) *
                                    at(input, run.input + done * run.inputStep);
            filled += piece;
        }
    });
    flush();
}

template<class Codec>
void widenBlock(std::span<const std::byte> block, std::span<double> into)
{
    using Type = typename Codec::Type;
    for (std::size_t e = 0; e < into.size(); ++e)
        into[e] = Codec::widen(load<Type>(block.data() + e * sizeof(Type)));
}

// Infinities and NaNs are the numbers whose exponent bits are all 1.
template<class Bits>
std::uint64_t countAllOnes(std::span<const std::byte> block, Bits exponent)
{
    std::uint64_t count = 0;
    for (std::size_t at = 0; at < block.size(); at += sizeof(Bits))
        count += (load<Bits>(block.data() + at) & exponent) == exponent;
    return count;
}

template<class Codec>
void narrowBlock(std::span<const double> values, std::span<std::byte> into)
{
    using Type = typename Codec::Type;
    for (std::size_t e = 0; e < values.size(); ++e)
        store(into.data() + e * sizeof(Type), Codec::narrow(values[e]));
}

} // namespace

void scale(DataType type, std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
           std::span<const double> output, std::span<const double> input)
{
    switch (type) {
    case DataType::Float:
        return scaleBlock<Plain<float>>(block, first, layout, output, input);
    case DataType::Double:
        return scaleBlock<Plain<double>>(block, first, layout, output, input);
    case DataType::Float16:
        return scaleBlock<HalfCodec>(block, first, layout, output, input);
    case DataType::BFloat16:
        return scaleBlock<BrainCodec>(block, first, layout, output, input);
    default:
        return;
    }
}

void accumulate(std::span<const double> block, std::uint64_t first, const WeightLayout& layout,
                std::span<const double> input, std::span<double> sums)
{
    forEachRun(layout, Follow::Both, first, block.size(), [&](const Run& run) {
        for (std::uint64_t e = 0; e < run.length; ++e)
            sums[run.output + e * run.outputStep] +=
                at(input, run.input + e * run.inputStep) * block[run.position + e];
    });
}

void widen(DataType type, std::span<const std::byte> block, std::span<double> into)
{
    switch (type) {
    case DataType::Float:
        return widenBlock<Plain<float>>(block, into);
    case DataType::Double:
        return widenBlock<Plain<double>>(block, into);
    case DataType::Float16:
        return widenBlock<HalfCodec>(block, into);
    case DataType::BFloat16:
        return widenBlock<BrainCodec>(block, into);
    case DataType::Int8:
        return widenBlock<Plain<std::int8_t>>(block, into);
    case DataType::UInt8:
        return widenBlock<Plain<std::uint8_t>>(block, into);
    case DataType::Bool:
        return widenBlock<Plain<std::uint8_t>>(block, into);
    case DataType::Int16:
        return widenBlock<Plain<std::int16_t>>(block, into);
    case DataType::UInt16:
        return widenBlock<Plain<std::uint16_t>>(block, into);
    case DataType::Int32:
        return widenBlock<Plain<std::int32_t>>(block, into);
    case DataType::UInt32:
        return widenBlock<Plain<std::uint32_t>>(block, into);
    case DataType::Int64:
        return widenBlock<Plain<std::int64_t>>(block, into);
    case DataType::UInt64:
        return widenBlock<Plain<std::uint64_t>>(block, into);
    default:
        return;
    }
}

std::uint64_t countNonFinite(DataType type, std::span<const std::byte> block)
{
    switch (type) {
    case DataType::Float:
        return countAllOnes<std::uint32_t>(block, 0x7f800000u);
    case DataType::Double:
        return countAllOnes<std::uint64_t>(block, 0x7ff0000000000000u);
    case DataType::Float16:
        return countAllOnes<std::uint16_t>(block, 0x7c00u);
    case DataType::BFloat16:
        return countAllOnes<std::uint16_t>(block, 0x7f80u);
    default:
        return 0;
    }
}

void narrow(DataType type, std::span<const double> values, std::span<std::byte> into)
{
    switch (type) {
    case DataType::Float:
        return narrowBlock<Plain<float>>(values, into);
    case DataType::Double:
        return narrowBlock<Plain<double>>(values, into);
    case DataType::Float16:
        return narrowBlock<HalfCodec>(values, into);
    case DataType::BFloat16:
        return narrowBlock<BrainCodec>(values, into);
    default:
        return;
    }
}

} // namespace pleat
