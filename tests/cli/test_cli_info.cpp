// SPDX-License-Identifier: GPL-3.0-or-later
// What `info` says of the cost of a model: parameters and multiply-accumulates of one run, counted by hand
// from the operators' definitions, and why they are not known where they are not.
#include "tests/cli/Program.h"
#include "tests/core/support/FoldChecks.h"

#include <QJsonArray>
#include <QTest>

using namespace pleat;
using namespace pleat::test;

namespace {

QJsonObject infoOf(const std::string& bytes)
{
    const Program program;
    program.write("m.onnx", bytes);
    return program.run({"info", "m.onnx", "--json"}).json();
}

QString notes(const QJsonObject& info)
{
    QStringList all;
    for (const QJsonValue& note : info["notes"].toArray())
        all += note.toString();
    return all.join('\n');
}

// The MACs are known, or only that they are at least so many, for a reason that contains `why`.
void assertMacs(const std::string& bytes, int macs, const QString& why = {})
{
    const QJsonObject info = infoOf(bytes);
    if (why.isEmpty()) {
        QCOMPARE(info["macs"].toInt(-1), macs);
        QVERIFY2(!notes(info).contains("at least"), qPrintable(notes(info)));
        return;
    }
    QVERIFY(info.contains("macs") && info["macs"].isNull());
    QCOMPARE(info["macs_at_least"].toInt(-1), macs);
    QVERIFY2(notes(info).contains(why), qPrintable(notes(info)));
}

void declareOutput(ModelBuilder& model, const std::string& name, const Dims& dims)
{
    onnx::ValueInfoProto& output = *model.output(name).graphProto().mutable_output()->rbegin();
    setType(output, name, DataType::Float);
    auto& shape = *output.mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.clear_dim();
    for (const std::int64_t dim : dims)
        shape.add_dim()->set_dim_value(dim);
}

// A body that multiplies its state, [2, 3], with a matrix: 2·3·3 MACs.
onnx::GraphProto loopBody(const std::string& next)
{
    ModelBuilder body(3);
    body.weightsAsConstantNodes();
    body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("state", {2, 3});
    body.node("MatMul", {"state", body.random("m", {3, 3}, -1, 1)}, {"product"});
    if (next == "Identity")
        body.node("Identity", {"go"}, {"go_on"});
    else
        body.node("Not", {"go"}, {"go_on"});
    return body.output("go_on").output("product").body();
}

ModelBuilder loop(bool constantTrips, const std::string& next)
{
    ModelBuilder model;
    model.ir(8).opset(15);
    if (!constantTrips)
        model.input("trips", {}, DataType::Int64);
    model.input("x", {2, 3});
    if (constantTrips)
        model.constant("trips", {}, {5}, DataType::Int64);
    model.constant("go", {}, {1}, DataType::Bool);
    model.node("MatMul", {"x", model.random("w", {3, 3}, -1, 1)}, {"first"});
    return model.node("Loop", {"trips", "go", "first"}, {"y"}, {{"body", loopBody(next)}}).output();
}

// One product of [2, k] and [k, 3].
onnx::GraphProto branch(int k)
{
    ModelBuilder body(5);
    body.weightsAsConstantNodes();
    const std::string end = std::to_string(k);
    const std::string left = body.random("a" + end, {2, k}, -1, 1);
    return body.node("MatMul", {left, body.random("b" + end, {k, 3}, -1, 1)}, {"out" + end}).body();
}

ModelBuilder choice(int thenSize, int elseSize)
{
    ModelBuilder model;
    model.ir(8).opset(15).input("cond", {}, DataType::Bool);
    return model.node("If", {"cond"}, {"y"},
                      {{"then_branch", branch(thenSize)}, {"else_branch", branch(elseSize)}});
}

} // namespace

class CliInfoTest final : public QObject {
    Q_OBJECT

private slots:
    void doesNotTakeAnothersConvForOnnxs()
    {
        ModelBuilder model;
        model.ir(8).opset(15).opset(1, "acme").input("x", {1, 3, 6, 6}).conv("c1", {});
        model.node("Conv", {"c1_out", model.random("w", {4, 4, 3, 3}, -1, 1)}, {"y"}, {}, "foreign", "acme");
        declareOutput(model, "y", {1, 4, 2, 2});
        assertMacs(model.bytes(), 16 * 4 * 27, "what Conv multiplies is not known");
    }

    void countsTheTurnsOfALoop()
    {
        assertMacs(loop(true, "Identity").bytes(), 18 + 5 * 18);
        assertMacs(loop(false, "Identity").bytes(), 18, "how many turns");
        assertMacs(loop(true, "Not").bytes(), 18, "how many turns");
    }

    void countsTheStepsOfAScan()
    {
        ModelBuilder body(3);
        body.weightsAsConstantNodes().input("state", {2, 3}).input("row", {2, 3});
        body.node("MatMul", {"row", body.random("m", {3, 3}, -1, 1)}, {"product"});
        body.node("Add", {"state", "product"}, {"next"});
        ModelBuilder model;
        model.ir(8).opset(15).input("start", {2, 3}).input("rows", {7, 2, 3});
        model.node("Scan", {"start", "rows"}, {"y"},
                   {{"body", body.output("next").body()}, {"num_scan_inputs", 1}});
        assertMacs(model.bytes(), 7 * 18);
    }

