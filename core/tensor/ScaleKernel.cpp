// SPDX-License-Identifier: GPL-3.0-or-later
// The multiplication of weights by the factors of their channels (Kernels.h), at the speed of the memory.
#include "core/tensor/Codecs.h"
#include "core/tensor/Instructions.h"
#include "core/tensor/Runs.h"
#include "core/tensor/SixteenBitVectors.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace pleat {

namespace {

template<class Codec, class Factor>
[[gnu::always_inline]] inline void multiply(std::byte* block, std::uint64_t count, Factor factor)
{
    using Type = typename Codec::Type;
    for (std::uint64_t e = 0; e < count; ++e) {
        std::byte* element = block + e * sizeof(Type);
        store(element, Codec::narrow(Codec::widen(load<Type>(element)) * factor(e)));
    }
}

// A row of `width` to twice as many elements: as two vectors, which may overlap, so both are read before one
// is written.
template<class Codec, std::uint64_t width, class Factor>
[[gnu::always_inline]] inline void multiplyTwoVectors(std::byte* block, std::uint64_t count, Factor factor)
{
    using Type = typename Codec::Type;
    const std::uint64_t rest = count - width;
    std::array<Type, width> first, last;
    std::memcpy(first.data(), block, sizeof first);
    std::memcpy(last.data(), block + rest * sizeof(Type), sizeof last);
    for (std::uint64_t e = 0; e < width; ++e)
        first[e] = Codec::narrow(Codec::widen(first[e]) * factor(e));
    for (std::uint64_t e = 0; e < width; ++e)
        last[e] = Codec::narrow(Codec::widen(last[e]) * factor(rest + e));
    std::memcpy(block, first.data(), sizeof first);
    std::memcpy(block + rest * sizeof(Type), last.data(), sizeof last);
}

template<class Codec>
struct MultiplyByOne {
    [[gnu::always_inline]] static void run(std::byte* block, std::uint64_t count, double factor)
    {
        multiply<Codec>(block, count, [=](std::uint64_t) { return factor; });
    }
};

// Each element by its own of the factors.
template<class Codec>
struct MultiplyByMany {
    [[gnu::always_inline]] static void run(std::byte* block, std::uint64_t count,
                                           const double* __restrict factors)
    {
        multiply<Codec>(block, count, [=](std::uint64_t e) { return factors[e]; });
    }
};

// Each element by its own of the factors times one that all share.
template<class Codec>
struct MultiplyByProducts {
    [[gnu::always_inline]] static void run(std::byte* block, std::uint64_t count,
                                           const double* __restrict factors, double shared)
    {
        multiply<Codec>(block, count, [=](std::uint64_t e) { return factors[e] * shared; });
    }
};

constexpr double unit = 1;

// Where the factors of a tile's elements start and how they move along; unless told, all are 1.
struct Source {
    const double* start = &unit;
    std::uint64_t rowStep = 0;
    std::uint64_t step = 0;

