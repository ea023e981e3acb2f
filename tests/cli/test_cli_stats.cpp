// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli stats: a row for each layer, also in a body, of float16, with a NaN, and where the weight's data
// file is missing. The figures of whole networks are held against numpy in tests/interop/measuring.py.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

// Four layers: "plain" with the weight below, "half" of float16, "away" whose data file is not there, and
// "inner" in a branch of "choice", with a NaN.
std::string network()
{
    ModelBuilder model, then(2), other(3);
    model.input("go", {}, DataType::Bool).input("x", {1, 2});
    then.constant("odd", {2, 2}, {1, -2, std::nan(""), 4});
    then.node("MatMul", {"plain_out", "odd"}, {"then_out"}, {}, "inner");
    other.node("Identity", {"plain_out"}, {"else_out"});
    model.constant("flat", {2, 3}, {0, 1, 2, -3, 0, 127});
    model.constant("turned", {3, 2}, {1, 1, 1, 1, 1, 1});
    model.node("MatMul", {"x", "flat"}, {"flat_out"}, {}, "plain");
    model.node("MatMul", {"flat_out", "turned"}, {"plain_out"}, {}, "away");
    model.node("If", {"go"}, {"y"}, {{"then_branch", then.body()}, {"else_branch", other.body()}}, "choice");
    model.output("y");
    model.dataType(DataType::Float16).input("h", {1, 2});
    model.constant("halves", {2, 2}, {0.5, 0.25, -0.5, 0x1p-24}, DataType::Float16);
    model.node("MatMul", {"h", "halves"}, {"half_out"}, {}, "half").output("half_out");
    for (onnx::TensorProto& tensor : *model.graphProto().mutable_initializer()) {
        if (tensor.name() != "turned")
            continue;
        tensor.clear_raw_data();
        tensor.set_data_location(onnx::TensorProto::EXTERNAL);
        onnx::StringStringEntryProto& place = *tensor.add_external_data();
        place.set_key("location");
        place.set_value("gone, away.bin");
    }
    return model.bytes();
}

// Layers whose weights are stored as integers, in each of the ways that ONNX has for it.
std::string integers()
{
    ModelBuilder model;
    model.ir(9).opset(19).input("x", {1, 2, 1, 1}).input("u", {1, 2, 1, 1}, DataType::UInt8);
    model.input("v", {1, 2}, DataType::UInt8);
    model.constant("w", {2, 2, 1, 1}, {-4, 2, 100, 50}, DataType::Int8);
    model.constant("scales", {2}, {0.5, 0.25});
    model.constant("zeros", {2}, {1, -2}, DataType::Int8);
    model.constant("b", {2, 2}, {0, 10, 128, 255}, DataType::UInt8);
    model.constant("half", {}, {0.5});
    model.constant("middle", {}, {128}, DataType::UInt8);
    const auto dequantized = [&](const std::string& weight, const std::string& scale, const std::string& zero,
                                 int axis) {
        model.node("DequantizeLinear", {weight, scale, zero}, {weight + scale + "_real"}, {{"axis", axis}});
        return weight + scale + "_real";
    };
    const std::string w = dequantized("w", "scales", "zeros", 0), b = dequantized("b", "half", "middle", 1);
    model.node("Conv", {"x", w}, {"y1"}, {}, "channels").output("y1");
    model.node("Gemm", {"g", b}, {"y2"}, {}, "tensor").output("y2");
    model.input("g", {1, 2});
    model.node("QLinearConv", {"u", "half", "middle", "w", "scales", "zeros", "half", "middle"}, {"y3"}, {},
               "linear");
    model.output("y3");
    model.node("QLinearMatMul", {"v", "half", "middle", "b", "half", "middle", "half", "middle"}, {"y4"}, {},
               "product");
    model.output("y4");
    model.node("MatMulInteger", {"v", "b", "middle", "middle"}, {"y5"}, {}, "whole").output("y5");
    model.constant("f", {2, 2}, {0.25, -1, 2, 3});
    model.node("QuantizeLinear", {"f", "half"}, {"f_rounded"});
    model.node("DequantizeLinear", {"f_rounded", "half"}, {"f_real"});
    model.node("MatMul", {"g", "f_real"}, {"y6"}, {}, "trained").output("y6");
    return model.bytes();
}

QJsonObject rowOf(const QJsonObject& json, const QString& layer)
{
    for (const QJsonValue& row : json["layers"].toArray()) {
        if (row.toObject()["layer"].toString() == layer)
            return row.toObject();
    }
    return {};
}

