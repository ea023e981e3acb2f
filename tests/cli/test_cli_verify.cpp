// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli verify: what computes the same is never called different, and whatever was tampered with is; what
// cannot be run says why.
#include "tests/cli/Program.h"
#include "tests/core/support/ModelBuilder.h"

#include <QJsonArray>
#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder network()
{
    ModelBuilder model(3);
    model.input("x", {"N", 3, 8, 8});
    model.conv("c1", {.out = 8, .in = 3, .pads = {1, 1, 1, 1}}).batchNorm("bn1").relu();
    model.conv("c2", {.out = 4, .in = 8, .bias = true}).batchNorm("bn2");
    return model;
}

onnx::TensorProto& tensor(onnx::ModelProto& model, const std::string& name)
{
    for (onnx::TensorProto& each : *model.mutable_graph()->mutable_initializer())
        if (each.name() == name)
            return each;
    qFatal("no tensor %s", name.c_str());
}

// The model with the first number of a tensor a twentieth larger.
std::string tampered(const std::string& name)
{
    onnx::ModelProto model = network().proto();
    std::string& raw = *tensor(model, name).mutable_raw_data();
    float value = 0;
    std::memcpy(&value, raw.data(), sizeof value);
    value *= 1.05F;
    std::memcpy(raw.data(), &value, sizeof value);
    return model.SerializeAsString();
}

// So many rounds, of which none takes long.
std::string rounds(double count)
{
    ModelBuilder body, model;
    body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("state", {1, 3});
    body.node("Identity", {"go"}, {"go_on"}).node("Cos", {"state"}, {"next"});
    auto graph = body.output("go_on").output("next").body();
    graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::BOOL);
    model.input("x", {1, 3});
    const std::string trips = model.constant("trips", {}, {count}, DataType::Int64);
    const std::string go = model.constant("always", {}, {1}, DataType::Bool);
    return model.node("Loop", {trips, go, "x"}, {"y"}, {{"body", graph}}, "loop").bytes();
}

// One number, copied to so many rows of as many columns.
std::string copies(std::int64_t count)
{
    ModelBuilder model;
    model.input("x", {1, 1});
    return model.then("Expand", "copy", {model.shapeConstant("shape", {count, count})})
        .then("ReduceMax", "largest")
        .bytes();
}

QString verdict(const Run& run)
{
    return run.json()["verdict"].toString();
}

} // namespace

class CliVerifyTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatFoldingMakesIsTheSame()
    {
        ModelBuilder matrices(4);
        matrices.dataType(DataType::Double).input("x", {"N", 6});
        matrices.gemm("g1", {.out = 5, .in = 6}).batchNorm("bn1");
        for (const std::string& model : {network().bytes(), matrices.bytes()}) {
            const Program program;
            program.write("a.onnx", model);
            QCOMPARE(program.run({"fold", "a.onnx", "-o", "b.onnx"}).code, 0);
            const Run run = program.run({"verify", "a.onnx", "b.onnx", "--json"});
            QVERIFY2(run.code == 0, run.out + run.err);
            QCOMPARE(verdict(run), QStringLiteral("same"));
            const QJsonObject output = run.json()["outputs"].toArray()[0].toObject();
            QVERIFY(output["within"].toBool());
            QVERIFY(output["snr"].toDouble() > 40); // folding does change bits
            QVERIFY(run.json()["notes"].toArray()[0].toString().contains(QStringLiteral("N was taken as 1")));
        }
    }

    void findsWhatWasTamperedWith()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        for (const char* name : {"c1.weight", "c2.weight", "c2.bias", "bn1.weight", "bn2.running_var"}) {
            program.write("b.onnx", tampered(name));
            const Run run = program.run({"verify", "a.onnx", "b.onnx", "--json"});
            QVERIFY2(run.code == 5, name);
            QCOMPARE(verdict(run), QStringLiteral("different"));
        }
        onnx::ModelProto other = network().proto();
        for (onnx::NodeProto& node : *other.mutable_graph()->mutable_node())
            for (onnx::AttributeProto& attribute : *node.mutable_attribute())
                if (attribute.name() == "epsilon")
                    attribute.set_f(1e-2F);
        program.write("b.onnx", other.SerializeAsString());
        const Run run = program.run({"verify", "a.onnx", "b.onnx"});
        QCOMPARE(run.code, 5);
        QVERIFY(run.out.contains("DIFFERENT") && run.out.contains("They do not compute the same."));
        // What somebody tolerates is theirs to say.
        QCOMPARE(program.run({"verify", "a.onnx", "b.onnx", "--rtol", "0.9"}).code, 0);
    }

    void numbersAreThoseOfPlainArithmetic()
    {
        // y = x + c for one x of the seed: the difference is that of the constants, whatever x is.
        const auto shifted = [](double by) {
            ModelBuilder model;
            model.input("x", {2, 5});
            const std::string c = model.constant("c", {1}, {by});
            return model.then("Add", "add", {c}).bytes();
        };
        const Program program;
        program.write("a.onnx", shifted(0));
        program.write("b.onnx", shifted(0.25));
        const Run run = program.run({"verify", "a.onnx", "b.onnx", "--json"});
        QCOMPARE(run.code, 5);
        const QJsonObject output = run.json()["outputs"].toArray()[0].toObject();
        QVERIFY(std::abs(output["max_difference"].toDouble() - 0.25) < 1e-6);
        QCOMPARE(output["differing"].toInt(), 10);
        // The largest x is what the difference is a part of.
        QVERIFY(output["scaled"].toDouble() > 0.25 / 6 && output["scaled"].toDouble() < 0.25);
        // A shift changes no order: all rows agree.
        const QJsonObject classes = output["classes"].toObject();
        QCOMPARE(classes["rows"].toInt(), 2);
        QCOMPARE(classes["top1"].toInt(), 2);
        QCOMPARE(classes["top5"].toInt(), 2);
    }

    void sameSeedSameNumbers()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        program.write("b.onnx", tampered("c1.weight"));
        const auto largest = [&](const QString& seed) {
            return program.run({"verify", "a.onnx", "b.onnx", "--json", "--seed", seed})
                .json()["outputs"]
                .toArray()[0]
                .toObject()["max_difference"]
                .toDouble();
        };
        const double first = largest(QStringLiteral("7"));
        QVERIFY(first > 0);
        QCOMPARE(largest(QStringLiteral("7")), first);
        QVERIFY(largest(QStringLiteral("8")) != first);
    }

    void structureComesFirst()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        onnx::ModelProto other = network().proto();
        onnx::ValueInfoProto& output = *other.mutable_graph()->mutable_output(0);
        for (onnx::NodeProto& node : *other.mutable_graph()->mutable_node())
            for (std::string& name : *node.mutable_output())
                if (name == output.name())
                    name = "renamed";
        output.set_name("renamed");
        program.write("b.onnx", other.SerializeAsString());
        const Run run = program.run({"verify", "a.onnx", "b.onnx"});
        QCOMPARE(run.code, 5);
        QVERIFY2(run.out.contains("is missing.") && run.out.contains("renamed is new."), run.out);
    }

    void sizesAreThoseThatAreGiven()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        const Run run = program.run({"verify", "a.onnx", "a.onnx", "--json", "--dim", "N=3"});
        QCOMPARE(run.code, 0);
        QCOMPARE(run.json()["outputs"].toArray()[0].toObject()["shape"].toArray()[0].toInt(), 3);
        QVERIFY(run.json()["notes"].toArray().isEmpty());
        QCOMPARE(program.run({"verify", "a.onnx", "a.onnx", "--dim", "M=3"}).code, 2);
        QCOMPARE(program.run({"verify", "a.onnx", "a.onnx", "--dim", "N=x"}).code, 2);
    }

    void foldsOnlyWhatIsVerified()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        const Run run = program.run({"fold", "a.onnx", "-o", "b.onnx", "--verify", "--json"});
        QVERIFY2(run.code == 0, run.err);
        QVERIFY2(run.err.contains("Both compute the same"), run.err);
        QVERIFY(!run.json().isEmpty() && !program.read("b.onnx").empty());
        // What nobody can verify is not written.
        const Run without = program.shell(
            QStringLiteral("PLEAT_ONNXRUNTIME=/nowhere/at/all \"$PLEAT\" fold a.onnx -o c.onnx --verify"));
        QCOMPARE(without.code, 6);
        QVERIFY(without.err.contains("nothing was written"));
        QVERIFY(program.read("c.onnx").empty());
    }

    void whatCannotBeRunIsNoVerdict()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        program.write("b.onnx", tampered("c1.weight"));
        const Run without = program.shell(
            QStringLiteral("PLEAT_ONNXRUNTIME=/nowhere/at/all \"$PLEAT\" verify a.onnx b.onnx"));
        QCOMPARE(without.code, 6);
        QVERIFY2(without.out.contains("cannot be verified"), without.out);

        const auto custom = [](const char* op) {
            ModelBuilder model;
            return model.input("x", {1, 3}).node(op, {"x"}, {"y"}, {}, {}, "some.where").bytes();
        };
        program.write("custom.onnx", custom("Unheard"));
        program.write("other.onnx", custom("Unseen"));
        const Run run = program.run({"verify", "custom.onnx", "other.onnx", "--json"});
        QVERIFY2(run.code == 6, run.out + run.err);
        QCOMPARE(verdict(run), QStringLiteral("unknown"));
        QVERIFY(run.json()["problem"].toString().contains(QStringLiteral("could not be run")));
        // Where nothing differs, nothing has to be run.
        QCOMPARE(program.run({"verify", "custom.onnx", "custom.onnx"}).code, 0);

        const auto words = [](const char* change) {
            ModelBuilder model;
            return model.input("x", {2}, DataType::String)
                .then("StringNormalizer", "case", {}, {{"case_change_action", std::string(change)}})
                .bytes();
        };
        program.write("words.onnx", words("LOWER"));
        program.write("others.onnx", words("UPPER"));
        QCOMPARE(program.run({"verify", "words.onnx", "others.onnx"}).code, 6);
    }

    void isNoVerdictWhenTheWorkerIsStopped()
    {
        const Program program;
        program.write("a.onnx", rounds(1e15));
        program.write("b.onnx", rounds(2e15));
        const Run late = program.run({"verify", "a.onnx", "b.onnx", "--time-limit", "1", "--json"});
        QVERIFY2(late.code == 6, late.out + late.err);
        QVERIFY2(late.out.contains("could not be run: ONNX Runtime took longer than 1 second"), late.out);
        QVERIFY(late.json()["command"].toString().contains(QStringLiteral("--time-limit 1")));

        // 640 GB are more than it may have.
        program.write("c.onnx", copies(400'000));
        program.write("d.onnx", copies(400'001));
        const Run large = program.run({"verify", "c.onnx", "d.onnx"});
        QVERIFY2(large.code == 6, large.out + large.err);
        QVERIFY2(large.out.contains("It cannot be verified: The model before could not be run: "), large.out);

        // Workers only: LeakSanitizer has a child too, and waits for ever where that is killed.
        const Run killed = program.shell(
            QStringLiteral("\"$PLEAT\" verify a.onnx b.onnx & verify=$!\n"
                           "while kill -0 $verify; do\n"
                           "  for child in $(cat /proc/$verify/task/*/children); do\n"
                           "    grep -q -e --pleat-worker /proc/$child/cmdline && kill -KILL $child\n"
                           "  done\n"
                           "  sleep 0.02\n"
                           "done\n"
                           "wait $verify"));
        QVERIFY2(killed.code == 6, killed.out + killed.err);
        QVERIFY2(killed.out.contains("ONNX Runtime crashed (signal 9"), killed.out);
    }

    void theLayerIsNamed()
    {
        const Program program;
        program.write("a.onnx", network().bytes());
        program.write("b.onnx", tampered("c2.weight"));
        const Run text = program.run({"verify", "a.onnx", "b.onnx", "--speed"});
        QCOMPARE(text.code, 5);
        for (const char* part : {"c2 (Conv), bn2 (BatchNormalization)", "units of rounding",
                                 "begins    at bn2", "medians of 20 runs"})
            QVERIFY2(text.out.contains(part), text.out);
        const QJsonObject json = program.run({"verify", "a.onnx", "b.onnx", "--json", "--trace"}).json();
        const QJsonArray parts = json["parts"].toArray();
        QCOMPARE(parts.size(), 1);
        QCOMPARE(parts[0]["worst_channel"].toInt(), 0);
        QCOMPARE(parts[0]["channels"]["units"].toArray().size(), 4);
        QCOMPARE(json["trace"]["values"].toArray().size(), 3); // what bn1, the Relu and bn2 make
        QCOMPARE(json["trace"]["first"].toInt(), 2);
    }
};

QTEST_GUILESS_MAIN(CliVerifyTest)
#include "test_cli_verify.moc"
