// SPDX-License-Identifier: GPL-3.0-or-later
// pleat-cli verify --bits: what quantization will cost, held against plain arithmetic where that can be done
// in a line, and the sample on its 300 images.
#include "tests/cli/Program.h"
#include "tests/core/support/ModelBuilder.h"

#include <QJsonArray>
#include <QTest>
#include <cmath>

using namespace pleat;
using namespace pleat::test;

namespace {

const QString digits = QStringLiteral(PLEAT_SOURCE_DIR "/resources/samples/digits.onnx");
const QStringList images{
    QStringLiteral("--inputs"),       QStringLiteral(PLEAT_SOURCE_DIR "/tests/fixtures/digits-300.csv"),
    QStringLiteral("--label-column"), QStringLiteral("last"),
    QStringLiteral("--scale"),        QStringLiteral("16")};

QJsonObject side(const Run& run, const char* which)
{
    return run.json()["rehearsal"].toObject()[which].toObject();
}

QJsonObject layer(const QJsonObject& side, int number)
{
    return side["layers"].toArray()[number].toObject();
}

} // namespace

class CliRehearseTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void numbersAreThoseOfPlainArithmetic()
    {
        // y = x·w for w = 1, −0.3: at 4 bits Δ = 1/7, −0.3 = −2.1 Δ becomes −2 Δ, and 1 stays. So y loses
        // x₂·0.1/7.
        ModelBuilder model;
        model.input("x", {1, 2});
        model.node("MatMul", {"x", model.constant("w", {2, 1}, {1, -0.3})}, {"y"}, {}, "m").output("y");
        const Program program;
        program.write("a.onnx", model.bytes());
        program.write("x.csv", "0,1\n0,2\n");
        const Run run =
            program.run({"verify", "a.onnx", "a.onnx", "--bits", "4", "--inputs", "x.csv", "--json"});
        QVERIFY2(run.code == 0, run.err);
        const double lost = 0.3 - 2.0 / 7, expected = 20 * std::log10(0.3 / lost);
        QVERIFY(std::abs(side(run, "after")["sqnr"].toDouble() - expected) < 1e-3);
        const double weight = 10 * std::log10((1 + 0.09) / (lost * lost));
        QVERIFY(std::abs(layer(side(run, "after"), 0)["weight_sqnr"].toDouble() - weight) < 1e-3);
        QCOMPARE(run.json()["inputs"].toObject()["samples"].toInt(), 2);
    }

    void tellsEveryLayerBeforeAndAfter()
    {
        const Program program;
        program.write("a.onnx", chainOfPairs(2).bytes());
        QCOMPARE(program.run({"fold", "a.onnx", "-o", "b.onnx"}).code, 0);
        const Run run = program.run({"verify", "a.onnx", "b.onnx", "--bits", "8", "--sensitivity", "--json"});
        QVERIFY2(run.code == 0, run.err);
        for (const char* which : {"before", "after"}) {
            QCOMPARE(side(run, which)["layers"].toArray().size(), 2);
            for (int n : {0, 1}) {
                QVERIFY(layer(side(run, which), n)["sqnr"].toDouble() > 20);
                QVERIFY(layer(side(run, which), n)["alone_sqnr"].toDouble() > 20);
            }
        }
        // Both are measured behind the batch norm, which is where the folded layer ends.
        for (int n : {0, 1})
            QCOMPARE(layer(side(run, "before"), n)["output"].toString(),
                     layer(side(run, "after"), n)["output"].toString());
        // More bits, less loss; a quantizer a channel is never worse by much.
        const auto ratio = [&](const QStringList& options) {
            return side(program.run(QStringList{"verify", "a.onnx", "b.onnx", "--json"} + options),
                        "after")["sqnr"]
                .toDouble();
        };
        QVERIFY(ratio({"--bits", "8"}) > ratio({"--bits", "4"}) + 15);
        QVERIFY(ratio({"--bits", "4", "--per-channel"}) > ratio({"--bits", "4"}) - 1);
        QVERIFY(ratio({"--bits", "12"}) > ratio({"--bits", "12", "--activations"}) + 6);
    }

    // The same words as of verify, before the model is written.
    void foldRehearsesToo()
    {
        const Program program;
        program.write("a.onnx", chainOfPairs(2).bytes());
        const Run fold = program.run(
            {"fold", "a.onnx", "-o", "b.onnx", "--verify", "--bits", "8", "--per-channel", "--samples", "3"});
        QVERIFY2(fold.code == 0, fold.err);
        const Run verify =
            program.run({"verify", "a.onnx", "b.onnx", "--bits", "8", "--per-channel", "--samples", "3"});
        const QByteArray sentence = verify.out.trimmed().split('\n').last();
        QVERIFY2(sentence.startsWith("8 bits, per channel: "), sentence);
        QVERIFY2(fold.err.contains("pleat-cli: " + sentence), fold.err);
        QCOMPARE(program.run({"fold", "a.onnx", "-o", "b.onnx", "--bits", "8"}).code, 2);
    }

    void sampleKeepsItsAccuracy()
    {
        const Program program;
        QCOMPARE(program.run({"fold", digits, "-o", "b.onnx"}).code, 0);
        const Run run =
            program.run(QStringList{"verify", digits, "b.onnx", "--bits", "8", "--json"} + images);
        QVERIFY2(run.code == 0, run.err);
        for (const char* which : {"before", "after"}) {
            const QJsonObject accuracy = side(run, which)["accuracy"].toObject();
            for (const char* kind : {"float", "rounded"}) {
                QCOMPARE(accuracy[kind].toObject()["samples"].toInt(), 300);
                QVERIFY(accuracy[kind].toObject()["right"].toInt() >= 290);
            }
        }
        // All 300 are verified, too.
        QCOMPARE(run.json()["outputs"].toArray()[0].toObject()["shape"].toArray()[0].toInt(), 300);
        const QByteArray words =
            program.run(QStringList{"verify", digits, "b.onnx", "--bits", "8"} + images).out;
        QVERIFY(words.contains("8 bits, per tensor: ") && words.contains("dB before folding") &&
                words.contains("labels met: 295 of 300"));
    }

    void commandDoesItAgain()
    {
        const Program program;
        QCOMPARE(program.run({"fold", digits, "-o", "it's b.onnx"}).code, 0);
        const QStringList options{"--bits", "4", "--per-channel", "--asymmetric", "--samples", "3",
                                  "--seed", "5", "--dim",         "batch=2"};
        const Run run = program.run(QStringList{"verify", digits, "it's b.onnx", "--json"} + options);
        QVERIFY2(run.code == 0, run.err);
        QString command = run.json()["command"].toString();
        QVERIFY(command.startsWith("pleat-cli "));
        const Run again = program.shell("\"$PLEAT\" " + command.mid(10) + " --json");
        QCOMPARE(again.out, run.out);
        QCOMPARE(run.json()["files"].toObject()["before"].toObject()["sha256"].toString().size(), 64);
    }

    void writesAPage()
    {
        const Program program;
        program.write("a.onnx", chainOfPairs(2).bytes());
        program.run({"fold", "a.onnx", "-o", "b.onnx"});
        QCOMPARE(program.run({"verify", "a.onnx", "b.onnx", "--bits", "8", "--html", "page.html"}).code, 0);
        const std::string page = program.read("page.html");
        for (const char* words : {"They compute the same", "Rehearsal of quantization", "data-key=\"output\"",
                                  "SHA-256", "pleat-cli verify"})
            QVERIFY2(page.find(words) != std::string::npos, words);
        QCOMPARE(program.run({"verify", "a.onnx", "b.onnx", "--html", "a.onnx"}).code, 2);
    }

    void saysWhatItCannotUse()
    {
        const Program program;
        program.write("a.onnx", chainOfPairs(2).bytes());
        program.write("x.csv", "1,2\n");
        QCOMPARE(program.run({"verify", "a.onnx", "a.onnx", "--per-channel"}).code, 2);
        const Run table = program.run({"verify", "a.onnx", "a.onnx", "--bits", "8", "--inputs", "x.csv"});
        QCOMPARE(table.code, 2);
        QVERIFY(table.err.contains("256 numbers a sample"));
        program.write("x.png", "no image");
        const Run image = program.run({"verify", digits, digits, "--bits", "8", "--images", "x.png"});
        QCOMPARE(image.code, 3);
        QVERIFY(image.err.contains("neither a PNG nor a JPEG"));
        QCOMPARE(program.run({"verify", "a.onnx", "a.onnx", "--inputs", "none.npz"}).code, 3);
    }
};

QTEST_GUILESS_MAIN(CliRehearseTest)
#include "test_cli_rehearse.moc"