// A weight of 2 rows and 5 columns with a scale and a zero point for each block of them, which opset 21 has:
// `axis` 1 with blocks of 3 and 2 positions, or axis 0 with one of 2.
std::string blocks(int axis)
{
    using Numbers = std::vector<double>;
    ModelBuilder model;
    model.ir(10).opset(21).input("x", {1, 5});
    model.constant("q", {2, 5}, {-4, 2, 8, 1, 3, 0, -8, 5, 6, 7}, DataType::Int8);
    const Dims grid = axis == 1 ? Dims{2, 2} : Dims{1, 5};
    model.constant("s", grid, axis == 1 ? Numbers{0.5, 2, 4, 0.25} : Numbers{1, 0.5, 2, 4, 0.25});
    model.constant("z", grid, axis == 1 ? Numbers{0, 1, -1, 3} : Numbers{0, 2, 1, -1, 3}, DataType::Int8);
    model.node("DequantizeLinear", {"q", "s", "z"}, {"w"},
               {{"axis", axis}, {"block_size", axis == 1 ? 3 : 2}});
    model.node("Gemm", {"x", "w"}, {"y"}, {{"transB", 1}}, "blocks").output("y");
    return model.bytes();
}

// The fields of a line, as RFC 4180 has them.
QStringList fieldsOf(const QByteArray& line)
{
    QStringList fields{QString()};
    bool quoted = false;
    QChar last;
    for (const QChar c : QString::fromUtf8(line)) {
        if (c == '"') {
            if (!quoted && last == '"') // twice: the mark itself
                fields.back() += c;
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            fields += QString();
        } else {
            fields.back() += c;
        }
        last = c;
    }
    return fields;
}

} // namespace

class CliStatsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_program.write("m.onnx", network()); }

    void measuresEachLayer()
    {
        const Run run = m_program.run({"stats", "m.onnx", "--json"});
        QVERIFY2(run.code == 0, run.err);
        const QJsonObject json = run.json();
        QCOMPARE(json["model"].toString(), QStringLiteral("m.onnx"));
        QCOMPARE(json["layers"].toArray().size(), 4);

        const QJsonObject plain = rowOf(json, "plain");
        QCOMPARE(plain["weight"].toString(), QStringLiteral("flat"));
        QCOMPARE(plain["op"].toString(), QStringLiteral("MatMul"));
        QCOMPARE(plain["shape"].toArray(), (QJsonArray{2, 3}));
        QCOMPARE(plain["channels"].toInt(), 3);
        QCOMPARE(plain["bytes"].toInt(), 24);
        QCOMPARE(plain["min"].toDouble(), -3.0);
        QCOMPARE(plain["max"].toDouble(), 127.0);
        QCOMPARE(plain["zeros"].toInt(), 2);
        // Every value is an integer, and the step of 8 bits per tensor is 127/127: nothing is lost.
        const QJsonObject tensor8 = plain["sqnr"].toObject()["8"].toObject()["tensor"].toObject();
        QCOMPARE(tensor8["symmetric"].toObject()["min_max"].toString(), QStringLiteral("inf"));
        // Of 4 bits it is 127/7: only 127 is left, and 1, 2 and -3 become 0.
        const QJsonObject tensor4 = plain["sqnr"].toObject()["4"].toObject()["tensor"].toObject();
        const double ratio = 10 * std::log10((1 + 4 + 9 + 127.0 * 127) / (1 + 4 + 9));
        QVERIFY(std::fabs(tensor4["symmetric"].toObject()["min_max"].toDouble() - ratio) < 1e-9);
    }

    void findsLayersInBodiesAndCountsWhatIsNoNumber()
    {
        const QJsonObject inner = rowOf(m_program.run({"stats", "m.onnx", "--json"}).json(), "inner");
        QCOMPARE(inner["scope"].toString(), QStringLiteral("choice.then_branch"));
        QCOMPARE(inner["nan"].toInt(), 1);
        QCOMPARE(inner["inf"].toInt(), 0);
        QCOMPARE(inner["min"].toDouble(), -2.0);
        QCOMPARE(inner["max"].toDouble(), 4.0);
        QCOMPARE(inner["mean"].toDouble(), 1.0); // of 1, -2 and 4
    }

    void readsFloat16()
    {
        const QJsonObject half = rowOf(m_program.run({"stats", "m.onnx", "--json"}).json(), "half");
        QCOMPARE(half["dtype"].toString(), QStringLiteral("float16"));
        QCOMPARE(half["bytes"].toInt(), 8);
        QCOMPARE(half["subnormal"].toInt(), 1);
        QCOMPARE(half["max"].toDouble(), 0.5);
    }

    void saysWhatCannotBeRead()
    {
        const QJsonObject away = rowOf(m_program.run({"stats", "m.onnx", "--json"}).json(), "away");
        QCOMPARE(away["weight"].toString(), QStringLiteral("turned"));
        QVERIFY2(away["problem"].toString().contains("gone, away.bin"),
                 qPrintable(away["problem"].toString()));
        QVERIFY(!away.contains("min"));
        const Run words = m_program.run({"stats", "m.onnx"});
        QVERIFY2(words.code == 0 && words.out.contains("gone, away.bin"), words.out);
        QVERIFY2(words.out.contains("1 NaN, 0 infinite"), words.out);
    }

    void writesTheSameAsCsv()
    {
        const QJsonObject json = m_program.run({"stats", "m.onnx", "--json"}).json();
        const Run run = m_program.run({"stats", "m.onnx", "--csv"});
        QVERIFY2(run.code == 0, run.err);
        QList<QByteArray> lines = run.out.split('\n');
        QVERIFY(lines.takeLast().isEmpty());
        QCOMPARE(lines.size(), 5);
        const QStringList head = fieldsOf(lines.takeFirst().chopped(1));
        for (const QByteArray& line : lines) {
            QVERIFY(line.endsWith('\r'));
            const QStringList fields = fieldsOf(line.chopped(1));
            QCOMPARE(fields.size(), head.size());
            const auto field = [&](const char* name) { return fields[head.indexOf(name)]; };
            const QJsonObject row = rowOf(json, field("layer"));
            QVERIFY2(!row.isEmpty(), line);
            for (const char* name : {"op", "scope", "weight", "dtype", "problem"})
                QCOMPARE(field(name), row[name].toString());
            if (row.contains("problem")) {
                QVERIFY(field("min").isEmpty() && field("sqnr_8_tensor_symmetric_min_max").isEmpty());
                continue;
            }
            for (const char* name : {"min", "max", "mean", "std", "entropy", "channels", "nan", "subnormal"})
                QCOMPARE(field(name).toDouble(), row[name].toDouble());
            const QJsonObject ratios = row["sqnr"].toObject()["4"].toObject()["channel"].toObject();
            QCOMPARE(field("sqnr_4_channel_asymmetric_clipped").toDouble(),
                     ratios["asymmetric"].toObject()["clipped"].toVariant().toDouble());
        }
    }

    // Of the numbers that the integers stand for, (q − zero point)·scale.
    void measuresWhatIntegersStandFor()
    {
        m_program.write("integers.onnx", integers());
        const QJsonObject json = m_program.run({"stats", "integers.onnx", "--json"}).json();
        QCOMPARE(json["layers"].toArray().size(), 6);
        const auto check = [&](const char* layer, double low, double high, const char* type) {
            const QJsonObject row = rowOf(json, layer);
            QCOMPARE(row["min"].toDouble(), low);
            QCOMPARE(row["max"].toDouble(), high);
            QCOMPARE(row["dtype"].toString(), QLatin1String(type));
            QCOMPARE(row["bytes"].toInt(), 4);
            QVERIFY(row["sqnr"].isNull());
        };
        check("channels", -2.5, 25.5, "int8"); // (-4 - 1)/2 and (100 + 2)/4
        check("linear", -2.5, 25.5, "int8");
        check("tensor", -64, 63.5, "uint8");
        check("product", -64, 63.5, "uint8");
        check("whole", -128, 127, "uint8");
        // Rounded only when the model runs: there are floats to say something of.
        const QJsonObject trained = rowOf(json, "trained");
        QCOMPARE(trained["dtype"].toString(), QStringLiteral("float"));
        QCOMPARE(trained["max"].toDouble(), 3.0);
        QVERIFY(trained["sqnr"].isObject());
        const Run words = m_program.run({"stats", "integers.onnx"});
        QCOMPARE(words.out.count("rounded already, so there is no ratio"), 5);
    }

    void measuresWhatBlocksOfIntegersStandFor()
    {
        const auto row = [&](int axis) {
            m_program.write("blocks.onnx", blocks(axis));
            return rowOf(m_program.run({"stats", "blocks.onnx", "--json"}).json(), "blocks");
        };
        const QJsonObject along = row(1); // -2, 1, 4 | 0, 4 and 4, -28, 24 | 0.75, 1
        QCOMPARE(along["min"].toDouble(), -28.0);
        QCOMPARE(along["max"].toDouble(), 24.0);
        QCOMPARE(along["mean"].toDouble(), 0.875);
        QCOMPARE(along["zeros"].toInt(), 1);
        const QJsonObject across = row(0); // -4, 0, 14, 8, 0 and 0, -5, 8, 28, 1
        QCOMPARE(across["min"].toDouble(), -5.0);
        QCOMPARE(across["max"].toDouble(), 28.0);
        QCOMPARE(across["mean"].toDouble(), 5.0);
        QCOMPARE(across["zeros"].toInt(), 3);
    }

    void saysThatThereIsNothing()
    {
        m_program.write("none.onnx", ModelBuilder().input("x", {1}).relu().bytes());
        const Run words = m_program.run({"stats", "none.onnx"});
        QVERIFY(words.code == 0 && words.out.contains("There is no layer"));
        QCOMPARE(m_program.run({"stats", "none.onnx", "--json"}).json()["layers"].toArray().size(), 0);
        QCOMPARE(m_program.run({"stats", "none.onnx", "--json", "--csv"}).code, 2);
        QCOMPARE(m_program.run({"stats", "nobody.onnx"}).code, 3);
    }

private:
    Program m_program;
};

QTEST_GUILESS_MAIN(CliStatsTest)
#include "test_cli_stats.moc"
