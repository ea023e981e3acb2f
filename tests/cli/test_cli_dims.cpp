// SPDX-License-Identifier: GPL-3.0-or-later
// prepare --dim: which sizes become numbers, and which names are refused.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

// Two symbols and the size 3.
ModelBuilder image()
{
    ModelBuilder model;
    return model.input("x", {"batch", 3, "height"}).then("Identity").relu();
}

} // namespace

class CliDimsTest final : public QObject {
    Q_OBJECT

private slots:
    void fixesSizesByName()
    {
        const Program program;
        program.write("m.onnx", image().bytes());
        const Run run =
            program.run({"prepare", "m.onnx", "-o", "out.onnx", "--dim", "batch=1", "--dim", "height=8"});
        QCOMPARE(run.code, 0);
        onnx::ModelProto model;
        QVERIFY(model.ParseFromString(program.read("out.onnx")));
        const auto& shape = model.graph().input(0).type().tensor_type().shape();
        QCOMPARE(shape.dim(0).dim_value(), 1);
        QCOMPARE(shape.dim(2).dim_value(), 8);
    }

    // A typing error, also where an input has just that size.
    void refusesANameThatNoInputHas()
    {
        const Program program;
        program.write("m.onnx", image().bytes());
        for (const char* dim : {"bacth=1", "bacth=3"}) {
            for (const QStringList& how : {QStringList{"-o", "out.onnx"}, QStringList{"--list"}}) {
                const Run run = program.run(QStringList{"prepare", "m.onnx", "--dim", dim} + how);
                QCOMPARE(run.code, 2);
                QVERIFY2(run.err.contains("\"bacth\"; there is \"batch\", \"height\""), run.err.constData());
                QVERIFY(!program.files().contains("out.onnx"));
            }
        }
        program.write("fixed.onnx", ModelBuilder().input("x", {1, 3}).relu().bytes());
        const Run run = program.run({"prepare", "fixed.onnx", "--dry-run", "--dim", "batch=1"});
        QCOMPARE(run.code, 2);
        QVERIFY2(run.err.contains("no size is a symbol"), run.err.constData());
    }
};

QTEST_APPLESS_MAIN(CliDimsTest)
#include "test_cli_dims.moc"