    [[gnu::always_inline]] double at(std::uint64_t offset) const { return start[offset]; }
    bool isConstant() const { return rowStep == 0 && step == 0; }
    bool operator==(const Source&) const = default;
};

constexpr std::uint64_t chunk = 4;           // doubles stored at a time
constexpr std::uint64_t tableSize = 1 << 13; // factors that serve many times, in the second-level cache
constexpr std::uint64_t onceSize = 1 << 10;  // factors that serve once, in the first-level cache
constexpr std::uint64_t wideRow = 4;         // from here on a row of wide elements needs no table
constexpr std::uint64_t longRow = 64;        // the same for all

// Rows of `wideRow` elements or more, without a table: factors(row)(e) is the factor of element e of a row.
template<class Codec, class Factors>
[[gnu::always_inline]] inline void eachRow(std::byte* block, std::uint64_t rows, std::uint64_t length,
                                           Factors factors)
{
    const std::uint64_t bytes = length * sizeof(typename Codec::Type);
    if (length <= 8) {
        for (std::uint64_t row = 0; row < rows; ++row, block += bytes)
            multiplyTwoVectors<Codec, 4>(block, length, factors(row));
    } else if (length <= 16) {
        for (std::uint64_t row = 0; row < rows; ++row, block += bytes)
            multiplyTwoVectors<Codec, 8>(block, length, factors(row));
    } else {
        for (std::uint64_t row = 0; row < rows; ++row, block += bytes)
            multiply<Codec>(block, length, factors(row));
    }
}

// Rows of one factor each.
template<class Codec>
struct MultiplyRows {
    [[gnu::always_inline]] static void run(std::byte* block, std::uint64_t rows, std::uint64_t length,
                                           Source a, Source b)
    {
        eachRow<Codec>(block, rows, length, [=](std::uint64_t row) {
            const double factor = a.at(row * a.rowStep) * b.at(row * b.rowStep);
            return [=](std::uint64_t) { return factor; };
        });
    }
};

// Rows whose elements have one factor each (its step is 1), times one that the row shares.
template<class Codec>
struct MultiplyGrid {
    [[gnu::always_inline]] static void run(std::byte* block, std::uint64_t rows, std::uint64_t length,
                                           Source along, Source across)
    {
        eachRow<Codec>(block, rows, length, [=](std::uint64_t row) {
            const double* __restrict factors = along.start + row * along.rowStep;
            const double shared = across.at(row * across.rowStep);
            return [=](std::uint64_t e) { return factors[e] * shared; };
        });
    }
};

// The factors of whole rows of a tile, one for each element. Writes up to `chunk` - 1 more. `chunks` are in a
// row of known length; 0: as the length says.
struct Expand {
    // Rows of one factor each.
    template<std::uint64_t chunks>
    [[gnu::always_inline]] static void constantRows(Source a, Source b, std::uint64_t rows,
                                                    std::uint64_t length, double* __restrict table)
    {
        const std::uint64_t end = chunks ? chunks * chunk : length;
        for (std::uint64_t row = 0; row < rows; ++row, table += length) {
            const double factor = a.at(row * a.rowStep) * b.at(row * b.rowStep);
            for (std::uint64_t e = 0; e < end; e += chunk) {
                for (std::uint64_t c = 0; c < chunk; ++c)
                    table[e + c] = factor;
            }
        }
    }

    // The same short row again and again, each time by another factor.
    template<std::uint64_t chunks>
    [[gnu::always_inline]] static void equalRows(Source along, Source across, std::uint64_t rows,
                                                 std::uint64_t length, double* __restrict table)
    {
        std::array<double, longRow + chunk> row{};
        for (std::uint64_t e = 0; e < length; ++e)
            row[e] = along.at(e * along.step);
        const std::uint64_t end = chunks ? chunks * chunk : length;
        for (std::uint64_t r = 0; r < rows; ++r, table += length) {
            const double factor = across.at(r * across.rowStep);
            for (std::uint64_t e = 0; e < end; e += chunk) {
                for (std::uint64_t c = 0; c < chunk; ++c)
                    table[e + c] = row[e + c] * factor;
            }
        }
    }

    template<std::uint64_t chunks>
    [[gnu::always_inline]] static void regularRows(Source along, Source across, std::uint64_t rows,
                                                   std::uint64_t length, double* __restrict table)
    {
        if (along.step == 0)
            constantRows<chunks>(along, across, rows, length, table);
        else
            equalRows<chunks>(along, across, rows, length, table);
    }

    [[gnu::always_inline]] static void run(Source a, Source b, std::uint64_t rows, std::uint64_t length,
                                           double* __restrict table)
    {
        const Source &along = a.step ? a : b, &across = a.step ? b : a;
        const bool constant = along.step == 0;
        const bool equal = length < longRow && across.step == 0 && along.rowStep == 0;
        if (!constant && !equal) {
            for (std::uint64_t row = 0; row < rows; ++row, table += length) {
                for (std::uint64_t e = 0; e < length; ++e)
                    table[e] = a.at(row * a.rowStep + e * a.step) * b.at(row * b.rowStep + e * b.step);
            }
        } else if (length <= chunk) {
            regularRows<1>(along, across, rows, length, table);
        } else if (length <= 2 * chunk) {
            regularRows<2>(along, across, rows, length, table);
        } else if (length <= 3 * chunk) {
            regularRows<3>(along, across, rows, length, table);
        } else if (length <= 4 * chunk) {
            regularRows<4>(along, across, rows, length, table);
        } else {
            regularRows<0>(along, across, rows, length, table);
        }
    }
};

template<class Codec>
class Scaler final {
public:
    Scaler(std::span<std::byte> block, std::span<const double> output, std::span<const double> input,
           Instructions set)
        : m_block(block.data()),
          m_count(block.size() / size),
          m_output(output),
          m_input(input),
          m_set(set)
    {
    }

