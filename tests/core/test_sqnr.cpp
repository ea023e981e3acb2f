// SPDX-License-Identifier: GPL-3.0-or-later
// The ratios of signal and quantization noise against the formulas of Sqnr.h written out value by value in
// long double; clipped ranges against the best of a fine grid of them; and elements of few bits against the
// tables of their standards.
#include "core/tensor/Sqnr.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>
#include <limits>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr long double notANumber = std::numeric_limits<long double>::quiet_NaN();

TensorView tensorOf(DataType type, const std::vector<long double>& values)
{
    auto bytes = std::make_shared<const std::vector<std::byte>>(encodeAll(type, values));
    return {"t", type, {static_cast<std::int64_t>(values.size())}, Payload{bytes}};
}

// Bell-shaped, each channel of another width, one of them with a value far out.
std::vector<long double> weights(std::uint32_t seed, std::size_t channels, std::size_t each)
{
    ModelBuilder random(seed);
    std::vector<long double> values;
    for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t e = 0; e < each; ++e) {
            double sum = 0.05 * static_cast<double>(c);
            for (int i = 0; i < 6; ++i)
                sum += random.uniform(-1, 1);
            values.push_back(static_cast<float>(sum * std::exp2(-static_cast<double>(c))));
        }
    }
    values[each / 2] = 12;
    return values;
}

using Channels = std::vector<std::vector<long double>>;

long double noiseOf(const std::vector<long double>& values, const QuantizationScheme& scheme,
                    long double least, long double most)
{
    const long double half = std::exp2l(scheme.bits - 1) - 1, levels = std::exp2l(scheme.bits) - 1;
    const long double step =
        scheme.symmetric ? std::max(std::fabs(least), std::fabs(most)) / half : (most - least) / levels;
    if (step == 0)
        return 0;
    const long double zero = scheme.symmetric ? 0 : std::nearbyintl(-least / step);
    long double noise = 0;
    for (const long double x : values) {
        const long double q = std::clamp(std::nearbyintl(x / step) + zero, scheme.symmetric ? -half : 0,
                                         scheme.symmetric ? half : levels);
        const long double off = x - step * (q - zero);
        noise += off * off;
    }
    return noise;
}

// The least noise of ranges `parts`/1000 of that of the values.
long double leastNoise(const std::vector<long double>& values, const QuantizationScheme& scheme,
                       const std::vector<int>& parts)
{
    long double least = 0, most = 0, best = std::numeric_limits<long double>::infinity();
    for (const long double x : values) {
        least = std::min(least, x);
        most = std::max(most, x);
    }
    for (const int part : parts)
        best = std::min(best, noiseOf(values, scheme, least * part / 1000, most * part / 1000));
    return best;
}

double expected(const Channels& channels, const QuantizationScheme& scheme, const std::vector<int>& parts)
{
    long double signal = 0, noise = 0;
    std::vector<long double> all;
    for (const auto& channel : channels) {
        for (const long double x : channel)
            signal += x * x;
        all.insert(all.end(), channel.begin(), channel.end());
        if (scheme.perChannel)
            noise += leastNoise(channel, scheme, parts);
    }
    if (!scheme.perChannel)
        noise = leastNoise(all, scheme, parts);
    return static_cast<double>(10 * std::log10(signal / noise));
}

std::vector<double> ratiosOf(const TensorView& tensor, const WeightLayout& layout,
                             std::span<const QuantizationScheme> schemes)
{
    NoProgress progress;
    const auto measured = statistics(tensor, layout, progress, {});
    if (!measured)
        qFatal("%s", measured.error().message.c_str());
    const auto ratios = sqnr(tensor, layout, *measured, schemes, progress, {});
    if (!ratios)
        qFatal("%s", ratios.error().message.c_str());
    return *ratios;
}

} // namespace

class SqnrTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void isWhatTheFormulasSay_data()
    {
        QTest::addColumn<bool>("transposed");
        QTest::newRow("channel after channel") << false;
        QTest::newRow("channels side by side") << true;
    }
    void isWhatTheFormulasSay()
    {
        QFETCH(bool, transposed);
        constexpr std::size_t channels = 5, each = 1201;
        const auto values = weights(4, channels, each);
        Channels byChannel(channels);
        std::vector<long double> stored(values.size());
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t e = 0; e < each; ++e) {
                byChannel[c].push_back(values[c * each + e]);
                stored[transposed ? e * channels + c : c * each + e] = values[c * each + e];
            }
        }
        const WeightLayout layout = WeightLayout::matrix(each, channels, !transposed);
        const auto ratios = ratiosOf(tensorOf(DataType::Float, stored), layout, commonSchemes());
        QCOMPARE(ratios.size(), std::size_t{16});
        std::vector<int> grid;
        for (int part = 50; part <= 1000; ++part)
            grid.push_back(part);
        for (std::size_t s = 0; s < ratios.size(); ++s) {
            const QuantizationScheme& scheme = commonSchemes()[s];
            const double plain = expected(byChannel, scheme, {1000});
            if (!scheme.clipped) {
                QVERIFY2(std::fabs(ratios[s] - plain) < 1e-6, qPrintable(QString::number(ratios[s] - plain)));
                continue;
            }
            const double best = expected(byChannel, scheme, grid);
            QVERIFY2(ratios[s] >= plain - 1e-9 && ratios[s] <= best + 1e-9,
                     qPrintable(QStringLiteral("%1: %2, %3").arg(s).arg(ratios[s]).arg(best)));
            QVERIFY2(best - ratios[s] < 0.75,
                     qPrintable(QStringLiteral("%1: %2 of %3").arg(s).arg(ratios[s]).arg(best)));
        }
    }

    void saysWhatHasNoNoiseOrNoValues()
    {
        constexpr std::array schemes{QuantizationScheme{}, QuantizationScheme{4, true, false, true}};
        const auto none = ratiosOf(tensorOf(DataType::Float, {}), WeightLayout::plain(0), schemes);
        QVERIFY(std::isnan(none[0]) && std::isnan(none[1]));
        const auto zeros = ratiosOf(tensorOf(DataType::Float, {0, 0, 0}), WeightLayout::plain(3), schemes);
        QVERIFY(std::isinf(zeros[0]) && zeros[0] > 0 && std::isinf(zeros[1]) && zeros[1] > 0);
        const auto onGrid =
            ratiosOf(tensorOf(DataType::Float, {127, -5, 3}), WeightLayout::plain(3), schemes);
        QVERIFY(std::isinf(onGrid[0]));
        const auto odd =
            ratiosOf(tensorOf(DataType::Float, {127, notANumber, -5, 3}), WeightLayout::plain(4), schemes);
        QVERIFY(std::isinf(odd[0]));
    }

    void stopsWhenAsked()
    {
        std::stop_source source;
        source.request_stop();
        NoProgress progress;
        const TensorView tensor = tensorOf(DataType::Float, {1, 2, 3});
        const Statistics measured = *statistics(tensor, WeightLayout::plain(3), progress, {});
        const auto stopped =
            sqnr(tensor, WeightLayout::plain(3), measured, commonSchemes(), progress, source.get_token());
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    }

    void readsElementsOfFewBits_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QList<double>>("values");
        // The first element in the lowest bits of a byte.
        QTest::newRow("int4") << int(DataType::Int4) << QByteArray::fromHex("7180ef")
                              << QList<double>{1, 7, 0, -8, -1, -2};
        QTest::newRow("uint4") << int(DataType::UInt4) << QByteArray::fromHex("71f0")
                               << QList<double>{1, 7, 0, 15};
        QTest::newRow("int2") << int(DataType::Int2) << QByteArray::fromHex("e4")
                              << QList<double>{0, 1, -2, -1};
        QTest::newRow("uint2") << int(DataType::UInt2) << QByteArray::fromHex("e4")
                               << QList<double>{0, 1, 2, 3};
        QTest::newRow("float4e2m1") << int(DataType::Float4E2M1) << QByteArray::fromHex("1032547698badcfe")
                                    << QList<double>{0,    0.5,  1,  1.5,  2,  3,  4,  6,
                                                     -0.0, -0.5, -1, -1.5, -2, -3, -4, -6};
        QTest::newRow("float8e8m0") << int(DataType::Float8E8M0) << QByteArray::fromHex("7f8000")
                                    << QList<double>{1, 2, 0x1p-127};
        QTest::newRow("float8e4m3fn") << int(DataType::Float8E4M3FN) << QByteArray::fromHex("387e01c0")
                                      << QList<double>{1, 448, 0x1p-9, -2};
        QTest::newRow("float8e5m2") << int(DataType::Float8E5M2) << QByteArray::fromHex("3c7b01")
                                    << QList<double>{1, 57344, 0x1p-16};
    }
    void readsElementsOfFewBits()
    {
        QFETCH(int, type);
        QFETCH(QByteArray, bytes);
        QFETCH(QList<double>, values);
        const auto* start = reinterpret_cast<const std::byte*>(bytes.constData());
        const auto stored = std::make_shared<const std::vector<std::byte>>(start, start + bytes.size());
        const TensorView tensor("t", static_cast<DataType>(type), {values.size()}, Payload{stored});
        for (qsizetype first = 0; first < values.size(); ++first) {
            std::vector<double> read(static_cast<std::size_t>(values.size() - first));
            QVERIFY(tensor.readDoubles(static_cast<std::uint64_t>(first), read));
            for (std::size_t e = 0; e < read.size(); ++e)
                QCOMPARE(read[e], values[first + static_cast<qsizetype>(e)]);
        }
        std::vector<double> tooMany(static_cast<std::size_t>(values.size()) + 1);
        QVERIFY(!tensor.readDoubles(0, tooMany));
    }
};

QTEST_GUILESS_MAIN(SqnrTest)
#include "test_sqnr.moc"
