// SPDX-License-Identifier: GPL-3.0-or-later
// The arithmetic of folding against long double: 0.5001 ulp for float, float16 and bfloat16, 2.5 ulp for
// double (resources/guide/folding.md, "Numbers"), in every layout, from any offset.
#include "core/tensor/Kernels.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

using namespace pleat;
using namespace pleat::test;

namespace {

using Index = std::size_t;

// A weight's shape with the channels of each element, from the operators' definitions and not from the
// layout.
struct Weight {
    const char* name;
    WeightLayout layout;
    Index outputs, inputs, elements;
    std::function<Index(Index)> output, input; // of the element at a row-major position
};

Weight convolution(Index m, Index cin, Index kernel, Index groups)
{
    const Index perGroup = cin / groups;
    return {"Conv",
            WeightLayout::convolution(m, cin, kernel, groups),
            m,
            cin,
            m * perGroup * kernel,
            [=](Index e) { return e / (perGroup * kernel); },
            [=](Index e) {
                const Index out = e / (perGroup * kernel), c = e / kernel % perGroup;
                return out / (m / groups) * perGroup + c;
            }};
}

Weight transposed(Index m, Index cin, Index kernel, Index groups)
{
    const Index perGroup = m / groups;
    return {"ConvTranspose",
            WeightLayout::transposedConvolution(m, cin, kernel, groups),
            m,
            cin,
            cin * perGroup * kernel,
            [=](Index e) {
                const Index i = e / (perGroup * kernel), j = e / kernel % perGroup;
                return i / (cin / groups) * perGroup + j;
            },
            [=](Index e) { return e / (perGroup * kernel); }};
}

Weight matrix(Index k, Index n, bool transposedB)
{
    return {transposedB ? "matrix [N,K]" : "matrix [K,N]",
            WeightLayout::matrix(k, n, transposedB),
            n,
            k,
            k * n,
            [=](Index e) { return transposedB ? e / k : e % n; },
            [=](Index e) { return transposedB ? e % k : e / n; }};
}

std::vector<Weight> weights()
{
    return {
        convolution(6, 4, 9, 1),  convolution(6, 4, 9, 2),  convolution(6, 6, 9, 6), convolution(8, 4, 1, 4),
        convolution(5, 3, 7, 1),  transposed(6, 4, 9, 1),   transposed(8, 4, 9, 2),  transposed(6, 6, 4, 3),
        transposed(4, 4, 5, 4),   transposed(4, 8, 1, 2),   matrix(7, 5, false),     matrix(7, 5, true),
        matrix(1, 9, false),      matrix(300, 3, true),     convolution(6, 6, 4, 6), convolution(6, 6, 8, 6),
        convolution(6, 6, 16, 6), convolution(6, 6, 17, 6), matrix(5, 4, false),     matrix(5, 8, false),
        matrix(5, 16, false),     matrix(5, 17, true)};
}

// Such whose rows are longer, or more, than the tables of factors.
std::vector<Weight> largeWeights()
{
    return {convolution(12, 300, 9, 1),    convolution(64, 64, 9, 8),  convolution(9000, 9000, 1, 9000),
            convolution(700, 700, 9, 700), transposed(1000, 3, 16, 1), transposed(64, 64, 4, 2),
            transposed(600, 600, 25, 600), convolution(64, 64, 1, 4),  matrix(3, 9000, false),
            matrix(3, 9000, true),         matrix(2000, 10, false),    matrix(7, 2000, true)};
}

std::vector<Instructions> instructionSets()
{
    std::vector<Instructions> sets;
    for (const auto set :
         {Instructions::Baseline, Instructions::Avx2, Instructions::Avx512, Instructions::Avx512Sixteen}) {
        if (set <= bestInstructions())
            sets.push_back(set);
    }
    return sets;
}

const std::vector<DataType> foldableTypes = {DataType::Float, DataType::Double, DataType::Float16,
                                             DataType::BFloat16};

std::vector<long double> randomNumbers(ModelBuilder& random, DataType type, Index count, int exponents)
{
    std::vector<long double> values(count);
    for (auto& value : values) {
        const double drawn =
            std::ldexp(random.uniform(-2, 2), static_cast<int>(random.integer(-exponents, exponents)));
        value = decode(formatOf(type), encode(formatOf(type), drawn));
    }
    return values;
}

std::vector<double> randomFactors(ModelBuilder& random, Index count)
{
    std::vector<double> factors(count);
    for (double& factor : factors)
        factor = random.uniform(0.1, 3) * (random.integer(0, 1) ? 1 : -1);
    return factors;
}

// "" or what is wrong with `result` for the exact product.
QString wrongness(DataType type, long double exact, long double result)
{
    const Format format = formatOf(type);
    const long double allowed = type == DataType::Double ? 2.5L : 0.5001L;
    const long double largest = std::ldexp(2.0L - std::ldexp(1.0L, 1 - format.precision), format.maximum);
    const long double overflow = largest + ulp(format, largest) / 2;
    if (std::isnan(exact) || std::isnan(result))
        return std::isnan(exact) == std::isnan(result) ? QString() : QStringLiteral("NaN");
    if (std::fabs(exact) >= overflow)
        return result == std::copysign(INFINITY, exact) ? QString() : QStringLiteral("should be infinite");
    const long double error = std::fabs(result - exact) / ulp(format, exact);
    return error <= allowed ? QString() : QStringLiteral("%1 ulp").arg(static_cast<double>(error));
}

std::uint16_t half(long double value)
{
    return static_cast<std::uint16_t>(encode(formatOf(DataType::Float16), value));
}

// All numbers of a 16-bit format, their neighbours and the midpoints between: nearest, ties to even.
QString wrongRounding(DataType type, std::uint16_t (*round)(double), double (*widened)(std::uint16_t))
{
    const Format format = formatOf(type);
    for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
        const auto stored = static_cast<std::uint16_t>(bits);
        const auto value = static_cast<double>(decode(format, stored));
        if (std::isnan(value)) {
            if (!std::isnan(widened(stored)) || !std::isnan(decode(format, round(value))))
                return QStringLiteral("NaN %1 is lost").arg(bits, 0, 16);
            continue;
        }
        if (widened(stored) != value || std::signbit(widened(stored)) != std::signbit(value))
            return QStringLiteral("%1 is widened wrongly").arg(bits, 0, 16);
        if (round(value) != stored)
            return QStringLiteral("%1 does not round to itself").arg(bits, 0, 16);
        if (std::isinf(value))
            continue;
        // The next number outwards; past the largest it is infinity, and the midpoint is where overflow
        // starts.
        const double sign = std::signbit(value) ? -1 : 1;
        const double middle = value + sign * static_cast<double>(ulp(format, value)) / 2;
        const auto next = static_cast<std::uint16_t>(stored + 1), even = stored % 2 ? next : stored;
        if (round(middle) != even)
            return QStringLiteral("the tie above %1 is not even").arg(bits, 0, 16);
        if (round(std::nextafter(middle, sign * INFINITY)) != next)
            return QStringLiteral("just past the tie above %1").arg(bits, 0, 16);
        if (round(std::nextafter(middle, 0.0)) != stored)
            return QStringLiteral("just before the tie above %1").arg(bits, 0, 16);
    }
    return {};
}

} // namespace