    void operator()(const Tile& tile)
    {
        const Run& run = tile.first;
        scaleRows(m_block + run.position * size, tile.rows, run.length,
                  source(m_output, run.output, tile.rowOutput, run.outputStep),
                  source(m_input, run.input, tile.rowInput, run.inputStep));
    }

private:
    static constexpr std::uint64_t size = sizeof(typename Codec::Type);

    static Source source(std::span<const double> factors, std::uint64_t first, std::uint64_t rowStep,
                         std::uint64_t step)
    {
        return factors.empty() ? Source{} : Source{factors.data() + first, rowStep, step};
    }

    void scaleRows(std::byte* block, std::uint64_t rows, std::uint64_t length, Source output, Source input)
    {
        if (size > 2 && length >= wideRow) {
            if (output.step == 0 && input.step == 0)
                return run<MultiplyRows<Codec>>(m_set, block, rows, length, output, input);
            if (isDirect(output, input)) {
                return run<MultiplyGrid<Codec>>(m_set, block, rows, length, output.step ? output : input,
                                                output.step ? input : output);
            }
        }
        const std::uint64_t whole = rows * length;
        const bool mayServeAgain = whole <= tableSize && whole <= m_count / 2;
        if (!mayServeAgain) {
            const std::uint64_t done = multiplyFewEach(block, rows, length, output, input);
            block += done * length * size;
            rows -= done;
            advance(output, done);
            advance(input, done);
        }
        const std::uint64_t limit = mayServeAgain ? tableSize : onceSize;
        const std::uint64_t fit = whole <= limit ? rows : limit / length;
        if (length >= longRow && (fit == 0 || isDirect(output, input))) {
            for (std::uint64_t r = 0; r < rows; ++r, block += length * size) {
                multiplyRow(block, length, output, input);
                advance(output, 1);
                advance(input, 1);
            }
            return;
        }
        for (std::uint64_t done = 0; done < rows;) {
            const std::uint64_t count = std::min(rows - done, fit);
            multiplyRows(block + done * length * size, count, length, output, input);
            advance(output, count);
            advance(input, count);
            done += count;
        }
    }

    static void advance(Source& source, std::uint64_t rows) { source.start += rows * source.rowStep; }

    // A row whose factors lie one behind the other in memory, or are one.
    static bool isDirect(const Source& output, const Source& input) { return output.step + input.step <= 1; }

    void multiplyByOne(std::byte* elements, std::uint64_t count, double factor)
    {
        const std::uint64_t done = multiplyVectors(elements, count, nullptr, factor);
        if (done < count)
            run<MultiplyByOne<Codec>>(m_set, elements + done * size, count - done, factor);
    }

    void multiplyByMany(std::byte* elements, std::uint64_t count, const double* factors, double shared)
    {
        const std::uint64_t done = multiplyVectors(elements, count, factors, shared);
        if (done == count)
            return;
        if (shared == 1)
            return run<MultiplyByMany<Codec>>(m_set, elements + done * size, count - done, factors + done);
        run<MultiplyByProducts<Codec>>(m_set, elements + done * size, count - done, factors + done, shared);
    }

    // How many of the elements it did; of those that are wide none, the compiler's loops are as fast.
    std::uint64_t multiplyVectors(std::byte* elements, std::uint64_t count, const double* factors,
                                  double shared)
    {
        if constexpr (size == 2)
            return multiplyEights<typename Codec::Format>(m_set, elements, count, factors, shared);
        return 0;
    }

