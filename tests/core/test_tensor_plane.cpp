// SPDX-License-Identifier: GPL-3.0-or-later
// The values of tensors one by one: every type exactly as stored, any two axes of any tensor as a plane,
// nothing read that is not asked for, and what is looked for is found. Numbers are worked out by hand from
// the formats' definitions, or in long double.
#include "core/report/PlaneCsv.h"
#include "core/tensor/Scaling.h"
#include "core/tensor/TensorPlane.h"
#include "tests/core/support/Numbers.h"
#include "tests/core/support/SmallModels.h"

#include <QTest>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>

using namespace pleat;
using namespace pleat::test;

namespace {

using Texts = std::vector<std::string>;

Payload payload(std::vector<std::byte> bytes)
{
    return {std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
}

Payload payload(const QByteArray& hex)
{
    const QByteArray raw = QByteArray::fromHex(hex);
    const auto bytes = std::as_bytes(std::span(raw.constData(), std::size_t(raw.size())));
    return payload(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

// 0, 1, 2, … as int32.
Elements counting(const std::vector<std::int64_t>& dims)
{
    std::int64_t count = 1;
    for (const std::int64_t dim : dims)
        count *= dim;
    std::vector<std::int32_t> values(std::size_t(count), 0);
    std::iota(values.begin(), values.end(), 0);
    const auto bytes = std::as_bytes(std::span(values));
    return Elements(
        {"w", DataType::Int32, dims, payload(std::vector<std::byte>(bytes.begin(), bytes.end()))});
}

TensorView floats(const std::vector<std::int64_t>& dims, const std::vector<long double>& values)
{
    return {"w", DataType::Float, dims, payload(encodeAll(DataType::Float, values))};
}

Texts texts(const Elements& elements, const TensorPlane& plane, const PlaneArea& area)
{
    const auto cells = readArea(elements, plane, area, {});
    if (!cells)
        return {cells.error().message};
    Texts result;
    result.reserve(cells->size());
    for (const Element& cell : *cells)
        result.push_back(text(elements.type(), cell));
    return result;
}

Texts all(const Elements& elements)
{
    const TensorPlane plane = TensorPlane::of(elements.tensor().dims());
    return texts(elements, plane, {0, 0, plane.rows(), plane.columns()});
}

std::optional<std::uint64_t> found(const Elements& elements, const Sought& sought, std::uint64_t from)
{
    NoProgress quiet;
    const auto element = findElement(elements, sought, from, quiet, {});
    return element ? *element : std::nullopt;
}

// Bytes that this process has read from files so far.
std::uint64_t bytesRead()
{
    std::ifstream io("/proc/self/io");
    std::string name;
    std::uint64_t bytes = 0;
    io >> name >> bytes;
    return bytes;
}

} // namespace

class TensorPlaneTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void showsEveryTypeAsItIsStored_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        const auto row = [](DataType type, const char* bytes, const char* expected) {
            QTest::newRow(name(type).c_str())
                << int(type) << QByteArray(bytes) << QString::fromLatin1(expected);
        };
        row(DataType::Float, "cdcccc3d abaaaa3e 01000000 0000c07f 000080ff 00000080",
            "0.1 0.33333334 1e-45 nan -inf -0");
        row(DataType::Double, "9a9999999999b93f 0000000000003840", "0.1 24");
        row(DataType::Float16, "662e ff7b 007c 0100", "0.1 6.55e+04 inf 6e-08");
        row(DataType::BFloat16, "cd3d 807f 80bf", "0.1 inf -1");
        row(DataType::Float8E4M3FN, "7e 01 7f b8", "448 0.002 nan -1");
        row(DataType::Float8E5M2, "7c fc 3c 7f", "inf -inf 1 nan");
        row(DataType::Float8E4M3FNUZ, "80 40", "nan 1");
        row(DataType::Float8E5M2FNUZ, "80 40", "nan 1");
        row(DataType::Float8E8M0, "7f 80 ff 00", "1 2 nan 6e-39");
        row(DataType::Float4E2M1, "7b", "-1.5 6");
        row(DataType::UInt4, "7b", "11 7");
        row(DataType::Int4, "7b", "-5 7");
        row(DataType::UInt2, "e4", "0 1 2 3");
        row(DataType::Int2, "e4", "0 1 -2 -1");
        row(DataType::Int8, "807f", "-128 127");
        row(DataType::UInt8, "80ff", "128 255");
        row(DataType::Int16, "0080", "-32768");
        row(DataType::UInt16, "ffff", "65535");
        row(DataType::Int32, "00000080", "-2147483648");
        row(DataType::UInt32, "ffffffff", "4294967295");
        row(DataType::Int64, "0100000000002000 0000000000000080", "9007199254740993 -9223372036854775808");
        row(DataType::UInt64, "ffffffffffffffff", "18446744073709551615");
        row(DataType::Bool, "0001", "false true");
        row(DataType::Complex64, "0000803f 000000c0 cdcccc3d 0000c07f", "1-2j 0.1+nanj");
        row(DataType::Complex128, "9a9999999999b93f 0000000000000840", "0.1+3j");
    }

    void showsEveryTypeAsItIsStored()
    {
        QFETCH(int, type);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        const QStringList words = expected.split(u' ');
        const Elements elements({"w", DataType{type}, {words.size()}, payload(bytes)});
        Texts wanted;
        for (const QString& word : words)
            wanted.push_back(word.toStdString());
        QCOMPARE(all(elements), wanted);
        // And one by one: those that share a byte, too.
        for (std::size_t e = 0; e < wanted.size(); ++e)
            QCOMPARE(texts(elements, TensorPlane::of({words.size()}), {e, 0, 1, 1}), Texts{wanted[e]});
    }

    void showsStrings()
    {
        const auto strings = std::make_shared<const Texts>(Texts{"a", "b,\n\"c\"", "", "d"});
        const Elements elements({"words", DataType::String, {2, 2}, Payload{}}, strings);
        QCOMPARE(all(elements), *strings);
        NoProgress quiet;
        const auto nothing = findElement(elements, {}, 0, quiet, {});
        QVERIFY(!nothing && nothing.error().code == ErrorCode::Unsupported);
    }

    void writesTheShortestNumberThatReadsBack()
    {
        for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
            const Format format = formatOf(type);
            for (std::uint64_t bits = 0; bits < 0x10000; ++bits) {
                const long double value = decode(format, bits);
                const std::string shown = text(type, static_cast<double>(value));
                if (std::isnan(value)) {
                    QCOMPARE(shown, std::string("nan"));
                    continue;
                }
                QCOMPARE(encode(format, std::strtold(shown.c_str(), nullptr)), bits);
                if (!std::isfinite(value))
                    continue;
                const std::string digits = shown.substr(0, shown.find('e'));
                QString significant = QString::fromStdString(digits).remove(u'-').remove(u'.');
                while (significant.startsWith(u'0'))
                    significant.remove(0, 1);
                while (significant.endsWith(u'0'))
                    significant.chop(1);
                if (significant.size() < 2)
                    continue;
                const std::string shorter =
                    QString::asprintf("%.*Lg", int(significant.size()) - 1, value).toStdString();
                QVERIFY2(encode(format, std::strtold(shorter.c_str(), nullptr)) != bits, shown.c_str());
            }
        }
    }

