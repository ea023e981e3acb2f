// SPDX-License-Identifier: GPL-3.0-or-later
// The pages that pleat-cli writes (fold --report FILE.html, compare --html), and `tensors`. That a browser
// shows them, their numbers and the files of tensors are proved in tests/interop/reporting.py.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

ModelBuilder oneFoldsOneDoesNot(const std::string& first = "c1")
{
    ModelBuilder model;
    model.input("x", {1, 3, 8, 8}).conv(first, {.bias = true}).batchNorm("bn1").relu();
    return model.conv("c2", {.in = 4}).then("Sigmoid", "gate").batchNorm("bn2");
}

// Whole to its end, with nothing that would be fetched.
bool isPage(const QByteArray& page)
{
    return page.startsWith("<!DOCTYPE html>") && page.endsWith("</html>\n") && !page.contains(" src=") &&
           !page.contains("href") && !page.contains("url(") && !page.contains("@import");
}

} // namespace

class CliReportTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tellsWhatWasFoldedAndWhatWasLeft()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "out.onnx", "--report", "fold.html"});
        QVERIFY2(run.code == 0, run.err);
        const QByteArray page = QByteArray::fromStdString(program.read("fold.html"));
        QVERIFY(isPage(page));
        QVERIFY2(page.contains("<td class=\"name\">c1</td>"), page);
        QVERIFY2(page.contains("bn1 (BatchNormalization)"), page);
        QVERIFY2(page.contains("operator-between"), page);
        QCOMPARE(page.count("<details>"), 1);
        QCOMPARE(page.count("SHA-256"), 2);
        QVERIFY(page.contains("out.onnx"));
    }

    void tellsWithoutWritingAModel()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run =
            program.run({"fold", "m.onnx", "--dry-run", "--allow-overflow", "--report", "r.html"});
        QVERIFY2(run.code == 0, run.err);
        const QByteArray page = QByteArray::fromStdString(program.read("r.html"));
        QVERIFY(isPage(page));
        QVERIFY(page.contains("dry run") && page.contains("--allow-overflow"));
        QCOMPARE(page.count("SHA-256"), 1);
    }

    void keepsNamesFromBecomingMarkup()
    {
        const Program program;
        const std::string hostile =
            "</script><script>alert(1)</script>\" onclick='x' &amp;\n\x1b[31m\u202e\xff";
        program.write("m.onnx", oneFoldsOneDoesNot(hostile).bytes());
        const Run run = program.run({"fold", "m.onnx", "-o", "o.onnx", "--report", "r.html"});
        QVERIFY2(run.code == 0, run.err);
        const QByteArray page = QByteArray::fromStdString(program.read("r.html"));
        QVERIFY(isPage(page));
        QCOMPARE(page.count("<script"), 1);
        QCOMPARE(page.count("</script"), 1);
        QVERIFY2(
            page.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot; onclick=&#39;x&#39; "
                          "&amp;amp;\\n\\x1b[31m\\u202e\\xff"),
            page);
        QVERIFY(program.run({"compare", "m.onnx", "o.onnx", "--html", "c.html"}).code == 0);
        const QByteArray compared = QByteArray::fromStdString(program.read("c.html"));
        QVERIFY(isPage(compared));
        QCOMPARE(compared.count("<script"), 1);
    }

    void saysSoWhenThereIsNothing()
    {
        const Program program;
        ModelBuilder model;
        program.write("m.onnx", model.input("x", {1, 3}).relu().bytes());
        QVERIFY(program.run({"fold", "m.onnx", "--dry-run", "--report", "r.html"}).code == 0);
        QVERIFY(QByteArray::fromStdString(program.read("r.html")).contains("Nothing was folded."));
        QVERIFY(program.run({"compare", "m.onnx", "m.onnx", "--html", "c.html"}).code == 0);
        QVERIFY(isPage(QByteArray::fromStdString(program.read("c.html"))));
    }

    void refusesToOverwriteAModel()
    {
        const Program program;
        program.write("m.html", oneFoldsOneDoesNot().bytes());
        QCOMPARE(program.run({"fold", "m.html", "--dry-run", "--report", "m.html"}).code, 2);
        QCOMPARE(program.run({"compare", "m.html", "m.html", "--html", "./m.html"}).code, 2);
        QCOMPARE(program.run({"fold", "m.html", "--dry-run", "--report", "none/r.html"}).code, 4);
        QCOMPARE(program.run({"compare", "m.html", "m.html", "--html", "none/r.html"}).code, 4);
    }

    void writesJsonBesideThePage()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run run = program.run({"compare", "m.onnx", "m.onnx", "--json", "--html", "c.html"});
        QVERIFY2(run.code == 0 && run.json()["same"].toInt() > 0, run.err);
        QVERIFY(isPage(QByteArray::fromStdString(program.read("c.html"))));
    }

    void listsAndWritesTensors()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        const Run listed = program.run({"tensors", "m.onnx", "--list", "--json"});
        QVERIFY2(listed.code == 0, listed.err);
        const QJsonArray tensors = listed.json()["tensors"].toArray();
        QCOMPARE(tensors.size(), 11);
        QCOMPARE(tensors[0].toObject()["name"].toString(), QStringLiteral("c1.weight"));
        QCOMPARE(tensors[0].toObject()["shape"].toArray(), (QJsonArray{4, 3, 3, 3}));
        QCOMPARE(tensors[0].toObject()["bytes"].toInt(), 432);
        const Run one = program.run({"tensors", "m.onnx", "c1.weight", "-o", "w.npy"});
        QCOMPARE(one.out, QByteArray("Written to w.npy: 1 tensor\n"));
        QVERIFY(program.read("w.npy").starts_with("\x93NUMPY"));
        QCOMPARE(program.run({"tensors", "m.onnx", "-o", "all.npz"}).code, 0);
        QCOMPARE(program.run({"tensors", "m.onnx", "-o", "all.safetensors"}).code, 0);
    }

    void leavesOutWhatAFormatCannotHold()
    {
        const Program program;
        ModelBuilder model;
        model.input("x", {1, 3}).constant("w", {1}, {7});
        onnx::TensorProto& words = *model.graphProto().add_initializer();
        words.set_name("words");
        words.set_data_type(onnx::TensorProto::STRING);
        words.add_dims(1);
        words.add_string_data("cat");
        program.write("m.onnx", model.relu().bytes());
        const Run all = program.run({"tensors", "m.onnx", "-o", "all.npz", "--json"});
        QVERIFY2(all.code == 0 && all.err.contains("left out words"), all.err);
        QCOMPARE(all.json()["left_out"].toArray()[0].toObject()["name"].toString(), QStringLiteral("words"));
        QCOMPARE(program.run({"tensors", "m.onnx", "words", "-o", "words.npy"}).code, 4);
        QCOMPARE(program.read("words.npy"), std::string());
    }

    void saysWhatTensorsNeeds()
    {
        const Program program;
        program.write("m.onnx", oneFoldsOneDoesNot().bytes());
        QCOMPARE(program.run({"tensors", "m.onnx"}).code, 2);
        QCOMPARE(program.run({"tensors", "m.onnx", "--list", "-o", "x.npy"}).code, 2);
        QCOMPARE(program.run({"tensors", "m.onnx", "-o", "x.txt"}).code, 2);
        QCOMPARE(program.run({"tensors", "m.onnx", "-o", "x.npy"}).code, 2);
        QCOMPARE(program.run({"tensors", "m.onnx", "-o", "m.onnx"}).code, 2);
        const Run unknown = program.run({"tensors", "m.onnx", "nobody", "-o", "x.npy"});
        QVERIFY2(unknown.code == 2 && unknown.err.contains("\"nobody\""), unknown.err);
        QCOMPARE(program.run({"tensors", "none.onnx", "--list"}).code, 3);
    }
};

QTEST_GUILESS_MAIN(CliReportTest)
#include "test_cli_report.moc"