    // Short rows of one factor each, which follow one another; returns how many of the first ones it did.
    std::uint64_t multiplyFewEach(std::byte* block, std::uint64_t rows, std::uint64_t length,
                                  const Source& output, const Source& input)
    {
        if constexpr (size == 2) {
            const Source &each = output.rowStep ? output : input, &one = output.rowStep ? input : output;
            if (output.step == 0 && input.step == 0 && each.rowStep == 1 && one.rowStep == 0)
                return multiplyShortRows<typename Codec::Format>(m_set, block, rows, length, each.start,
                                                                 one.at(0));
        }
        return 0;
    }

    void multiplyRow(std::byte* row, std::uint64_t length, const Source& output, const Source& input)
    {
        if (output.step == 0 && input.step == 0)
            return multiplyByOne(row, length, output.at(0) * input.at(0));
        if (isDirect(output, input)) {
            const Source &many = output.step ? output : input, &one = output.step ? input : output;
            return multiplyByMany(row, length, many.start, one.at(0));
        }
        // Longer than the table, and both move.
        for (std::uint64_t done = 0; done < length; done += tableSize) {
            const std::uint64_t part = std::min(length - done, tableSize);
            Source a = output, b = input;
            a.start += done * a.step;
            b.start += done * b.step;
            multiplyRows(row + done * size, 1, part, a, b);
        }
    }

    // Through the table, which often serves the next rows, too.
    void multiplyRows(std::byte* rows, std::uint64_t count, std::uint64_t length, const Source& output,
                      const Source& input)
    {
        const bool sharesOutput = output.isConstant(), sharesInput = input.isConstant() && !sharesOutput;
        const Source a = sharesOutput ? Source{} : output, b = sharesInput ? Source{} : input;
        if (m_rows < count || m_length != length || a != m_tableOutput || b != m_tableInput) {
            run<Expand>(m_set, a, b, count, length, m_table.data());
            m_rows = count;
            m_length = length;
            m_tableOutput = a;
            m_tableInput = b;
        }
        const double shared = sharesOutput ? output.at(0) : sharesInput ? input.at(0) : 1.0;
        multiplyByMany(rows, count * length, m_table.data(), shared);
    }

    std::byte* m_block;
    std::uint64_t m_count;
    std::span<const double> m_output, m_input;
    Instructions m_set;
    std::array<double, tableSize + chunk> m_table;
    // What is in the table.
    Source m_tableOutput, m_tableInput;
    std::uint64_t m_rows = 0, m_length = 0;
};

Follow followed(std::span<const double> output, std::span<const double> input)
{
    if (output.empty())
        return input.empty() ? Follow::Neither : Follow::Inputs;
    return input.empty() ? Follow::Outputs : Follow::Both;
}

template<class Codec>
void scaleBlock(std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
                std::span<const double> output, std::span<const double> input, Instructions set)
{
    const std::uint64_t count = block.size() / sizeof(typename Codec::Type);
    Scaler<Codec> scaler(block, output, input, set);
    forEachTile(layout, followed(output, input), first, count, [&](const Tile& tile) { scaler(tile); });
}

} // namespace

void scale(DataType type, std::span<std::byte> block, std::uint64_t first, const WeightLayout& layout,
           std::span<const double> output, std::span<const double> input, Instructions set)
{
    assert(isFoldable(type) && block.size() % storedBytes(type, 1) == 0);
    assert(first + block.size() / storedBytes(type, 1) <= layout.elements());
    assert(output.empty() || output.size() == layout.outputs);
    assert(input.empty() || input.size() == layout.inputs);
    switch (type) {
    case DataType::Float:
        return scaleBlock<Plain<float>>(block, first, layout, output, input, set);
    case DataType::Double:
        return scaleBlock<Plain<double>>(block, first, layout, output, input, set);
    case DataType::Float16:
        return scaleBlock<HalfCodec>(block, first, layout, output, input, set);
    case DataType::BFloat16:
        return scaleBlock<BrainCodec>(block, first, layout, output, input, set);
    default:
        return;
    }
}

} // namespace pleat