class KernelsTest final : public QObject {
    Q_OBJECT

private slots:
    void roundsEveryHalfToNearestEven()
    {
        QCOMPARE(wrongRounding(DataType::Float16, roundToHalf, halfToDouble), QString());
    }

    void roundsEveryBFloat16ToNearestEven()
    {
        QCOMPARE(wrongRounding(DataType::BFloat16, roundToBFloat16, bfloat16ToDouble), QString());
    }

    void roundsOnceAndNotThroughFloat()
    {
        // A double just above a tie of float16 that float would pull onto the tie (and so down to even).
        const double justAbove = 1.0 + 0x1p-11 + 0x1p-40;
        QCOMPARE(roundToHalf(justAbove), half(1.0L + 0x1p-10L));
        QCOMPARE(roundToBFloat16(1.0 + 0x1p-8 + 0x1p-40), std::uint16_t{0x3f81});
    }

    void roundsTheSmallestAndTheLargest()
    {
        QCOMPARE(roundToHalf(0x1p-25), std::uint16_t{0});
        QCOMPARE(roundToHalf(std::nextafter(0x1p-25, 1.0)), std::uint16_t{1});
        QCOMPARE(roundToHalf(-1e-300), std::uint16_t{0x8000});
        QCOMPARE(roundToHalf(1e300), std::uint16_t{0x7c00});
        QCOMPARE(roundToBFloat16(-1e300), std::uint16_t{0xff80});
        QCOMPARE(roundToBFloat16(5e-324), std::uint16_t{0});
    }

