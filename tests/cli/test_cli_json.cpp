// SPDX-License-Identifier: GPL-3.0-or-later
// The command line's JSON (resources/guide/design.md, "The command line"): its keys, its numbers, alone on
// standard output, and valid whatever the names in the model are.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"
#include "tests/core/support/Numbers.h"

#include <QJsonArray>
#include <QTest>
#include <algorithm>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

// One pair that folds, and one that an activation blocks.
ModelBuilder oneFoldsOneDoesNot()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {.bias = true}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4}).then("Sigmoid", "gate").batchNorm("bn2").relu();
    return model;
}

QStringList keys(const QJsonObject& object)
{
    return object.keys();
} // sorted

const QStringList pairKeys = {"affine", "batch_norm", "between", "blame", "channels", "code",    "direction",
                              "id",     "layer",      "message", "scope", "status",   "warnings"};

QStringList withKeys(QStringList first, const QStringList& more)
{
    first += more;
    first.sort();
    return first;
}

QJsonObject pair(const QJsonObject& json, int index)
{
    return json["pairs"].toArray()[index].toObject();
}

std::vector<long double> stored(const onnx::ModelProto& model, const std::string& name)
{
    const onnx::TensorProto* tensor = findInitializer(model, name);
    if (!tensor)
        return {};
    return decodeAll(DataType::Float, {reinterpret_cast<const std::byte*>(tensor->raw_data().data()),
                                       tensor->raw_data().size()});
}

bool isRangeOf(const QJsonValue& range, const std::vector<long double>& values)
{
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const QJsonArray pair = range.toArray();
    return pair.size() == 2 && pair[0].toDouble() == static_cast<double>(*low) &&
           pair[1].toDouble() == static_cast<double>(*high);
}

} // namespace

class CliJsonTest final : public QObject {
    Q_OBJECT

private slots:
    void infoHasItsKeysAndNumbers()
    {
        const Program program;
        ModelBuilder model;
        model.ir(8).opset(13).input("image", {1, 3, 8, 8}).conv("c1", {.bias = true}).relu();
        model.conv("c2", {.out = 2, .in = 4, .kernel = {1, 1}, .weight = "W", .output = "left"}).output();
        model.from("Relu_0_out", 4).conv("c3", {.out = 2, .in = 4, .kernel = {1, 1}, .weight = "W"}).output();
        program.write("m.onnx", model.bytes());
        const Run run = program.run({"info", "m.onnx", "--json"});
        QCOMPARE(run.code, 0);
        const QJsonObject json = run.json();
        QCOMPARE(keys(json), (QStringList{"bytes", "file", "inputs", "ir_version", "macs", "nodes", "ops",
                                          "opsets", "outputs", "parameters", "producer"}));
        QCOMPARE(json["bytes"].toInteger(), static_cast<qint64>(model.bytes().size()));
        QVERIFY(json["file"].toString().endsWith("m.onnx"));
        QCOMPARE(json["ir_version"].toInt(), 8);
        QCOMPARE(json["producer"].toString(), QString("pleat tests"));
        QCOMPARE(json["opsets"].toObject()["ai.onnx"].toInt(), 13);
        QCOMPARE(json["nodes"].toInt(), 4);
        QCOMPARE(json["ops"].toObject()["Conv"].toInt(), 3);
        QCOMPARE(json["parameters"].toInt(), 4 * 27 + 4 + 8); // the shared weight once
        QCOMPARE(json["macs"].toInt(), 36 * 4 * 27 + 2 * 36 * 2 * 4);
        QCOMPARE(json["inputs"].toArray().size(), 1);
        const QJsonObject input = json["inputs"].toArray()[0].toObject();
        QCOMPARE(keys(input), (QStringList{"dtype", "name", "shape"}));
        QCOMPARE(input["name"].toString(), QString("image"));
        QCOMPARE(input["dtype"].toString(), QString("float"));
        QCOMPARE(input["shape"].toArray(), (QJsonArray{1, 3, 8, 8}));
        QCOMPARE(json["outputs"].toArray().size(), 2);
    }