    void roundsWhereDigitsAreChosen()
    {
        QCOMPARE(text(DataType::Float, Element(1.0 / 3), 3), std::string("0.333"));
        QCOMPARE(text(DataType::Float, Element(123456.0), 3), std::string("1.23e+05"));
        QCOMPARE(text(DataType::Int64, Element(std::int64_t{123456}), 3), std::string("123456"));
    }

    void runsAnyTwoAxesAsAPlane()
    {
        const std::vector<std::int64_t> dims{2, 3, 4, 5};
        const std::vector<std::size_t> strides{60, 20, 5, 1}; // by hand
        const Elements elements = counting(dims);
        for (std::size_t down = 0; down < 4; ++down)
            for (std::size_t across = 0; across < 4; ++across) {
                if (down == across)
                    continue;
                TensorPlane plane = TensorPlane::of(dims);
                plane.rowAxis = down;
                plane.columnAxis = across;
                plane.at = {1, 2, 3, 4};
                Texts expected;
                for (std::size_t r = 1; r < std::size_t(dims[down]); ++r)
                    for (std::size_t c = 0; c + 1 < std::size_t(dims[across]); ++c) {
                        std::size_t element = 0;
                        for (std::size_t a = 0; a < 4; ++a)
                            element += strides[a] * (a == down ? r : a == across ? c : plane.at[a]);
                        expected.push_back(std::to_string(element));
                    }
                QCOMPARE(texts(elements, plane, {1, 0, plane.rows() - 1, plane.columns() - 1}), expected);
            }
    }

