// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli fold --state-dict: which tensors the file has under which names, and what it refuses. That it
// loads into PyTorch is proved in tests/interop/state_dict.py.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>
#include <algorithm>
#include <cstring>

using namespace pleat;
using namespace pleat::test;

namespace {

// The header of a .safetensors file, as its specification has it.
QJsonObject headerOf(const std::string& file)
{
    std::uint64_t length = 0;
    if (file.size() < sizeof length)
        return {};
    std::memcpy(&length, file.data(), sizeof length);
    return QJsonDocument::fromJson(QByteArray(file.data() + 8, static_cast<qsizetype>(length))).object();
}

// Its elements, where all are floats.
std::vector<float> elementsOf(const std::string& file, const QString& name)
{
    const QJsonArray offsets = headerOf(file)[name].toObject()["data_offsets"].toArray();
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    std::vector<float> values(static_cast<std::size_t>(offsets[1].toInt() - offsets[0].toInt()) / 4);
    std::memcpy(values.data(), file.data() + 8 + length + offsets[0].toInt(), values.size() * 4);
    return values;
}

ModelBuilder network()
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv("c1", {}).batchNorm("bn1").relu();
    model.conv("c2", {.in = 4, .weight = "onnx::Conv_7"}).batchNorm("bn2");
    model.constant("bn1.num_batches_tracked", {}, {3}, DataType::Int64);
    model.constant("onnx::Reshape_9", {1}, {-1}, DataType::Int64);
    model.constant("steps", {}, {3}, DataType::Int64);
    for (onnx::NodeProto& node : *model.graphProto().mutable_node()) {
        if (node.name() == "c2")
            node.set_name("/features/features.1/conv/Conv");
    }
    return model.then("Sigmoid", "gate").batchNorm("bn3");
}

} // namespace

class CliStateDictTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hasTheFoldedWeightsUnderTheNamesOfTheNetwork()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run =
            program.run({"fold", "m.onnx", "-o", "f.onnx", "--state-dict", "f.safetensors", "--json"});
        QVERIFY2(run.code == 0, run.err);
        const QJsonObject said = run.json()["state_dict"].toObject();
        QCOMPARE(said["file"].toString(), QStringLiteral("f.safetensors"));
        QCOMPARE(said["mapped"].toArray().size(), 1);
        const QJsonObject mapped = said["mapped"].toArray()[0].toObject();
        QCOMPARE(mapped["from"].toString(), QStringLiteral("onnx::Conv_7"));
        QCOMPARE(mapped["to"].toString(), QStringLiteral("features.1.conv.weight"));
        QCOMPARE(said["left_out"].toArray(), QJsonArray{"onnx::Reshape_9"});

        const std::string file = program.read("f.safetensors");
        QStringList names = headerOf(file).keys();
        names.removeAll("__metadata__");
        QCOMPARE(names,
                 (QStringList{"bn3.bias", "bn3.running_mean", "bn3.running_var", "bn3.weight", "c1.bias",
                              "c1.weight", "features.1.conv.bias", "features.1.conv.weight", "steps"}));
        onnx::ModelProto after;
        QVERIFY(after.ParseFromString(program.read("f.onnx")));
        const auto saved = numbersOf(findInitializer(after, "c1.weight"));
        const auto written = elementsOf(file, "c1.weight");
        QVERIFY(std::ranges::equal(saved, written));
    }

    void saysItInWords()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run = program.run({"fold", "m.onnx", "--dry-run", "--state-dict", "f.safetensors"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY2(run.out.contains("Written to f.safetensors: 9 tensors"), run.out);
        QVERIFY2(run.out.contains("mapped    onnx::Conv_7 is features.1.conv.weight"), run.out);
        QVERIFY2(run.out.contains("left out  onnx::Reshape_9"), run.out);
        QCOMPARE(program.files(), (QStringList{"f.safetensors", "m.onnx"}));
    }

    void refusesWhatChangesMoreThanBatchNorms()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        for (const QString option : {"--affine", "--qdq", "--pad-uniform", "--normalize-rest"}) {
            const Run run =
                program.run({"fold", "m.onnx", "--dry-run", "--state-dict", "f.safetensors", option});
            QCOMPARE(run.code, 2);
        }
        for (const QString name : {"m.onnx", "o.onnx"})
            QCOMPARE(program.run({"fold", "m.onnx", "-o", "o.onnx", "--state-dict", name}).code, 2);
        QCOMPARE(program.run({"fold", "m.onnx", "-o", "o.onnx", "--state-dict", "r", "--report", "./r"}).code,
                 2);
        QCOMPARE(program.files(), QStringList{"m.onnx"});
    }

    void saysWhereItCannotBeWritten()
    {
        const Program program;
        program.write("m.onnx", network().bytes());
        const Run run = program.run({"fold", "m.onnx", "--dry-run", "--state-dict", "none/f.safetensors"});
        QCOMPARE(run.code, 4);
        QVERIFY2(run.err.contains("no folder"), run.err);
    }
};

QTEST_GUILESS_MAIN(CliStateDictTest)
#include "test_cli_state_dict.moc"