    void infoTellsSymbolsAndUnknownSizes()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {"batch", 3, "height", 8}).conv("c1", {});
        model.graphProto()
            .mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(3)
            ->clear_value();
        program.write("m.onnx", model.bytes());
        const QJsonObject json = program.run({"info", "m.onnx", "--json"}).json();
        QCOMPARE(json["inputs"].toArray()[0].toObject()["shape"].toArray(),
                 (QJsonArray{"batch", 3, "height", QJsonValue::Null}));
        QVERIFY(json.contains("macs") && json["macs"].isNull());
    }

    void pairsHasItsKeys()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run({"pairs", "m.onnx", "--json"});
        QCOMPARE(run.code, 0);
        const QJsonObject json = run.json();
        QCOMPARE(keys(json), (QStringList{"blocked", "foldable", "model", "other", "pairs"}));
        QCOMPARE(json["foldable"].toInt(), 1);
        QCOMPARE(json["blocked"].toInt(), 1);
        QCOMPARE(json["other"].toInt(-1), 0);
        QCOMPARE(json["pairs"].toArray().size(), 2);

        const QJsonObject foldable = pair(json, 0);
        QCOMPARE(keys(foldable), pairKeys);
        QCOMPARE(foldable["status"].toString(), QString("foldable"));
        QVERIFY(foldable["code"].isNull());
        QCOMPARE(foldable["direction"].toString(), QString("after"));
        QCOMPARE(foldable["layer"].toObject(), (QJsonObject{{"name", "c1"}, {"op", "Conv"}}));
        QCOMPARE(foldable["affine"].toArray(),
                 (QJsonArray{QJsonObject{{"name", "bn1"}, {"op", "BatchNormalization"}}}));
        QCOMPARE(foldable["between"].toArray().size(), 0);
        QCOMPARE(foldable["batch_norm"].toBool(), true);
        QCOMPARE(foldable["channels"].toInt(), 4);
        QVERIFY(foldable["blame"].toArray().isEmpty());

        const QJsonObject blocked = pair(json, 1);
        QCOMPARE(keys(blocked), pairKeys);
        QCOMPARE(blocked["status"].toString(), QString("blocked"));
        QCOMPARE(blocked["code"].toString(), QString("operator-between"));
        QVERIFY(!blocked["message"].toString().isEmpty());
        QCOMPARE(blocked["blame"].toArray(), (QJsonArray{QJsonObject{{"node", "gate"}}}));
        QVERIFY(blocked["id"].toString() != foldable["id"].toString());
    }

    void idsAreStable()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        program.write("copy.onnx", oneFoldsOneDoesNot().bytes());
        const QJsonObject one = program.run({"pairs", "m.onnx", "--json"}).json();
        const QJsonObject two = program.run({"pairs", "copy.onnx", "--json"}).json();
        QCOMPARE(one["pairs"], two["pairs"]);
        // The scope path and the chain's output tensor.
        QVERIFY(pair(one, 0)["id"].toString().endsWith("bn1_out"));
    }

    void foldHasItsKeysAndNoArrays()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--json"});
        QCOMPARE(run.code, 0);
        const QJsonObject json = run.json();
        QCOMPARE(keys(json), (QStringList{"folded", "left", "model", "output", "pairs"}));
        QCOMPARE(json["folded"].toInt(), 1);
        QCOMPARE(json["left"].toInt(), 1);
        QVERIFY(json["output"].toString().endsWith("out.onnx"));
        QCOMPARE(keys(pair(json, 0)),
                 withKeys(pairKeys, {"bias", "bias_range", "folded", "weight", "weight_range"}));
        QCOMPARE(pair(json, 0)["folded"].toBool(false), true);
        QCOMPARE(pair(json, 1)["folded"].toBool(true), false);
        QCOMPARE(pair(json, 0)["weight"].toString(), QString("c1.weight"));
        QCOMPARE(pair(json, 0)["bias"].toString(), QString("c1.bias"));
    }

    void reportHasTheArrays()
    {
        const Program program;
        const onnx::ModelProto before = oneFoldsOneDoesNot().proto();
        program.write("m.onnx", before.SerializeAsString());
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "out.onnx", "--report", "report.json"}).code, 0);
        onnx::ModelProto after;
        QVERIFY(after.ParseFromString(program.read("out.onnx")));
        const QJsonObject json = Run{0, QByteArray::fromStdString(program.read("report.json")), {}}.json();
        const QJsonObject folded = pair(json, 0);
        QCOMPARE(keys(folded), withKeys(pairKeys, {"bias", "bias_range", "folded", "parameters", "s", "t",
                                                   "weight", "weight_range"}));
        const QJsonObject parameters = folded["parameters"].toObject();
        QCOMPARE(keys(parameters), (QStringList{"beta", "epsilon", "gamma", "mean", "variance"}));
        QCOMPARE(parameters["epsilon"].toDouble(), static_cast<double>(1e-5F));
        const auto gamma = stored(before, "bn1.weight"), beta = stored(before, "bn1.bias");
        const auto mean = stored(before, "bn1.running_mean"), variance = stored(before, "bn1.running_var");
        for (int c = 0; c < 4; ++c) {
            const auto i = static_cast<std::size_t>(c);
            QCOMPARE(static_cast<long double>(parameters["gamma"].toArray()[c].toDouble()), gamma[i]);
            QCOMPARE(static_cast<long double>(parameters["beta"].toArray()[c].toDouble()), beta[i]);
            QCOMPARE(static_cast<long double>(parameters["mean"].toArray()[c].toDouble()), mean[i]);
            QCOMPARE(static_cast<long double>(parameters["variance"].toArray()[c].toDouble()), variance[i]);
            const long double s = gamma[i] / std::sqrt(variance[i] + static_cast<long double>(1e-5F));
            const long double t = beta[i] - mean[i] * s;
            QVERIFY(std::fabs(folded["s"].toArray()[c].toDouble() - s) <= 1e-15L * std::fabs(s));
            QVERIFY(std::fabs(folded["t"].toArray()[c].toDouble() - t) <= 1e-15L * (std::fabs(t) + 2));
        }
        QCOMPARE(keys(folded["weight_range"].toObject()), (QStringList{"after", "before"}));
        QVERIFY(isRangeOf(folded["weight_range"].toObject()["before"], stored(before, "c1.weight")));
        QVERIFY(isRangeOf(folded["weight_range"].toObject()["after"], stored(after, "c1.weight")));
        QVERIFY(isRangeOf(folded["bias_range"], stored(after, "c1.bias")));
        QCOMPARE(pair(json, 1)["folded"].toBool(true), false);
    }

    void writesNumbersThatAreNotFiniteAsStrings()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 1, 4, 4}).constant("W", {2, 1, 1, 1}, {3e38, 1});
        model.conv("c1", {.out = 2, .in = 1, .kernel = {1, 1}, .weight = "W"});
        model.batchNorm("bn1", {.scale = {1e38, 1}, .variance = {1, 1}}); // float weights may overflow
        program.write("m.onnx", model.bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--report", "r.json", "--json"});
        QCOMPARE(run.code, 0);
        QVERIFY(!run.json().isEmpty());
        const Run report{0, QByteArray::fromStdString(program.read("r.json")), {}};
        QVERIFY(!report.json().isEmpty());
    }

    void staysValidForNamesThatAreNotUtf8()
    {
        const Program program;
        ModelBuilder model = oneFoldsOneDoesNot();
        model.modelProto().set_producer_name("caf\xe9");
        for (auto& node : *model.graphProto().mutable_node()) {
            node.set_name(node.name() + "\xff\"\\\n\x01");
            if (node.op_type() == "Sigmoid")
                node.set_op_type("Mystery\xfe");
        }
        program.write("m.onnx", model.modelProto().SerializeAsString());
        for (const QStringList& arguments : {QStringList{"info", "m.onnx", "--json"},
                                             {"pairs", "m.onnx", "--json"},
                                             {"fold", "m.onnx", "--dry-run", "--json"}}) {
            const Run run = program.run(arguments);
            QCOMPARE(run.code, 0);
            QVERIFY2(!run.json().isEmpty(), run.out.constData());
        }
    }

    void staysValidForAPathThatIsNotUtf8()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.shell(
            R"(odd=$(printf 'm\377.onnx'); cp m.onnx "$odd" && "$PLEAT" pairs --json "$odd"; code=$?; rm "$odd"; exit $code)");
        QCOMPARE(run.code, 0);
        QCOMPARE(run.json()["foldable"].toInt(), 1);
    }
};

QTEST_GUILESS_MAIN(CliJsonTest)
#include "test_cli_json.moc"
