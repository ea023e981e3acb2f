// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges, moments and histograms of tensors against the plain definition in long double, for stored tensors
// and for scaled ones.
#include "core/tensor/ChannelHistograms.h"
#include "core/tensor/Statistics.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace pleat;
using namespace pleat::test;

namespace {

std::vector<long double> randomNumbers(std::uint32_t seed, DataType type, std::size_t count)
{
    ModelBuilder random(seed);
    std::vector<long double> values(count);
    for (auto& value : values)
        value = decode(formatOf(type), encode(formatOf(type), random.uniform(-3, 2)));
    return values;
}

TensorView tensorOf(DataType type, const std::vector<long double>& values)
{
    auto bytes = std::make_shared<const std::vector<std::byte>>(encodeAll(type, values));
    return {"t", type, {static_cast<std::int64_t>(values.size())}, Payload{bytes}};
}

Statistics statisticsOf(const TensorView& tensor, const WeightLayout& layout)
{
    NoProgress progress;
    const auto result = statistics(tensor, layout, progress, {});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return *result;
}

bool near(double actual, long double expected, long double scale)
{
    return std::fabs(actual - expected) <= 1e-12L * scale;
}

const long double notANumber = std::numeric_limits<long double>::quiet_NaN();
const long double infinity = std::numeric_limits<long double>::infinity();

} // namespace

class StatisticsTest final : public QObject {
    Q_OBJECT

private slots:
    void measuresEveryType()
    {
        for (const DataType type :
             {DataType::Float, DataType::Double, DataType::Float16, DataType::BFloat16}) {
            const auto values = randomNumbers(1, type, 300007); // more than one block, and no round number
            const Statistics measured =
                statisticsOf(tensorOf(type, values), WeightLayout::plain(values.size()));
            long double sum = 0, squares = 0, low = values[0], high = values[0];
            std::uint64_t zeros = 0;
            for (const long double value : values) {
                sum += value;
                low = std::min(low, value);
                high = std::max(high, value);
                zeros += value == 0;
            }
            const long double mean = sum / static_cast<long double>(values.size());
            for (const long double value : values)
                squares += (value - mean) * (value - mean);
            QCOMPARE(measured.count, std::uint64_t{values.size()});
            QCOMPARE(measured.nonFinite(), std::uint64_t{0});
            QCOMPARE(measured.zeros, zeros);
            QCOMPARE(measured.range, (Range{static_cast<double>(low), static_cast<double>(high)}));
            QVERIFY(near(measured.mean, mean, 1));
            QVERIFY(
                near(measured.deviation, std::sqrt(squares / static_cast<long double>(values.size())), 1));
        }
    }

    void keepsItsDigitsWhereTheMeanIsLarge()
    {
        std::vector<long double> values;
        for (int i = 0; i < 100000; ++i)
            values.push_back(1e9L + i % 2); // deviation 0.5; the sum of squares alone has lost it
        const Statistics measured =
            statisticsOf(tensorOf(DataType::Double, values), WeightLayout::plain(values.size()));
        QVERIFY(std::fabs(measured.deviation - 0.5) < 1e-6);
        QVERIFY(std::fabs(measured.mean - 1e9 - 0.5) < 1e-6);
    }

    void measuresChannelsOfEveryLayout()
    {
        // Element (o, i, k) of 4 outputs in 2 groups, 6 inputs, 5 taps; the other way round when transposed.
        const auto values = randomNumbers(2, DataType::Float, 4 * 3 * 5);
        std::vector<Range> expected(4, {1e9, -1e9});
        const auto add = [&](std::size_t channel, std::size_t element) {
            const auto value = static_cast<double>(values[element]);
            expected[channel].min = std::min(expected[channel].min, value);
            expected[channel].max = std::max(expected[channel].max, value);
        };
        for (std::size_t e = 0; e < values.size(); ++e)
            add(e / 15, e);
        QCOMPARE(
            statisticsOf(tensorOf(DataType::Float, values), WeightLayout::convolution(4, 6, 5, 2)).channels,
            expected);
        expected.assign(4, {1e9, -1e9});
        for (std::size_t e = 0; e < values.size(); ++e)
            add(e / 10 / 3 * 2 + e / 5 % 2, e); // W[6, 2, 5]: input e/10 of group e/10/3
        QCOMPARE(
            statisticsOf(tensorOf(DataType::Float, values), WeightLayout::transposedConvolution(4, 6, 5, 2))
                .channels,
            expected);
        expected.assign(4, {1e9, -1e9});
        for (std::size_t e = 0; e < values.size(); ++e)
            add(e % 4, e);
        QCOMPARE(statisticsOf(tensorOf(DataType::Float, values), WeightLayout::matrix(15, 4, false)).channels,
                 expected);
        expected.assign(4, {1e9, -1e9});
        for (std::size_t e = 0; e < values.size(); ++e)
            add(e / 15, e);
        QCOMPARE(statisticsOf(tensorOf(DataType::Float, values), WeightLayout::matrix(15, 4, true)).channels,
                 expected);
    }