    void takesTheSmallerBranch()
    {
        assertMacs(choice(4, 4).bytes(), 2 * 4 * 3);
        assertMacs(choice(4, 5).bytes(), 2 * 4 * 3, "which branches");
    }

    void countsAFunctionAsOftenAsItIsCalled()
    {
        ModelBuilder inner(5);
        inner.weightsAsConstantNodes().from("a", 3).conv("c1", {});
        ModelBuilder model;
        model.ir(8).opset(15).opset(1, "local").input("x", {1, 3, 6, 6}).input("z", {1, 3, 6, 6});
        for (const std::string data : {"x", "z"}) {
            model.node("block", {data}, {"y_" + data}, {}, "call_" + data, "local");
            declareOutput(model, "y_" + data, {1, 4, 4, 4});
        }
        model.function(inner, "local", "block", {"a"}, {"c1_out"});
        assertMacs(model.bytes(), 2 * 16 * 4 * 27);
        // Of other sizes each time, its work is not known.
        model.graphProto()
            .mutable_input(1)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(3)
            ->set_dim_value(9);
        model.graphProto()
            .mutable_output(1)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(3)
            ->set_dim_value(7);
        assertMacs(model.bytes(), 0, "shapes are missing");
    }

    // Channels last: 1·5·5 places, 8 outputs, 4·3·3 weights each.
    void countsConvolutionsOfOnnxRuntime()
    {
        for (const std::string op : {"NhwcFusedConv", "FusedConv"}) {
            ModelBuilder model;
            model.ir(8).opset(15).opset(1, "com.microsoft").input("x", {1, 7, 7, 4});
            model.node(op, {"x", model.random("w", {8, 4, 3, 3}, -1, 1)}, {"y"}, {}, "c", "com.microsoft");
            declareOutput(model, "y", {1, 5, 5, 8});
            assertMacs(model.bytes(), 5 * 5 * 8 * 36);
        }
    }

    // Shapes are all there: it is the operator that is not counted.
    void namesTheOperatorThatItDoesNotCount()
    {
        ModelBuilder model;
        model.ir(8).opset(15).opset(1, "com.microsoft").input("a", {2, 3}).input("b", {3, 4});
        model.node("FusedMatMul", {"a", "b"}, {"y"}, {}, "m", "com.microsoft");
        declareOutput(model, "y", {2, 4});
        assertMacs(model.bytes(), 0, "what FusedMatMul multiplies is not known");
        QVERIFY(!notes(infoOf(model.bytes())).contains("shapes"));
    }

    // 5·5 places, 6 outputs, each of 4·3·3 weights; offsets of 2·3·3 numbers a place.
    void countsDeformConv()
    {
        ModelBuilder model;
        model.ir(9).opset(19).input("x", {1, 4, 7, 7}).input("offset", {1, 18, 5, 5});
        model.node("DeformConv", {"x", model.random("w", {6, 4, 3, 3}, -1, 1), "offset"}, {"y"});
        assertMacs(model.modelProto().SerializeAsString(), 5 * 5 * 6 * 36);
    }

    void countsEinsumWithAnEllipsis()
    {
        ModelBuilder model;
        model.ir(8).opset(15).input("a", {2, 3, 4, 5}).input("b", {3, 5, 6});
        model.node("Einsum", {"a", "b"}, {"y"}, {{"equation", "...ij,...jk->...ik"}});
        assertMacs(model.bytes(), 2 * 3 * 4 * 5 * 6);
    }

    // A Conv of 3×3 without pads makes 4×4 of 6×6, whatever the file says.
    void tellsADeclaredShapeThatCannotBe()
    {
        for (const bool right : {true, false}) {
            ModelBuilder model;
            model.ir(8).opset(15).input("x", {1, 3, 6, 6}).conv("c1", {}).relu();
            onnx::ValueInfoProto& said = *model.graphProto().add_value_info();
            setType(said, "c1_out", DataType::Float);
            for (const std::int64_t dim : {1, 4, 4, right ? 4 : 5})
                said.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
            const QString told = notes(infoOf(model.bytes()));
            assertMacs(model.bytes(), 4 * 4 * 4 * 27);
            QCOMPARE(told.contains("\"c1_out\" as 1×4×4×5, but the model makes it 1×4×4×4"), !right);
            QCOMPARE(told.contains("declares"), !right);
        }
    }

    // 3 of 27·4 weights are stored.
    void countsWhatASparseWeightStores()
    {
        ModelBuilder model;
        model.ir(8).opset(15).input("x", {1, 3, 6, 6});
        onnx::SparseTensorProto& sparse = *model.graphProto().add_sparse_initializer();
        *sparse.mutable_values() = tensorProto("w", {3}, {1, 2, 3}, DataType::Float);
        *sparse.mutable_indices() = tensorProto("", {3}, {0, 5, 9}, DataType::Int64);
        for (const std::int64_t dim : {4, 3, 3, 3})
            sparse.add_dims(dim);
        model.node("Conv", {"x", "w"}, {"y"}, {}, "c1");
        const QJsonObject info = infoOf(model.modelProto().SerializeAsString());
        QCOMPARE(info["parameters"].toInt(-1), 3);
    }
};

QTEST_GUILESS_MAIN(CliInfoTest)
#include "test_cli_info.moc"
