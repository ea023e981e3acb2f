// SPDX-License-Identifier: GPL-3.0-or-later
// Constants that are computed beforehand: shapes that are known for every run beside such that are not; what
// stays, and why; symbols that become numbers. The operators: test_prepare_operators.cpp.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <cstring>

using namespace pleat;
using namespace pleat::test;

namespace {

using Codes = std::vector<std::string>;

void describe(onnx::GraphProto& graph, const std::string& name, const Shape& shape)
{
    onnx::ValueInfoProto& info = *graph.add_value_info();
    setType(info, name, DataType::Float);
    for (const Dim& size : shape) {
        auto& dim = *info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
        if (const int* number = std::get_if<int>(&size))
            dim.set_dim_value(*number);
        else
            dim.set_dim_param(std::get<std::string>(size));
    }
}

} // namespace

class TestPrepareConstants final : public QObject {
    Q_OBJECT

private slots:
    // 2^53 + 1 and its like are no doubles.
    void integersAreExact()
    {
        ModelBuilder model;
        for (const char* name : {"a", "b"}) {
            model.shapeConstant(name, {0, 0});
            const std::int64_t values[] = {INT64_C(9007199254740993), -INT64_C(2305843009213693953)};
            model.graphProto().mutable_initializer()->rbegin()->set_raw_data(values, sizeof values);
        }
        model.node("Add", {"a", "b"}, {"sum"}).node("Sub", {"sum", model.shapeConstant("one", {1})}, {"y"});
        const auto files = assertPrepares(model, "fold-constants", 2);
        QCOMPARE(files.model.graph().node_size(), 0);
        std::int64_t result[2];
        std::memcpy(result, files.model.graph().initializer(0).raw_data().data(), sizeof result);
        QCOMPARE(result[0], INT64_C(18014398509481985));
        ModelBuilder beyond;
        beyond.shapeConstant("a", {INT64_C(4611686018427387904)});
        beyond.node("Add", {"a", "a"}, {"b"}); // 2^63 does not fit
        QCOMPARE(assertPrepares(beyond, "fold-constants", 0).codes(), Codes{"unevaluated"});
    }

    void divisionByZeroStays()
    {
        ModelBuilder model;
        model.input("x", {2}, DataType::Int64); // never run: engines stop at it
        model.node("Div", {model.shapeConstant("a", {3}), model.shapeConstant("zero", {0})}, {"q"});
        model.node("Add", {"q", "x"}, {"y"});
        const auto prepared = prepareThroughFiles(model.bytes(), {"fold-constants"});
        QVERIFY(prepared && prepared->done.empty());
        QCOMPARE(prepared->codes(), Codes{"unevaluated"});
    }

    // How PyTorch writes view(x.size(0), -1, 4): the batch is a symbol, what hangs on it stays.
    void reshapeToSizesOfTheInput()
    {
        const auto model = [](const Shape& shape) {
            ModelBuilder made;
            made.input("x", shape).node("Shape", {"x"}, {"sizes"});
            made.node("Gather", {"sizes", made.constant("zero", {}, {0}, DataType::Int64)}, {"batch"});
            made.node("Unsqueeze", {"batch", made.shapeConstant("axis", {0})}, {"batch1"});
            made.node("Concat", {"batch1", made.shapeConstant("rest", {-1, 4})}, {"target"}, {{"axis", 0}});
            made.node("Reshape", {"x", "target"}, {"y"});
            return made;
        };
        const auto fixed = assertPrepares(model({2, 3, 8}), "fold-constants", 4);
        QCOMPARE(fixed.model.graph().node_size(), 1);
        QCOMPARE(assertPrepares(model({"N", 3, 8}), "fold-constants", 0).codes(), Codes{});
    }