    void scalesEveryLayoutByOutputs() { scalesEveryLayout(true, false); }
    void scalesEveryLayoutByInputs() { scalesEveryLayout(false, true); }
    void scalesEveryLayoutByBoth() { scalesEveryLayout(true, true); }
    void leavesEveryLayoutAloneWithoutFactors() { scalesEveryLayout(false, false); }

    void scalesBlocksFromAnyOffset()
    {
        ModelBuilder random(3);
        for (const Weight& weight : weights()) {
            for (const DataType type : foldableTypes) {
                const auto width = static_cast<Index>(formatOf(type).bytes);
                const auto values = randomNumbers(random, type, weight.elements, 3);
                const auto output = randomFactors(random, weight.outputs),
                           input = randomFactors(random, weight.inputs);
                const std::vector<std::byte> original = encodeAll(type, values);
                std::vector<std::byte> whole = original;
                scale(type, whole, 0, weight.layout, output, input);
                for (int i = 0; i < 20; ++i) {
                    const auto first =
                        static_cast<Index>(random.integer(0, static_cast<std::int64_t>(weight.elements)));
                    const auto count = static_cast<Index>(
                        random.integer(0, static_cast<std::int64_t>(weight.elements - first)));
                    std::vector<std::byte> block(
                        original.begin() + static_cast<std::ptrdiff_t>(first * width),
                        original.begin() + static_cast<std::ptrdiff_t>((first + count) * width));
                    scale(type, block, first, weight.layout, output, input);
                    QVERIFY2(block.empty() ||
                                 std::memcmp(block.data(), whole.data() + first * width, block.size()) == 0,
                             weight.name);
                }
            }
        }
    }

    void scalesLargeLayoutsByOutputs() { scalesLayouts(largeWeights(), true, false); }
    void scalesLargeLayoutsByInputs() { scalesLayouts(largeWeights(), false, true); }
    void scalesLargeLayoutsByBoth() { scalesLayouts(largeWeights(), true, true); }

    void scalesAlikeWithAllInstructions()
    {
        ModelBuilder random(8);
        std::vector<Weight> all = weights();
        for (Weight& weight : largeWeights())
            all.push_back(std::move(weight));
        for (const Weight& weight : all) {
            for (const DataType type : foldableTypes) {
                const auto values = randomNumbers(random, type, weight.elements, 40);
                const auto output = randomFactors(random, weight.outputs),
                           input = randomFactors(random, weight.inputs);
                const std::vector<std::byte> original = encodeAll(type, values);
                const auto first =
                    static_cast<Index>(random.integer(0, static_cast<std::int64_t>(weight.elements / 2)));
                const std::span<const std::byte> from =
                    std::span(original).subspan(first * static_cast<Index>(formatOf(type).bytes));
                std::vector<std::byte> expected(from.begin(), from.end());
                scale(type, expected, first, weight.layout, output, input, Instructions::Baseline);
                for (const Instructions set : instructionSets()) {
                    std::vector<std::byte> block(from.begin(), from.end());
                    scale(type, block, first, weight.layout, output, input, set);
                    QVERIFY2(block == expected, weight.name);
                }
            }
        }
    }

