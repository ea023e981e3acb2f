// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli compare: what it says in JSON and in words, and that differing is no failure.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string model(const std::string& name, const std::vector<double>& values, DataType type = DataType::Float)
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).constant("same", {2}, {1, 2});
    model.constant("w", {static_cast<std::int64_t>(values.size())}, values, type);
    model.constant(name, {1}, {7});
    return model.relu().bytes();
}

} // namespace

class CliCompareTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tellsEachTensorAndHowMany()
    {
        const Program program;
        program.write("a.onnx", model("old", {1, 2, 4}));
        program.write("b.onnx", model("new", {1, 2, 5}, DataType::Double));
        const Run run = program.run({"compare", "a.onnx", "b.onnx", "--json"});
        QVERIFY2(run.code == 0, run.err);
        const QJsonObject json = run.json();
        QCOMPARE(json["before"].toString(), QStringLiteral("a.onnx"));
        QCOMPARE(json["after"].toString(), QStringLiteral("b.onnx"));
        for (const char* count : {"same", "different", "only_before", "only_after"})
            QVERIFY2(json[count].toInt() == 1, count);
        const QJsonArray tensors = json["tensors"].toArray();
        QCOMPARE(tensors.size(), 4);
        const QJsonObject w = tensors[1].toObject();
        QCOMPARE(w["before"].toObject()["dtype"].toString(), QStringLiteral("float"));
        QCOMPARE(w["after"].toObject()["dtype"].toString(), QStringLiteral("double"));
        QCOMPARE(w["after"].toObject()["max"].toDouble(), 5.0);
        QCOMPARE(w["matched_by"].toString(), QStringLiteral("name"));
        QCOMPARE(w["differing"].toInt(), 1);
        QCOMPARE(w["max_difference"].toDouble(), 1.0);
        QCOMPARE(w["max_relative"].toDouble(), 0.25);
        QVERIFY(std::fabs(w["sqnr"].toDouble() - 10 * std::log10(21.0)) < 1e-12);
        QCOMPARE(tensors[0].toObject()["sqnr"].toString(), QStringLiteral("inf"));
        QVERIFY(tensors[2].toObject()["after"].isNull() && tensors[3].toObject()["before"].isNull());
    }

    void saysItInWords()
    {
        const Program program;
        program.write("a.onnx", model("old", {1, 2, 4}));
        program.write("b.onnx", model("new", {1, 2, 5}));
        const Run run = program.run({"compare", "a.onnx", "b.onnx"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY2(run.out.contains("13.2          1       0.25  w (3 float)"), run.out);
        QVERIFY2(run.out.contains("1 of 3 differ, range 1 … 4 → 1 … 5"), run.out);
        QVERIFY2(run.out.contains("only before  old (1 float)"), run.out);
        QVERIFY2(run.out.contains("only after   new (1 float)"), run.out);
        QVERIFY2(run.out.endsWith("1 tensor is the same, 1 differ, 1 only before, 1 only after.\n"), run.out);
    }

    void tellsWhatBecameOfTheNodes()
    {
        const Program program;
        const auto network = [](const char* op, const char* input) {
            ModelBuilder model;
            model.input(input, {1, 3, 8, 8}).node(op, {input}, {"a"}, {}, "first");
            return model.node("Softmax", {"a"}, {"y"}, {}, "second").bytes();
        };
        program.write("a.onnx", network("Relu", "x"));
        program.write("b.onnx", network("Elu", "z"));
        const QJsonObject json = program.run({"compare", "a.onnx", "b.onnx", "--json"}).json();
        QCOMPARE(json["interface"].toArray().size(), 2);
        QCOMPARE(json["nodes_same"].toInt(), 1);
        QCOMPARE(json["nodes_different"].toInt(), 1);
        const QJsonObject first = json["nodes"].toArray()[0].toObject();
        QCOMPARE(first["matched_by"].toString(), QStringLiteral("name"));
        QCOMPARE(first["after"].toObject()["op"].toString(), QStringLiteral("Elu"));
        const QJsonObject change = first["changes"].toArray()[0].toObject();
        QCOMPARE(change["what"].toString(), QStringLiteral("operator"));
        QCOMPARE(change["before"].toString(), QStringLiteral("Relu"));
        const Run run = program.run({"compare", "a.onnx", "b.onnx", "--html", "page.html"});
        QVERIFY2(run.out.contains("changed      first (Elu)\n             operator: Relu → Elu\n"), run.out);
        QVERIFY2(run.out.contains("1 node is the same, 1 changed, 0 only before, 0 only after.\n"), run.out);
        QVERIFY(program.read("page.html").find("operator: Relu → Elu") != std::string::npos);
    }

    void saysWhatCannotBeCompared()
    {
        const Program program;
        program.write("a.onnx", model("old", {1, 2, 4}));
        program.write("b.onnx", model("old", {1, 2}));
        QVERIFY(program.run({"compare", "a.onnx", "b.onnx"}).out.contains("The shapes differ."));
        QCOMPARE(program.run({"compare", "a.onnx", "none.onnx"}).code, 3);
        QCOMPARE(program.run({"compare", "a.onnx"}).code, 2);
    }
};

QTEST_GUILESS_MAIN(CliCompareTest)
#include "test_cli_compare.moc"
