// SPDX-License-Identifier: GPL-3.0-or-later
// Which tensor of one model is which of another, and how far apart their numbers are: held against sums in
// long double.
#include "core/compare/CompareTensors.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/Numbers.h"

#include <QTest>
#include <cmath>
#include <map>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr long double notANumber = std::numeric_limits<long double>::quiet_NaN();
constexpr long double infinite = std::numeric_limits<long double>::infinity();

TensorView tensorOf(DataType type, const std::vector<long double>& values)
{
    return {"w",
            type,
            {std::ssize(values)},
            Payload{std::make_shared<const std::vector<std::byte>>(encodeAll(type, values))}};
}

Difference differenceOf(const TensorView& before, const TensorView& after)
{
    NoProgress quiet;
    const auto measured = difference(before, after, quiet, {});
    if (!measured)
        qFatal("%s", measured.error().message.c_str());
    return *measured;
}

std::shared_ptr<const GraphView> view(const std::string& bytes)
{
    const auto made = viewOf(bytes);
    if (!made)
        qFatal("%s", made.error().c_str());
    return *made;
}

// "before = after (by)" of all matches, "" for nobody.
std::map<std::string, std::string> matchesOf(const GraphView& before, const GraphView& after)
{
    std::map<std::string, std::string> all;
    const char* const words[] = {"nobody", "name", "output", "node", "structure"};
    for (const TensorMatch& match : matchTensors(before, after, matchNodes(before, after)))
        all[std::string(before.name(match.before)) + " = " + std::string(after.name(match.after))] =
            words[static_cast<std::size_t>(match.by)];
    return all;
}

std::vector<ComparedTensor> rowsOf(const GraphView& before, const GraphView& after)
{
    std::vector<ComparedTensor> rows;
    NoProgress quiet;
    const auto take = [&rows](ComparedTensor row) -> Result<void> {
        rows.push_back(std::move(row));
        return {};
    };
    if (const auto done = compareTensors(before, after, matchNodes(before, after), take, quiet, {}); !done)
        qFatal("%s", done.error().message.c_str());
    return rows;
}

std::string oneConstant(DataType type, const Dims& dims, const std::vector<double>& values)
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).constant("w", dims, values, type);
    return model.relu().bytes();
}

void assertClose(double found, long double expected)
{
    QVERIFY2(std::fabs(found - static_cast<double>(expected)) <=
                 1e-9 * std::fabs(static_cast<double>(expected)),
             qPrintable(
                 QStringLiteral("%1, expected %2").arg(found, 0, 'g', 17).arg(double(expected), 0, 'g', 17)));
}

} // namespace

class CompareTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void measuresWhatTheDefinitionsSay_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("count");
        for (const int count : {1, 7, 65536, 65537, 200001}) {
            QTest::addRow("float, %d", count) << int(DataType::Float) << count;
            QTest::addRow("double, %d", count) << int(DataType::Double) << count;
            QTest::addRow("float16, %d", count) << int(DataType::Float16) << count;
        }
    }
    void measuresWhatTheDefinitionsSay()
    {
        QFETCH(int, type);
        QFETCH(int, count);
        ModelBuilder dice(static_cast<std::uint32_t>(count));
        std::vector<long double> a, b;
        for (int e = 0; e < count; ++e) {
            a.push_back(dice.uniform(-2, 2));
            b.push_back(e % 3 == 0 ? a.back() : a.back() + dice.uniform(-0.1, 0.1));
        }
        const TensorView before = tensorOf(DataType::Float, a), after = tensorOf(DataType(type), b);
        a = decodeAll(DataType::Float, encodeAll(DataType::Float, a)); // what is stored
        b = decodeAll(DataType(type), encodeAll(DataType(type), b));
        long double signal = 0, noise = 0, largest = 0, relative = 0;
        std::uint64_t differing = 0;
        for (std::size_t e = 0; e < a.size(); ++e) {
            const long double off = std::fabs(b[e] - a[e]);
            signal += a[e] * a[e];
            noise += off * off;
            largest = std::max(largest, off);
            relative = std::max(relative, off / std::fabs(a[e]));
            differing += off > 0;
        }
        const Difference found = differenceOf(before, after);
        QCOMPARE(found.count, static_cast<std::uint64_t>(count));
        QCOMPARE(found.differing, differing);
        QCOMPARE(found.apart, std::uint64_t{0});
        assertClose(found.largest, largest);
        assertClose(found.largestRelative, relative);
        if (noise > 0)
            assertClose(found.sqnr, 10 * std::log10(signal / noise));
        QCOMPARE(found.before.min, static_cast<double>(*std::ranges::min_element(a)));
        QCOMPARE(found.before.max, static_cast<double>(*std::ranges::max_element(a)));
        QCOMPARE(found.after.min, static_cast<double>(*std::ranges::min_element(b)));
        QCOMPARE(found.after.max, static_cast<double>(*std::ranges::max_element(b)));
    }

    void leavesOutWhatIsNotFinite()
    {
        const auto found =
            differenceOf(tensorOf(DataType::Float, {notANumber, infinite, infinite, 1, notANumber, 2}),
                         tensorOf(DataType::Float, {notANumber, infinite, -infinite, infinite, 5, 3}));
        QCOMPARE(found.differing, std::uint64_t{4});
        QCOMPARE(found.apart, std::uint64_t{3});
        QCOMPARE(found.largest, 1.0);
        QCOMPARE(found.largestRelative, 0.5);
        QCOMPARE(found.before, (Range{1, 2}));
        QCOMPARE(found.after, (Range{3, 5}));
    }

    void saysWhatHasNoNoiseNoSignalOrNoValues()
    {
        const auto equal =
            differenceOf(tensorOf(DataType::Float, {1, 0}), tensorOf(DataType::Double, {1, -0.0L}));
        QVERIFY(equal.differing == 0 && std::isinf(equal.sqnr) && equal.sqnr > 0);
        const auto fromZero = differenceOf(tensorOf(DataType::Float, {0}), tensorOf(DataType::Float, {1}));
        QVERIFY(std::isinf(fromZero.largestRelative) && std::isinf(fromZero.sqnr) && fromZero.sqnr < 0);
        QVERIFY(std::isnan(differenceOf(tensorOf(DataType::Float, {}), tensorOf(DataType::Float, {})).sqnr));
    }

    void matchesByNameThenByWhoReads()
    {
        const auto network = [](const std::string& weight, const std::string& shared) {
            ModelBuilder model;
            model.input("x", {1, 3, 8, 8}).conv("c1", {.weight = weight}).batchNorm("bn1").relu();
            model.conv("c2", {.in = 4, .bias = true, .weight = shared});
            return model.conv("c3", {.in = 4, .weight = shared});
        };
        const auto old = view(network("a", "s").bytes());
        QCOMPARE(matchesOf(*old, *old)["a = a"], std::string("name"));
        auto found = matchesOf(*old, *view(network("b", "s").bytes()));
        QCOMPARE(found["a = b"], std::string("output"));
        QCOMPARE(found["s = s"], std::string("name"));
        // Folded, the first layer makes what its batch norm did, and that one's parameters are nobody's.
        const auto folded = foldThroughFiles(network("b", "s").bytes());
        QVERIFY(folded.has_value());
        found = matchesOf(*old, *view(folded->after));
        QCOMPARE(found["a = b"], std::string("node"));
        QCOMPARE(found.count(" = c1.bias") + found.count(" = b.bias"), std::size_t{1});
        const auto gone = std::ranges::count_if(found, [](const auto& match) {
            return match.first.starts_with("bn1") && match.second == "nobody";
        });
        QCOMPARE(gone, 4);
    }

    void findsConstantsInBodiesAndBehindTransposes()
    {
        const auto network = [](const std::string& inner, const std::string& matrix) {
            ModelBuilder then(2), other(3), model;
            then.weightsAsConstantNodes();
            then.from("x").node("Add", {"x", then.constant(inner, {1}, {2})}, {"then_out"});
            other.from("x").node("Identity", {"x"}, {"else_out"});
            model.input("go", {}, DataType::Bool).input("x", {1, 4});
            model.node("If", {"go"}, {"chosen"},
                       {{"then_branch", then.body()}, {"else_branch", other.body()}}, "choice");
            model.constant(matrix, {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
            model.node("Transpose", {matrix}, {matrix + "_turned"}, {}, matrix + "_node");
            return view(model.node("MatMul", {"chosen", matrix + "_turned"}, {"y"}).bytes());
        };
        auto found = matchesOf(*network("k", "m"), *network("k", "n"));
        QCOMPARE(found["k = k"], std::string("name"));
        QCOMPARE(found["m = n"], std::string("output"));
        found = matchesOf(*network("k", "m"), *network("l", "m"));
        QCOMPARE(found["k = l"], std::string("output"));
    }

    void comparesShapesThatDifferInOnesAlone()
    {
        const auto rows = rowsOf(*view(oneConstant(DataType::Float, {1, 3}, {1, 2, 3})),
                                 *view(oneConstant(DataType::Float, {3}, {1, 2, 4})));
        QCOMPARE(rows.size(), std::size_t{1});
        QVERIFY(rows[0].difference && rows[0].difference->largest == 1);
    }

    void saysWhyThereIsNoDifference()
    {
        const auto old = view(oneConstant(DataType::Float, {2, 3}, {1, 2, 3, 4, 5, 6}));
        const auto rows = rowsOf(*old, *view(oneConstant(DataType::Float, {3, 2}, {1, 2, 3, 4, 5, 6})));
        QVERIFY(!rows[0].difference && !rows[0].isSame());
        QCOMPARE(rows[0].problem, std::string("The shapes differ."));
        QVERIFY(rowsOf(*old, *old)[0].isSame());
        const auto halved = rowsOf(*old, *view(oneConstant(DataType::Double, {2, 3}, {1, 2, 3, 4, 5, 6})));
        QVERIFY(halved[0].difference && halved[0].difference->differing == 0 && !halved[0].isSame());
    }
};

QTEST_GUILESS_MAIN(CompareTest)
#include "test_compare.moc"