    // Only the known axes are asked for, though the batch is a symbol.
    void knownAxesBesideASymbol()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, 8}).node("Shape", {"x"}, {"sizes"});
        model.node("Slice", {"sizes", model.shapeConstant("from", {1}), model.shapeConstant("to", {3})},
                   {"known"});
        model.node("ReduceProd", {"known"}, {"flat"}, {{"keepdims", 1}});
        model.node("Concat", {model.shapeConstant("any", {-1}), "flat"}, {"target"}, {{"axis", 0}});
        model.node("Reshape", {"x", "target"}, {"y"});
        const auto files = assertPrepares(model, "fold-constants", 4);
        QCOMPARE(files.model.graph().node_size(), 1);
        ModelBuilder start;
        start.opset(15).input("x", {"N", 3, 8}).node("Shape", {"x"}, {"known"}, {{"start", 1}}).output();
        assertPrepares(start, "fold-constants", 1);
        ModelBuilder size;
        size.input("x", {"N", 3, 8}).node("Size", {"x"}, {"n"}).output();
        assertPrepares(size, "fold-constants", 0);
    }

    // Where(Equal(target, -1), …): how PyTorch writes expand().
    void partlyKnownComparison()
    {
        ModelBuilder model;
        model.input("x", {"N", 1}).node("Shape", {"x"}, {"sizes"});
        model.node("Equal", {model.shapeConstant("target", {-1, 5}), model.shapeConstant("minus", {-1})},
                   {"is"});
        model.node("Where", {"is", model.shapeConstant("ones", {1, 1}), "target"}, {"to"});
        model.node("Expand", {"x", "to"}, {"y"});
        assertPrepares(model, "fold-constants", 2);
        ModelBuilder open; // the size that is picked is the symbol
        open.input("x", {"N", 1}).node("Shape", {"x"}, {"sizes"});
        open.node(
            "Where",
            {open.constant("is", {2}, {1, 0}, DataType::Bool), "sizes", open.shapeConstant("five", {5})},
            {"to"});
        open.node("Expand", {"x", "to"}, {"y"});
        assertPrepares(open, "fold-constants", 0);
        ModelBuilder closed; // the one that is picked is known
        closed.input("x", {"N", 1}).node("Shape", {"x"}, {"sizes"});
        closed.node(
            "Where",
            {closed.constant("is", {2}, {0, 1}, DataType::Bool), "sizes", closed.shapeConstant("one", {1})},
            {"to"});
        closed.node("Expand", {"x", "to"}, {"y"});
        assertPrepares(closed, "fold-constants", 2);
    }

    // The sizes behind a node of another domain are what somebody wrote down.
    void declaredSizesOfOtherDomainsAreNotBelieved()
    {
        for (const bool other : {false, true}) {
            ModelBuilder model;
            model.opset(1, "com.microsoft").input("x", {2, 3});
            model.node(other ? "Gelu" : "Relu", {"x"}, {"a"}, {}, "a", other ? "com.microsoft" : "").relu();
            const std::string made = model.current();
            onnx::ValueInfoProto& info = *model.graphProto().add_value_info();
            setType(info, "a", DataType::Float);
            for (const int size : {2, 3})
                info.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(size);
            model.output().node("Shape", {made}, {"sizes"}).output();
            onnx::ValueInfoProto& output = *model.graphProto().mutable_output()->rbegin();
            setType(output, "sizes", DataType::Int64);
            output.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(2);
            assertPrepares(model, "fold-constants", other ? 0 : 1);
        }
    }

    void bodiesAndFunctions()
    {
        ModelBuilder model, yes, no;
        model.input("x", {2, 3}).constant("condition", {}, {1}, DataType::Bool);
        yes.node("Shape", {"x"}, {"s"})
            .node("Mul", {"s", yes.shapeConstant("two", {2})}, {"y1"})
            .output("y1");
        no.node("Add", {no.shapeConstant("a", {3}), no.shapeConstant("b", {4, 5})}, {"n1"}).output("n1");
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}})
            .output();
        for (onnx::AttributeProto& attribute : *model.graphProto().mutable_node(0)->mutable_attribute()) {
            onnx::ValueInfoProto& output = *attribute.mutable_g()->mutable_output(0);
            setType(output, output.name(), DataType::Int64);
        }
        const auto files = assertPrepares(model, "fold-constants", 3);
        QCOMPARE(countNodes(files.model, "Add") + countNodes(files.model, "Mul"), 0);

        ModelBuilder inner(5);
        inner.weightsAsConstantNodes().from("a", 3);
        inner.node("Sqrt", {inner.random("w", {3}, 1, 2)}, {"root"}).node("Mul", {"a", "root"}, {"y"});
        ModelBuilder caller;
        caller.ir(8).opset(15).opset(1, "local").input("x", {2, 3});
        caller.node("block", {"x"}, {"y"}, {}, "call", "local").output();
        setType(*caller.graphProto().mutable_output()->rbegin(), "y", DataType::Float);
        caller.function(inner, "local", "block", {"a"}, {"y"});
        const auto called = assertPrepares(caller, "fold-constants", 1);
        QCOMPARE(countNodes(called.model, "Sqrt"), 0);
    }

    // A turn of a Loop may have another size than the one that is declared.
    void sizesInALoopStay()
    {
        ModelBuilder model, body;
        body.input("i", {}, DataType::Int64).input("go", {}, DataType::Bool).input("state", {2, 3});
        body.node("Identity", {"go"}, {"on"}).node("Shape", {"state"}, {"sizes"});
        body.node("Cast", {"sizes"}, {"real"}, {{"to", 1}})
            .node("ReduceSum", {"real"}, {"sum"}, {{"keepdims", 0}});
        body.node("Add", {"state", "sum"}, {"next"});
        body.output("on").output("next");
        model.input("x", {2, 3});
        model.constant("times", {}, {2}, DataType::Int64);
        onnx::GraphProto graph = body.body();
        setType(*graph.mutable_output(0), "on", DataType::Bool);
        graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
        model.node("Loop", {"times", "", "x"}, {"y"}, {{"body", graph}});
        assertPrepares(model, "fold-constants", 0);
    }

    void overridableConstantsStay()
    {
        for (const std::int64_t ir : {3, 4}) {
            ModelBuilder model;
            model.opset(7).ir(ir).input("x", {2, 3});
            model.node("Sub", {model.random("a", {3}, 1, 2), model.random("b", {3}, 1, 2)}, {"c"});
            model.node("Add", {"x", "c"}, {"y"}).listInitializersAsInputs();
            assertPrepares(model, "fold-constants", ir < 4 ? 1 : 0);
        }
    }

    void quantizedWeightsStay()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8})
            .constant("q", {4, 3, 1, 1}, std::vector<double>(12, 3), DataType::Int8);
        model.node("DequantizeLinear", {"q", model.constant("scale", {}, {0.5})}, {"w"});
        model.node("Conv", {"x", "w"}, {"y"});
        QCOMPARE(assertPrepares(model, "fold-constants", 0).codes(), Codes{});
    }

    // Nobody is given a larger file without being told.
    void largerResultsStay()
    {
        const auto model = [](std::int64_t rows) {
            ModelBuilder made;
            made.input("x", {"N", 64}).random("row", {1, 64}, -1, 1);
            made.node("Expand", {"row", made.shapeConstant("to", {rows, 64})}, {"rows"});
            made.node("MatMul", {"x", "rows"}, {"y"});
            made.graphProto()
                .mutable_input(0)
                ->mutable_type()
                ->mutable_tensor_type()
                ->mutable_shape()
                ->mutable_dim(1)
                ->set_dim_value(rows);
            return made;
        };
        const auto large = assertPrepares(model(64), "fold-constants", 0);
        QCOMPARE(large.codes(), Codes{"larger"});
        QVERIFY2(large.left.front().why.text().find("16384 bytes") != std::string::npos,
                 large.left.front().why.text().c_str());
        assertPrepares(model(16), "fold-constants", 1); // 4 kB
        PrepareExpectations little;
        little.options.largestResult = 1000;
        QCOMPARE(assertPrepares(model(16), "fold-constants", 0, little).codes(), Codes{"large-result"});
    }

    // As large as what it was computed from; but not where that stays as well.
    void aWeightOfTheSameSize()
    {
        for (const bool shared : {false, true}) {
            ModelBuilder model;
            model.input("x", {2, 64}).random("w", {64, 64}, -1, 1);
            model.node("Transpose", {"w"}, {"t"}).node("MatMul", {"x", "t"}, {"y"}).output();
            if (shared)
                model.node("MatMul", {"y", "w"}, {"z"}).output();
            const auto files = assertPrepares(model, "fold-constants", shared ? 0 : 1);
            QCOMPARE(files.codes(), shared ? Codes{"larger"} : Codes{});
        }
    }

    // Only the reader of a long chain is written out.
    void aChainBecomesOneInitializer()
    {
        ModelBuilder model;
        model.input("x", {3}).constant("c", {3}, {1, 2, 3});
        std::string last = "c";
        for (int i = 0; i < 200; ++i) { // more than are computed in one look
            const std::string next = "v" + std::to_string(i);
            model.node(i % 2 ? "Neg" : "Abs", {last}, {next});
            last = next;
        }
        model.node("Add", {"x", last}, {"y"});
        const auto files = assertPrepares(model, "fold-constants", 200);
        QCOMPARE(files.model.graph().initializer_size(), 1);
        QCOMPARE(files.model.graph().node_size(), 1);
    }

    // Moved as they are stored, whatever the size of an element, and axes that no tile divides.
    void transposedWeights()
    {
        struct Case {
            Dims dims, perm;
        };
        const std::vector<Case> cases{{{70, 45}, {1, 0}},
                                      {{3, 40, 2, 33}, {2, 3, 0, 1}},
                                      {{3, 40, 2, 33}, {3, 0, 2, 1}},
                                      {{33, 1, 40}, {2, 1, 0}},
                                      {{4, 5, 6}, {1, 0, 2}}};
        for (const Case& each : cases) {
            for (const DataType type :
                 {DataType::Float, DataType::Double, DataType::Float16, DataType::UInt8, DataType::Int64}) {
                Shape turned{};
                for (const std::int64_t axis : each.perm)
                    turned.emplace_back(static_cast<int>(each.dims[static_cast<std::size_t>(axis)]));
                ModelBuilder model;
                model.input("x", turned, type).random("w", each.dims, 1, 100, type);
                model.node("Transpose", {"w"}, {"t"}, {{"perm", each.perm}});
                model.node("Concat", {"x", "t"}, {"y"}, {{"axis", 0}});
                assertPrepares(model, "fold-constants", 1);
            }
        }
    }

    void attributesOfAnOldBroadcastStay()
    {
        ModelBuilder model;
        model.opset(6).ir(3).input("x", {2, 3});
        model.node("Add", {model.random("a", {2, 3}, 1, 2), model.random("b", {2}, 1, 2)}, {"c"},
                   {{"broadcast", 1}, {"axis", 0}});
        model.node("Add", {"x", "c"}, {"y"});
        const auto prepared =
            prepareThroughFiles(model.bytes(), {"fold-constants"}); // ONNX Runtime begins with 7
        QVERIFY(prepared && prepared->done.empty());
        QCOMPARE(prepared->codes(), Codes{"unevaluated"});
    }

    // Sizes that are symbols become numbers everywhere; then shapes are constants.
    void symbolsBecomeNumbers()
    {
        ModelBuilder model, yes, no;
        model.input("x", {"N", 3, "H"}).input("z", {"H", "N"}).constant("condition", {}, {1}, DataType::Bool);
        model.from("x").relu();
        describe(model.graphProto(), model.current(), {"N", 3, "H"});
        const std::string made = model.current();
        yes.node("Neg", {made}, {"y1"}).node("Abs", {"y1"}, {"y2"}).output("y2");
        no.node("Identity", {made}, {"n1"}).output("n1");
        onnx::GraphProto body = yes.body();
        describe(body, "y1", {"N", 3, "H"});
        model.node("If", {"condition"}, {"y"}, {{"then_branch", body}, {"else_branch", no.body()}}).output();
        model.node("Shape", {made}, {"sizes"}).output().node("Neg", {"z"}, {"other"}).output();
        onnx::ModelProto before = model.proto();
        PrepareOptions options;
        options.dims = {{"N", 2}, {"H", 5}};
        const auto prepared =
            prepareThroughFiles(before.SerializeAsString(), {"dims", "fold-constants"}, options);
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(prepared->done.size(), std::size_t{2}); // and the Shape
        QCOMPARE(countNodes(prepared->model, "Shape"), 0);
        QVERIFY(prepared->model.DebugString().find("dim_param") == std::string::npos);
        const Arrays inputs = randomInputs(before, 1, options.dims);
        const auto expected = runInOnnxRuntime(prepared->before, inputs),
                   actual = runInOnnxRuntime(prepared->after, inputs);
        QVERIFY2(expected, expected ? "" : expected.error().c_str());
        QVERIFY2(actual, actual ? "" : actual.error().c_str());
        QCOMPARE(largestRelativeDifference(*expected, *actual), 0.0);
        QCOMPARE(whatTheCheckerSays(prepared->model), std::string());
        // Another size is refused from now on.
        QVERIFY(!runInOnnxRuntime(prepared->after, randomInputs(before, 1, {{"N", 3}, {"H", 5}})));
    }

    void unknownSymbols()
    {
        ModelBuilder model;
        model.input("x", {"N", 3, "H"}).relu();
        const auto error = [&](const std::map<std::string, std::int64_t>& dims) {
            PrepareOptions options;
            options.dims = dims;
            const auto prepared = prepareThroughFiles(model.bytes(), {"dims"}, options);
            return prepared ? std::string() : prepared.error();
        };
        QVERIFY(error({{"W", 5}})
                    .ends_with("No input of the model has a size called \"W\"; there is \"N\", \"H\"."));
        QVERIFY(error({{"N", 0}}).find("must be 1 or more") != std::string::npos);
        QCOMPARE(error({{"N", 1}}), std::string());
    }

    // What is declared and then is wrong, goes.
    void contradictionsOfFixedSizes()
    {
        ModelBuilder model;
        model.input("x", {"N", 3}).relu();
        const std::string made = model.current();
        describe(model.graphProto(), made, {7, 3});
        model.then("Neg");
        PrepareOptions options;
        options.dims = {{"N", 2}};
        const auto prepared = prepareThroughFiles(model.bytes(), {"dims"}, options);
        QVERIFY2(prepared, prepared ? "" : prepared.error().c_str());
        QCOMPARE(prepared->done.size(), std::size_t{2});
        QCOMPARE(prepared->model.graph().value_info_size(), 0);
    }
};

QTEST_APPLESS_MAIN(TestPrepareConstants)
#include "test_prepare_constants.moc"