    void takesAnyRank()
    {
        QCOMPARE(all(counting({})), Texts{"0"});
        QCOMPARE(all(counting({3})), (Texts{"0", "1", "2"}));
        const std::vector<std::int64_t> eight{1, 2, 1, 2, 1, 3, 1, 2};
        TensorPlane plane = TensorPlane::of(eight);
        QCOMPARE(plane.columnAxis, std::size_t(5));
        plane.rowAxis = 1;
        plane.at = {0, 0, 0, 1, 0, 0, 0, 1};
        QCOMPARE(texts(counting(eight), plane, {0, 0, 2, 3}), (Texts{"7", "9", "11", "19", "21", "23"}));
        QCOMPARE(plane.positions(19), (std::vector<std::uint64_t>{0, 1, 0, 1, 0, 0, 0, 1}));
        const TensorPlane empty = TensorPlane::of({3, 0});
        QVERIFY(empty.isEmpty());
        QCOMPARE(empty.columns(), std::uint64_t(0));
        QVERIFY(all(counting({3, 0})).empty());
    }

    void showsWhatAFoldLeavesAndByHowMuchItDiffers()
    {
        const TensorView before = floats({2, 2}, {1, 2, 3, 4});
        const auto factors = std::make_shared<const std::vector<double>>(std::vector{2.0, 0.5});
        const TensorView after("w", DataType::Float, {2, 2},
                               *scaled(before, WeightLayout::matrix(2, 2, true), factors, nullptr));
        QCOMPARE(all(Elements(after)), (Texts{"2", "4", "1.5", "2"}));
        const auto difference = Elements::difference(Elements(after), Elements(before));
        QVERIFY(difference);
        QCOMPARE(all(*difference), (Texts{"1", "2", "-1.5", "-2"}));
        QCOMPARE(found(*difference, {1.75}, 0), std::optional<std::uint64_t>(1));
        QVERIFY(!Elements::difference(Elements(after), Elements(floats({4}, {1, 2, 3, 4}))));
    }

    void findsTheNextOneAndGoesRound()
    {
        const long double nan = std::nanl(""), infinity = std::numeric_limits<long double>::infinity();
        std::vector<long double> values(200000, 0.25L);
        values[7] = -3;
        values[150000] = nan;
        values[170000] = -infinity;
        const Elements elements(floats({200000}, values));
        using Found = std::optional<std::uint64_t>;
        QCOMPARE(found(elements, {1}, 0), Found(7));
        QCOMPARE(found(elements, {1}, 8), Found(170000)); // NaN is above nothing
        QCOMPARE(found(elements, {1}, 170001), Found(7));
        QCOMPARE(found(elements, {}, 0), Found(150000));
        QCOMPARE(found(elements, {}, 150001), Found(170000));
        QCOMPARE(found(elements, {}, 200000), Found(150000)); // behind the last one
        QCOMPARE(found(counting({5}), {}, 0), Found());
        QCOMPARE(found(counting({5}), {3}, 0), Found(4));
        QCOMPARE(found(counting({0}), {}, 0), Found());
        std::stop_source stop;
        stop.request_stop();
        NoProgress quiet;
        const auto stopped = findElement(elements, {}, 0, quiet, stop.get_token());
        QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
    }

    void readsNoMoreThanItIsAskedFor()
    {
        // Two rows of 10⁹ columns, and the other way round: a file of 8 GB that is one large hole.
        const Folder folder;
        constexpr std::uint64_t count = 2'000'000'000;
        const auto path = folder.path("hole");
        const float nan = std::nanf("");
        {
            std::ofstream file(path, std::ios::binary);
            file.seekp(std::streamoff((count - 5) * sizeof nan));
            file.write(reinterpret_cast<const char*>(&nan), sizeof nan);
        }
        std::filesystem::resize_file(path, count * sizeof nan);
        const auto file = File::open(path);
        QVERIFY(file);
        const FileRange range{*file, 0, count * sizeof nan};
        for (const std::vector<std::int64_t>& dims :
             {std::vector<std::int64_t>{2, count / 2}, std::vector<std::int64_t>{count / 2, 2}}) {
            const Elements elements({"w", DataType::Float, dims, Payload{range}});
            const TensorPlane plane = TensorPlane::of(dims);
            const std::uint64_t before = bytesRead();
            const PlaneArea corner{plane.rows() - 2, plane.columns() - 2, 2, 2};
            QCOMPARE(texts(elements, plane, corner), Texts(4, "0"));
            const std::vector<std::uint64_t> at = plane.positions(count - 5);
            QCOMPARE(texts(elements, plane, {at[0], at[1], 1, 1}), Texts{"nan"});
            QVERIFY(bytesRead() - before < 10000);
            QCOMPARE(found(elements, {}, count - 100000), std::optional<std::uint64_t>(count - 5));
            QVERIFY(bytesRead() - before < 1'000'000);
        }
    }