    void leavesOutWhatIsNotFinite()
    {
        const Statistics measured = statisticsOf(
            tensorOf(DataType::Float, {1, notANumber, -2, infinity, -infinity, 0}), WeightLayout::plain(6));
        QCOMPARE(measured.count, std::uint64_t{6});
        QCOMPARE(measured.nonFinite(), std::uint64_t{3});
        QCOMPARE(measured.zeros, std::uint64_t{1});
        QCOMPARE(measured.range, (Range{-2, 1}));
        QVERIFY(near(measured.mean, -1.0L / 3, 1));
        const Statistics none =
            statisticsOf(tensorOf(DataType::Float, {notANumber, infinity}), WeightLayout::plain(2));
        QCOMPARE(none.range, (Range{0, 0}));
        QCOMPARE(none.mean, 0.0);
        const Statistics empty = statisticsOf(tensorOf(DataType::Float, {}), WeightLayout::plain(0));
        QCOMPARE(empty.count, std::uint64_t{0});
        QCOMPARE(empty.range, (Range{0, 0}));
    }

    void measuresScaledTensorsAsTheyWillBeWritten()
    {
        const auto values = randomNumbers(3, DataType::Float16, 6 * 4);
        const std::vector<double> factors = {2, -1, 0.5, 3, 0, 1.25};
        const auto layout = WeightLayout::matrix(4, 6, true);
        ScaledBytes scaled{
            std::make_shared<const std::vector<std::byte>>(encodeAll(DataType::Float16, values)),
            DataType::Float16, layout, std::make_shared<const std::vector<double>>(factors), nullptr};
        const TensorView tensor("t", DataType::Float16, {6, 4},
                                Payload{std::make_shared<const ScaledBytes>(scaled)});
        const Statistics measured = statisticsOf(tensor, layout);
        const auto read = tensor.doubles();
        QVERIFY(read.has_value());
        for (std::size_t o = 0; o < 6; ++o) {
            long double low = 1e9, high = -1e9;
            for (std::size_t i = 0; i < 4; ++i) {
                const Format half = formatOf(DataType::Float16);
                const long double value = decode(half, encode(half, values[o * 4 + i] * factors[o]));
                QCOMPARE(static_cast<long double>((*read)[o * 4 + i]), value);
                low = std::min(low, value);
                high = std::max(high, value);
            }
            QCOMPARE(measured.channels[o], (Range{static_cast<double>(low), static_cast<double>(high)}));
        }
    }

    void countsBins()
    {
        const auto values = randomNumbers(4, DataType::Float, 200003);
        const TensorView tensor = tensorOf(DataType::Float, values);
        for (const auto& [range, bins] :
             {std::pair{Range{-3, 2}, std::size_t{64}}, std::pair{Range{-1, 1}, std::size_t{7}}}) {
            NoProgress progress;
            const auto histogramOf = histogram(tensor, range, bins, progress, {});
            QVERIFY(histogramOf.has_value());
            QCOMPARE(histogramOf->bins.size(), bins);
            QCOMPARE(histogramOf->range, range);
            std::vector<std::uint64_t> expected(bins);
            std::uint64_t inside = 0, counted = 0;
            const long double width =
                (static_cast<long double>(range.max) - range.min) / static_cast<long double>(bins);
            for (const long double value : values) {
                if (value < range.min || value > range.max)
                    continue;
                ++inside;
                const auto bin = static_cast<std::size_t>((value - range.min) / width);
                ++expected[std::min(bin, bins - 1)];
            }
            for (std::size_t b = 0; b < bins; ++b) {
                counted += histogramOf->bins[b];
                // A value on the very border of two bins may fall to either by rounding.
                QVERIFY(std::llabs(static_cast<long long>(histogramOf->bins[b]) -
                                   static_cast<long long>(expected[b])) <= 2);
            }
            QCOMPARE(counted, inside);
        }
    }