    // Every number of the two formats, the midpoints between them and what is next to those, as the product
    // of 1 and a factor, in every lane of the vectors; and as the product of the number and 1.
    void roundsEveryProductOfSixteenBitsWithAllInstructions()
    {
        for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
            const Format format = formatOf(type);
            std::vector<double> products;
            for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
                const auto value = static_cast<double>(decode(format, bits));
                if (!std::isfinite(value))
                    continue;
                const double middle =
                    value + std::copysign(static_cast<double>(ulp(format, value)) / 2, value);
                for (const double product : {value, middle, std::nextafter(middle, INFINITY),
                                             std::nextafter(middle, -INFINITY), std::nextafter(value, 0.0)})
                    products.push_back(product);
            }
            const std::vector<long double> wide(products.begin(), products.end());
            const std::vector<std::byte> expected = encodeAll(type, wide);
            const std::vector<std::byte> ones =
                encodeAll(type, std::vector<long double>(products.size(), 1.0L));
            const auto layout = WeightLayout::matrix(1, products.size(), false);
            for (const Instructions set : instructionSets()) {
                for (Index skipped = 0; skipped < 3; ++skipped) {
                    std::vector<std::byte> block(ones.begin() + static_cast<std::ptrdiff_t>(skipped * 2),
                                                 ones.end());
                    scale(type, block, skipped, layout, products, {}, set);
                    QVERIFY(std::equal(block.begin(), block.end(),
                                       expected.begin() + static_cast<std::ptrdiff_t>(skipped * 2)));
                }
                std::vector<std::byte> narrowed(expected.size());
                narrow(type, products, narrowed, set);
                QVERIFY(narrowed == expected);
                std::vector<std::byte> block = expected;
                scale(type, block, 0, WeightLayout::plain(products.size()), std::vector<double>{1}, {}, set);
                QVERIFY(block == expected);
            }
        }
    }

    void nanStaysNanWithAllInstructions()
    {
        for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
            const Format format = formatOf(type);
            for (const Instructions set : instructionSets()) {
                std::vector<std::byte> all(0x10000 * 2);
                for (std::uint32_t bits = 0; bits <= 0xffff; ++bits)
                    std::memcpy(all.data() + bits * 2, &bits, 2);
                scale(type, all, 0, WeightLayout::plain(0x10000), std::vector<double>{1.5}, {}, set);
                const auto results = decodeAll(type, all);
                for (std::uint32_t bits = 0; bits <= 0xffff; ++bits)
                    QCOMPARE(std::isnan(results[bits]), std::isnan(decode(format, bits)));
            }
        }
    }

    void scalesSubnormalsAndOverflowsLikeTheRest()
    {
        ModelBuilder random(4);
        for (const DataType type : {DataType::Float, DataType::Float16, DataType::BFloat16}) {
            const Format format = formatOf(type);
            std::vector<long double> values;
            for (int i = 0; i < 20000; ++i) {
                const int exponent = static_cast<int>(
                    i % 2 ? random.integer(format.minimum - format.precision, format.minimum + 2)
                          : random.integer(format.maximum - 2, format.maximum));
                values.push_back(decode(format, encode(format, std::ldexp(random.uniform(-1, 1), exponent))));
            }
            const auto layout = WeightLayout::matrix(1, values.size(), false);
            const auto factors = randomFactors(random, values.size());
            std::vector<std::byte> block = encodeAll(type, values);
            scale(type, block, 0, layout, factors, {});
            const auto results = decodeAll(type, block);
            for (Index i = 0; i < values.size(); ++i) {
                const QString wrong = wrongness(type, values[i] * factors[i], results[i]);
                QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
            }
        }
    }

    // Products of two 11-bit (or 8-bit) numbers are exact in double, so the rounding alone is seen, ties
    // included.
    void roundsExactProductsToTheBit()
    {
        ModelBuilder random(5);
        for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
            const Format format = formatOf(type);
            int ties = 0;
            const auto values = randomNumbers(random, type, 200000, 4),
                       by = randomNumbers(random, type, 200000, 2);
            const std::vector<double> factors(by.begin(), by.end());
            std::vector<std::byte> block = encodeAll(type, values), expected = block;
            scale(type, block, 0, WeightLayout::matrix(1, values.size(), false), factors, {});
            std::vector<long double> products(values.size());
            for (Index i = 0; i < values.size(); ++i) {
                products[i] = values[i] * by[i];
                const long double steps = std::fabs(products[i] / ulp(format, products[i]));
                ties += steps - std::floor(steps) == 0.5L;
            }
            expected = encodeAll(type, products);
            QVERIFY(block == expected);
            QVERIFY(ties > 20);
        }
    }

    void zeroFactorsGiveZeroAndNanStaysNan()
    {
        for (const DataType type : foldableTypes) {
            std::vector<std::byte> block = encodeAll(type, std::vector<long double>{5, -7, NAN, INFINITY});
            scale(type, block, 0, WeightLayout::matrix(1, 4, false), std::vector<double>{0, 0, 2, -1}, {});
            const auto results = decodeAll(type, block);
            QCOMPARE(results[0], 0.0L);
            QCOMPARE(results[1], 0.0L);
            QVERIFY(std::isnan(results[2]));
            QCOMPARE(results[3], -static_cast<long double>(INFINITY));
        }
    }

    void widensAndNarrowsBackToTheSameBytes()
    {
        for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
            std::vector<std::byte> all(0x10000 * 2);
            for (std::uint32_t bits = 0; bits <= 0xffff; ++bits)
                std::memcpy(all.data() + bits * 2, &bits, 2);
            const auto numbers = decodeAll(type, all);
            std::vector<double> wide(0x10000);
            widen(type, all, wide);
            std::vector<std::byte> back(all.size());
            narrow(type, wide, back);
            for (Index i = 0; i < wide.size(); ++i) {
                if (std::isnan(numbers[i])) {
                    QVERIFY(std::isnan(wide[i]));
                    continue;
                }
                QCOMPARE(static_cast<long double>(wide[i]), numbers[i]);
                QVERIFY(std::memcmp(back.data() + i * 2, all.data() + i * 2, 2) == 0);
            }
        }
        ModelBuilder random(6);
        for (const DataType type : {DataType::Float, DataType::Double}) {
            const auto numbers = randomNumbers(random, type, 5000, 100);
            const auto bytes = encodeAll(type, numbers);
            std::vector<double> wide(numbers.size());
            widen(type, bytes, wide);
            QVERIFY(std::equal(wide.begin(), wide.end(), numbers.begin()));
            std::vector<std::byte> back(bytes.size());
            narrow(type, wide, back);
            QVERIFY(back == bytes);
        }
    }

    void narrowsToTheNearest()
    {
        ModelBuilder random(7);
        for (const DataType type : foldableTypes) {
            std::vector<double> values(20000);
            for (double& value : values)
                value = std::ldexp(random.uniform(-2, 2), static_cast<int>(random.integer(-30, 18)));
            const std::vector<long double> wide(values.begin(), values.end());
            std::vector<std::byte> stored(values.size() * static_cast<Index>(formatOf(type).bytes));
            narrow(type, values, stored);
            QVERIFY(stored == encodeAll(type, wide));
        }
    }

    void countsEveryNumberThatIsNotFinite()
    {
        // Of each sign, as many as there are mantissas: 10 and 7 bits of them.
        std::vector<std::byte> all(2 * 65536 + 2 * 5000);
        for (std::uint32_t bits = 0; bits < 65536 + 5000; ++bits) {
            const auto stored = static_cast<std::uint16_t>(bits < 65536 ? bits : 0x7f80 + bits % 2);
            std::memcpy(all.data() + 2 * bits, &stored, 2);
        }
        QCOMPARE(countNonFinite(DataType::Float16, all), 2u * 1024 + 5000);
        QCOMPARE(countNonFinite(DataType::BFloat16, all), 2u * 128 + 5000);
        std::vector<float> floats(10'000, std::numeric_limits<float>::infinity());
        floats[17] = std::numeric_limits<float>::max();
        floats[9'999] = std::numeric_limits<float>::quiet_NaN();
        QCOMPARE(countNonFinite(DataType::Float, std::as_bytes(std::span(floats))), 9'999u);
        std::vector<double> doubles(9, -std::numeric_limits<double>::infinity());
        doubles[8] = -std::numeric_limits<double>::max();
        QCOMPARE(countNonFinite(DataType::Double, std::as_bytes(std::span(doubles))), 8u);
        QCOMPARE(countNonFinite(DataType::Float, {}), 0u);
    }

    void widensIntegers()
    {
        const std::int32_t words[] = {-2147483647 - 1, -1, 0, 7, 2147483647};
        std::vector<double> wide(5);
        widen(DataType::Int32, std::as_bytes(std::span(words)), wide);
        QVERIFY(std::equal(wide.begin(), wide.end(), std::begin(words)));
        const std::int8_t small[] = {-128, -1, 0, 1, 127};
        widen(DataType::Int8, std::as_bytes(std::span(small)), wide);
        QVERIFY(std::equal(wide.begin(), wide.end(), std::begin(small)));
        const std::uint8_t bytes[] = {0, 1, 128, 200, 255};
        widen(DataType::UInt8, std::as_bytes(std::span(bytes)), wide);
        QVERIFY(std::equal(wide.begin(), wide.end(), std::begin(bytes)));
        const std::int64_t longs[] = {-5, 0, 1, std::int64_t{1} << 40, -(std::int64_t{1} << 50)};
        widen(DataType::Int64, std::as_bytes(std::span(longs)), wide);
        QVERIFY(std::equal(wide.begin(), wide.end(), std::begin(longs)));
        const std::uint8_t truth[] = {0, 1, 1, 0, 1};
        widen(DataType::Bool, std::as_bytes(std::span(truth)), wide);
        QVERIFY(std::equal(wide.begin(), wide.end(), std::begin(truth)));
    }

    void accumulatesWhatAShiftAddsToTheBias()
    {
        ModelBuilder random(8);
        for (const Weight& weight : weights()) {
            const auto numbers = randomNumbers(random, DataType::Float, weight.elements, 2);
            const std::vector<double> block(numbers.begin(), numbers.end());
            const auto input = randomFactors(random, weight.inputs);
            std::vector<double> sums(weight.outputs, 0.25);
            // In pieces, as a stream gives them.
            const Index cut = weight.elements / 3;
            accumulate(std::span(block).first(cut), 0, weight.layout, input, sums);
            accumulate(std::span(block).subspan(cut), cut, weight.layout, input, sums);
            std::vector<long double> expected(weight.outputs, 0.25L), magnitude(weight.outputs, 1);
            for (Index e = 0; e < weight.elements; ++e) {
                const long double term = numbers[e] * input[weight.input(e)];
                expected[weight.output(e)] += term;
                magnitude[weight.output(e)] += std::fabs(term);
            }
            for (Index o = 0; o < weight.outputs; ++o)
                QVERIFY2(std::fabs(sums[o] - expected[o]) <= 1e-14L * magnitude[o], weight.name);
        }
    }

private:
    void scalesEveryLayout(bool outputs, bool inputs) { scalesLayouts(weights(), outputs, inputs); }

    void scalesLayouts(const std::vector<Weight>& all, bool outputs, bool inputs)
    {
        ModelBuilder random(2);
        for (const Weight& weight : all) {
            QCOMPARE(weight.layout.elements(), std::uint64_t{weight.elements});
            QCOMPARE(weight.layout.outputs, std::uint64_t{weight.outputs});
            QCOMPARE(weight.layout.inputs, std::uint64_t{weight.inputs});
            for (const DataType type : foldableTypes) {
                const auto values = randomNumbers(random, type, weight.elements, 3);
                const auto output = outputs ? randomFactors(random, weight.outputs) : std::vector<double>();
                const auto input = inputs ? randomFactors(random, weight.inputs) : std::vector<double>();
                std::vector<std::byte> block = encodeAll(type, values);
                scale(type, block, 0, weight.layout, output, input);
                const auto results = decodeAll(type, block);
                for (Index e = 0; e < weight.elements; ++e) {
                    const long double exact = values[e] * (outputs ? output[weight.output(e)] : 1.0L) *
                                              (inputs ? input[weight.input(e)] : 1.0L);
                    const QString wrong = wrongness(type, exact, results[e]);
                    QVERIFY2(wrong.isEmpty(), qPrintable(wrong + " in " + weight.name));
                }
            }
        }
    }
};

QTEST_APPLESS_MAIN(KernelsTest)
#include "test_kernels.moc"