    void saysWhatCannotBeRead()
    {
        const auto external =
            std::make_shared<const ExternalPlace>(ExternalPlace{{}, FileId::None, "weights.bin is missing."});
        Payload missing = payload(QByteArray());
        missing.external = external;
        QCOMPARE(all(Elements({"w", DataType::Float, {2}, missing})), Texts{"weights.bin is missing."});
        const Elements cut({"w", DataType::Float, {2}, payload("0000803f")});
        QVERIFY(all(cut).front().find("a tensor that has 4 bytes") != std::string::npos);
        const Elements unknown({"w", DataType{99}, {1}, payload("00")});
        QVERIFY(all(unknown).front().find("type 99") != std::string::npos);
    }

    void understandsAnIndex()
    {
        const TensorPlane plane = TensorPlane::of({4, 1, 3});
        using Positions = std::vector<std::uint64_t>;
        QCOMPARE(*positionsFrom("3, 0, 2", plane), (Positions{3, 0, 2}));
        QCOMPARE(*positionsFrom("[-1,0,-3]", plane), (Positions{3, 0, 0}));
        QCOMPARE(*positionsFrom(" 1 0 1 ", plane), (Positions{1, 0, 1}));
        QVERIFY(positionsFrom("", TensorPlane::of({}))->empty());
        for (const char* wrong : {"", "1, 0", "1, 0, 1, 0", "4, 0, 0", "-5, 0, 0", "a", "1, 0, 1x",
                                  "1e3, 0, 0", "99999999999999999999, 0, 0"})
            QVERIFY2(!positionsFrom(wrong, plane), wrong);
    }

    void writesCsv()
    {
        const Folder folder;
        NoProgress quiet;
        const Elements numbers = counting({3, 4});
        const TensorPlane plane = TensorPlane::of({3, 4});
        QVERIFY(savePlaneCsv(folder.path("a.csv"), numbers, plane, {1, 1, 2, 3}, {}, quiet, {}));
        QCOMPARE(contents(folder.path("a.csv")), std::string("5,6,7\n9,10,11\n"));
        const auto strings = std::make_shared<const Texts>(Texts{"plain", "b,\"c\""});
        const Elements words({"words", DataType::String, {1, 2}, Payload{}}, strings);
        QVERIFY(
            savePlaneCsv(folder.path("b.csv"), words, TensorPlane::of({1, 2}), {0, 0, 1, 2}, {}, quiet, {}));
        QCOMPARE(contents(folder.path("b.csv")), std::string("plain,\"b,\"\"c\"\"\"\n"));
        // Wider and higher than what is read at once.
        for (const std::vector<std::int64_t>& dims :
             {std::vector<std::int64_t>{2, 70000}, std::vector<std::int64_t>{70000, 2}}) {
            const TensorPlane large = TensorPlane::of(dims);
            QVERIFY(savePlaneCsv(folder.path("c.csv"), counting(dims), large,
                                 {0, 0, large.rows(), large.columns()}, {}, quiet, {}));
            std::string expected;
            for (std::uint64_t e = 0; e < 140000; ++e)
                expected += std::to_string(e) + ((e + 1) % large.columns() == 0 ? "\n" : ",");
            QVERIFY(contents(folder.path("c.csv")) == expected);
        }
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(
            !savePlaneCsv(folder.path("d.csv"), numbers, plane, {0, 0, 3, 4}, {}, quiet, stop.get_token()));
        QCOMPARE(folder.names(), (Texts{"a.csv", "b.csv", "c.csv"}));
    }
};

QTEST_GUILESS_MAIN(TensorPlaneTest)
#include "test_tensor_plane.moc"