    void countsTheEndsIntoTheirBins()
    {
        NoProgress progress;
        const TensorView tensor = tensorOf(DataType::Float, {0, 1, 1, notANumber, infinity, -1, 2, 0.5});
        const auto two = histogram(tensor, {0, 1}, 2, progress, {});
        QVERIFY(two.has_value());
        QCOMPARE(two->bins, (std::vector<std::uint64_t>{1, 3}));
        const auto point =
            histogram(tensorOf(DataType::Float, {5, 5, 5}), {5, 5}, 4, progress, {}); // no width
        QVERIFY(point.has_value());
        std::uint64_t counted = 0;
        for (const std::uint64_t bin : point->bins)
            counted += bin;
        QCOMPARE(counted, std::uint64_t{3});
    }

    void stopsWhenAsked()
    {
        std::stop_source source;
        source.request_stop();
        NoProgress progress;
        const TensorView tensor = tensorOf(DataType::Float, randomNumbers(5, DataType::Float, 1000));
        const auto stopped = statistics(tensor, WeightLayout::plain(1000), progress, source.get_token());
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
        const auto bins = histogram(tensor, {0, 1}, 8, progress, source.get_token());
        QVERIFY(!bins && bins.error().code == ErrorCode::Cancelled);
    }

    void readsAnyPieceOfAScaledTensor()
    {
        ModelBuilder random(6);
        const auto values = randomNumbers(6, DataType::Float, 4096 * 33);
        std::vector<double> factors(33);
        for (double& factor : factors)
            factor = random.uniform(-2, 2);
        ScaledBytes scaled{std::make_shared<const std::vector<std::byte>>(encodeAll(DataType::Float, values)),
                           DataType::Float, WeightLayout::matrix(4096, 33, false),
                           std::make_shared<const std::vector<double>>(factors), nullptr};
        const TensorView tensor("t", DataType::Float, {4096, 33},
                                Payload{std::make_shared<const ScaledBytes>(scaled)});
        const Format format = formatOf(DataType::Float);
        for (int i = 0; i < 50; ++i) {
            const auto first = static_cast<std::size_t>(random.integer(0, 4096 * 33 - 1));
            const auto count = std::min<std::size_t>(static_cast<std::size_t>(random.integer(1, 70000)),
                                                     values.size() - first);
            std::vector<double> piece(count);
            QVERIFY(tensor.readDoubles(first, piece).has_value());
            for (std::size_t e = 0; e < count; e += 97)
                QCOMPARE(static_cast<long double>(piece[e]),
                         decode(format, encode(format, values[first + e] * factors[(first + e) % 33])));
        }
    }

    void countsChannelsByThemselves()
    {
        // A convolution's channels lie one behind the other, those of a matrix side by side.
        const auto values = randomNumbers(7, DataType::Float, 6 * 5 * 9);
        const TensorView tensor = tensorOf(DataType::Float, values);
        const Range range{-3, 2};
        constexpr std::size_t bins = 10; // each half a unit wide: exact
        const std::vector<std::size_t> chosen{4, 0};
        const auto expected = [&](const auto& channelOf, std::size_t channel) {
            std::vector<std::uint64_t> counts(bins);
            for (std::size_t e = 0; e < values.size(); ++e)
                if (channelOf(e) == channel)
                    ++counts[std::min(bins - 1, static_cast<std::size_t>(std::floor((values[e] + 3) * 2)))];
            return counts;
        };
        const auto check = [&](const WeightLayout& layout, const auto& channelOf) {
            NoProgress progress;
            const auto counted = channelHistograms(tensor, layout, chosen, range, bins, progress, {});
            QVERIFY(counted.has_value());
            QCOMPARE(counted->size(), chosen.size());
            for (std::size_t c = 0; c < chosen.size(); ++c)
                QCOMPARE((*counted)[c].bins, expected(channelOf, chosen[c]));
        };
        check(WeightLayout::convolution(6, 5, 9, 1), [](std::size_t e) { return e / 45; });
        check(WeightLayout::matrix(45, 6, false), [](std::size_t e) { return e % 6; });
    }
};

QTEST_APPLESS_MAIN(StatisticsTest)
#include "test_statistics.moc"
