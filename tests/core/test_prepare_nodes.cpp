// SPDX-License-Identifier: GPL-3.0-or-later
// Passes that take single nodes away: each beside a neighbour that must stay.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>

using namespace pleat;
using namespace pleat::test;

class TestPrepareNodes final : public QObject {
    Q_OBJECT

private slots:
    void identityInAChain()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).relu().then("Identity").then("Identity").then("Neg");
        const auto files = assertPrepares(model, "identity", 2);
        QCOMPARE(countNodes(files.model, "Identity"), 0);
    }

    // The output keeps its name: what makes its numbers makes them under it.
    void identityBeforeAnOutput()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).relu();
        const std::string made = model.current();
        model.then("Neg", "also").output().from(made).then("Identity").output();
        const auto files = assertPrepares(model, "identity", 1);
        QCOMPARE(countNodes(files.model, "Identity"), 0);
    }

    void identityThatStays()
    {
        ModelBuilder input;
        input.input("x", {1, 3, 8, 8}).then("Identity");
        QCOMPARE(assertPrepares(input, "identity", 0).codes(), std::vector<std::string>{"graph-output"});
        ModelBuilder twice;
        twice.input("x", {1, 3, 8, 8}).relu().output().then("Identity").output();
        QCOMPARE(assertPrepares(twice, "identity", 0).codes(), std::vector<std::string>{"graph-output"});
        ModelBuilder outputs; // two outputs of one value: one may go
        outputs.input("x", {1, 3, 8, 8}).relu();
        const std::string made = outputs.current();
        outputs.then("Identity").output().from(made).then("Identity").output();
        assertPrepares(outputs, "identity", 1);
    }

    void identityInBodies()
    {
        ModelBuilder model, yes, no;
        model.input("x", {1, 3, 8, 8}).relu();
        const std::string made = model.current();
        model.then("Identity", "outer");
        yes.node("Identity", {model.current()}, {"y1"}, {}, "stays").output("y1");
        no.node("Identity", {made}, {"n1"}, {}, "goes").node("Neg", {"n1"}, {"n2"}).output("n2");
        model.constant("condition", {}, {1}, DataType::Bool);
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        const auto files = assertPrepares(model, "identity", 2);
        QCOMPARE(countNodes(files.model, "Identity"), 1);
    }

    void constantNodes()
    {
        ModelBuilder model;
        model.weightsAsConstantNodes().input("x", {1, 3, 8, 8}).conv("c", {}).batchNorm("bn").relu();
        const auto files = assertPrepares(model, "constant-nodes", 5);
        QCOMPARE(countNodes(files.model, "Constant"), 0);
        QCOMPARE(files.model.graph().initializer_size(), 5);
    }

    void dropouts()
    {
        ModelBuilder model; // opset 13 by default
        model.input("x", {2, 3}).then("Dropout").relu();
        assertPrepares(model, "dropout", 1);
        ModelBuilder constant;
        constant.input("x", {2, 3});
        constant.constant("ratio", {}, {0.5});
        constant.constant("no", {}, {0}, DataType::Bool);
        constant.then("Dropout", {}, {"ratio", "no"}).relu();
        assertPrepares(constant, "dropout", 1);
        for (const double ratio : {0.0, 0.5}) { // in training, too, nothing is dropped with ratio 0
            ModelBuilder trains;
            trains.input("x", {2, 3});
            trains.constant("ratio", {}, {ratio});
            trains.constant("yes", {}, {1}, DataType::Bool);
            trains.then("Dropout", {}, {"ratio", "yes"}).relu();
            if (ratio == 0)
                assertPrepares(trains, "dropout", 1);
            else // draws lots: it cannot be compared
                QCOMPARE(prepareThroughFiles(trains.bytes(), {"dropout"})->codes(),
                         std::vector<std::string>{"training"});
        }
        ModelBuilder mask;
        mask.input("x", {2, 3})
            .node("Dropout", {"x"}, {"d", "m"})
            .output("d")
            .from("m")
            .node("Cast", {"m"}, {"c"}, {{"to", 1}})
            .output("c");
        QCOMPARE(assertPrepares(mask, "dropout", 0).codes(), std::vector<std::string>{"mask-read"});
    }

    void casts()
    {
        ModelBuilder model;
        model.input("x", {2, 3})
            .relu()
            .then("Cast", {}, {}, {{"to", 1}})
            .then("Cast", {}, {}, {{"to", 11}})
            .then("Neg");
        assertPrepares(model, "no-op", 1); // not the one to double
    }

    void reshapesToTheSameShape()
    {
        const auto with = [](const Shape& from, const Dims& target) {
            ModelBuilder model;
            model.input("x", from).relu();
            return model.then("Reshape", {}, {model.shapeConstant("s", target)}).then("Neg");
        };
        assertPrepares(with({2, 3, 4}, {2, 3, 4}), "no-op", 1);
        assertPrepares(with({2, 3, 4}, {0, -1, 4}), "no-op", 1);
        assertPrepares(with({"N", 3, 4}, {-1, 3, 4}), "no-op", 1);
        assertPrepares(with({"N", 3, "M"}, {0, 3, -1}), "no-op", 1);
        assertPrepares(with({2, 3, 4}, {2, 12}), "no-op", 0);
        assertPrepares(with({2, 6, 4}, {2, 4, 6}), "no-op", 0);
        assertPrepares(with({"N", "M", 4}, {2, -1, 4}), "no-op", 0, withSymbols({{"N", 4}, {"M", 3}}));
    }

    void transposesSlicesPadsAndTheirLike()
    {
        const auto with = [](const std::string& op, const std::vector<std::string>& more,
                             const Attributes& attributes, ModelBuilder model) {
            return model.then(op, "tested", more, attributes).then("Neg");
        };
        ModelBuilder base;
        base.input("x", {2, 3, 4, 5}).relu();
        base.shapeConstant("zero", {0});
        base.shapeConstant("one", {1});
        base.shapeConstant("axis", {2});
        base.shapeConstant("four", {4});
        base.shapeConstant("three", {3});
        base.shapeConstant("all", {2147483647});
        base.shapeConstant("noPads", {0, 0, 0, 0, 0, 0, 0, 0});
        base.shapeConstant("pads", {0, 0, 0, 0, 0, 0, 0, 1});
        base.shapeConstant("ones", {1, 1, 1, 1});
        base.shapeConstant("twos", {1, 1, 1, 2});
        base.shapeConstant("shape", {2, 3, 4, 5});
        base.constant("scales", {4}, {1, 1, 1, 1});
        base.constant("twice", {4}, {1, 1, 2, 2});
        assertPrepares(with("Transpose", {}, {{"perm", Dims{0, 1, 2, 3}}}, base), "no-op", 1);
        assertPrepares(with("Transpose", {}, {{"perm", Dims{0, 1, 3, 2}}}, base), "no-op", 0);
        assertPrepares(with("Transpose", {}, {}, base), "no-op", 0);
        const auto moved = [](const Dims& perm, const Dims& target) {
            ModelBuilder model;
            model.input("x", {"N", 1, 3, 1, 4}).then("Transpose", "tested", {}, {{"perm", perm}});
            return model.then("Reshape", {}, {model.shapeConstant("target", target)});
        };
        const auto flattened = [](const Dims& perm, int axis) {
            ModelBuilder model;
            model.input("x", {"N", 1, 3, 1, 4}).then("Transpose", "tested", {}, {{"perm", perm}});
            return model.then("Flatten", {}, {}, {{"axis", axis}});
        };
        assertPrepares(flattened({0, 2, 1, 4, 3}, 1), "no-op", 1);
        assertPrepares(flattened({0, 2, 1, 4, 3}, -2), "no-op", 1);
        assertPrepares(flattened({0, 2, 1, 4, 3}, 2), "no-op", 0);
        assertPrepares(moved({0, 3, 1, 2, 4}, {-1, 12}), "no-op", 1); // only axes of size 1 move
        assertPrepares(moved({0, 2, 1, 4, 3}, {0, 3, 4}), "no-op", 1);
        assertPrepares(moved({0, 2, 1, 4, 3}, {-1, 0, 4}), "no-op", 0); // the size of an axis that is another
        assertPrepares(moved({0, 1, 4, 3, 2}, {-1, 12}), "no-op", 0);
        assertPrepares(moved({2, 1, 0, 3, 4}, {-1, 12}), "no-op", 0);
        assertPrepares(with("Slice", {"zero", "four", "axis"}, {}, base), "no-op", 1);
        assertPrepares(with("Slice", {"zero", "all", "axis", "one"}, {}, base), "no-op", 1);
        assertPrepares(with("Slice", {"zero", "three", "axis"}, {}, base), "no-op", 0);
        assertPrepares(with("Slice", {"one", "all", "axis"}, {}, base), "no-op", 0);
        assertPrepares(with("Slice", {"zero", "all", "axis", "axis"}, {}, base), "no-op", 0); // a step of 2
        assertPrepares(with("Pad", {"noPads"}, {}, base), "no-op", 1);
        assertPrepares(with("Pad", {"pads"}, {}, base), "no-op", 0);
        assertPrepares(with("Concat", {}, {{"axis", 1}}, base), "no-op", 1);
        assertPrepares(with("Sum", {}, {}, base), "no-op", 1);
        assertPrepares(with("Mean", {}, {}, base), "no-op", 1);
        assertPrepares(with("Expand", {"ones"}, {}, base), "no-op", 1);
        assertPrepares(with("Expand", {"shape"}, {}, base), "no-op", 1);
        assertPrepares(with("Tile", {"ones"}, {}, base), "no-op", 1);
        assertPrepares(with("Tile", {"twos"}, {}, base), "no-op", 0);
        assertPrepares(with("Resize", {"", "scales"}, {}, base), "no-op", 1);
        assertPrepares(with("Resize", {"", "twice"}, {}, base), "no-op", 0);
        assertPrepares(with("Resize", {"", "", "shape"}, {{"mode", std::string("linear")}}, base), "no-op",
                       1);
        assertPrepares(with("Resize", {"", "scales"}, {{"mode", std::string("cubic")}}, base), "no-op", 0);
        assertPrepares(with("Flatten", {}, {}, base), "no-op", 0);
        ModelBuilder matrix;
        matrix.input("x", {"N", 4}).relu();
        assertPrepares(with("Flatten", {}, {}, matrix), "no-op", 1);
    }

    void neutralArithmetic()
    {
        const auto with = [](const std::string& op, double value, const Dims& dims, bool first = false) {
            ModelBuilder model;
            model.input("x", {2, 3, 4}).relu();
            const std::string x = model.current();
            const std::string c = model.constant(
                "c", dims, std::vector<double>(static_cast<std::size_t>(elementCount(dims)), value));
            return model.node(op, {first ? c : x, first ? x : c}, {"z"}, {}, "tested").then("Neg");
        };
        for (const auto& [op, neutral] : {std::pair("Mul", 1.0), std::pair("Div", 1.0), std::pair("Add", 0.0),
                                          std::pair("Sub", 0.0), std::pair("Pow", 1.0)}) {
            assertPrepares(with(op, neutral, {}), "no-op", 1);
            assertPrepares(with(op, neutral, {3, 1}), "no-op", 1);
            assertPrepares(with(op, neutral, {2, 1, 4}), "no-op", 1);
            assertPrepares(with(op, neutral, {1, 1, 1, 1}), "no-op", 0); // one axis more
            assertPrepares(with(op, neutral + 1, {}), "no-op", 0);
        }
        assertPrepares(with("Mul", 1, {4}, true), "no-op", 1);
        assertPrepares(with("Sub", 0, {}, true), "no-op", 0);
        assertPrepares(with("Div", 1, {}, true), "no-op", 0);
        ModelBuilder widened; // the constant gives the result its shape
        widened.input("x", {1, 3}).relu();
        const std::string x = widened.current();
        const std::string ones = widened.constant("c", {5, 3}, std::vector<double>(15, 1));
        widened.node("Mul", {x, ones}, {"z"}).then("Neg");
        assertPrepares(widened, "no-op", 0);
    }

    // Somebody may run it with another constant.
    void whatACallerMayReplaceIsNotNeutral()
    {
        ModelBuilder model;
        model.ir(7).input("x", {2, 3}).relu();
        const std::string x = model.current();
        model.constant("c", {}, {1});
        model.listInitializersAsInputs();
        model.node("Mul", {x, "c"}, {"z"}).then("Neg");
        assertPrepares(model, "no-op", 0);
    }

    void transposePairs()
    {
        const auto with = [](const Dims& p, const Dims& q) {
            ModelBuilder model;
            model.input("x", {2, 3, 4}).relu();
            model.then("Transpose", "first", {}, p.empty() ? Attributes() : Attributes{{"perm", p}});
            return model.then("Transpose", "second", {}, q.empty() ? Attributes() : Attributes{{"perm", q}})
                .then("Neg");
        };
        QCOMPARE(
            countNodes(assertPrepares(with({1, 2, 0}, {2, 0, 1}), "inverse-pairs", 1).model, "Transpose"), 0);
        QCOMPARE(
            countNodes(assertPrepares(with({1, 2, 0}, {1, 2, 0}), "inverse-pairs", 1).model, "Transpose"), 1);
        QCOMPARE(countNodes(assertPrepares(with({}, {}), "inverse-pairs", 1).model, "Transpose"), 0);
        QCOMPARE(countNodes(assertPrepares(with({}, {0, 2, 1}), "inverse-pairs", 1).model, "Transpose"), 1);
        QCOMPARE(countNodes(assertPrepares(with({0, 2, 1}, {}), "inverse-pairs", 1).model, "Transpose"), 1);
        ModelBuilder shared; // the first is read by others, too
        shared.input("x", {2, 3, 4}).relu().then("Transpose", "first");
        const std::string middle = shared.current();
        shared.then("Transpose", "second").then("Neg").output().from(middle).then("Abs").output();
        QCOMPARE(countNodes(assertPrepares(shared, "inverse-pairs", 1).model, "Transpose"), 1);
        ModelBuilder long_;
        long_.input("x", {2, 3, 4}).relu();
        for (int i = 0; i < 7; ++i)
            long_.then("Transpose", {}, {}, {{"perm", Dims{1, 2, 0}}});
        long_.then("Neg");
        const auto files = prepareThroughFiles(long_.bytes(), {"inverse-pairs"});
        QVERIFY(files);
        QCOMPARE(countNodes(files->model, "Transpose"), 1); // seven turns of three are one
        QVERIFY2(whatIsWrong(long_.proto(), *files, {"inverse-pairs"}).empty(), "");
    }

    void reshapePairs()
    {
        const auto with = [](const std::string& op, const std::vector<std::string>& more, const Dims& target,
                             const Attributes& attributes = {}) {
            ModelBuilder model;
            model.input("x", {1, 6, 4}).relu();
            model.shapeConstant("shape1", {2, 3, 4});
            model.shapeConstant("shape2", {0, 3, 2, 4});
            model.shapeConstant("axes1", {0});
            model.then(op, "first", more, attributes);
            return model.then("Reshape", "second", {model.shapeConstant("s", target)}).then("Neg");
        };
        assertPrepares(with("Reshape", {"shape1"}, {4, 6}), "inverse-pairs", 1);
        assertPrepares(with("Reshape", {"shape1"}, {4, -1}), "inverse-pairs", 1);
        assertPrepares(with("Reshape", {"shape2"}, {0, 24}), "inverse-pairs", 1); // a size that both leave
        assertPrepares(with("Reshape", {"shape2"}, {1, 0, 8}), "inverse-pairs", 0);
        assertPrepares(with("Reshape", {"shape1"}, {0, 12}), "inverse-pairs", 0);
        assertPrepares(with("Flatten", {}, {4, 6}), "inverse-pairs", 1);
        assertPrepares(with("Squeeze", {"axes1"}, {4, 6}), "inverse-pairs", 1);
        assertPrepares(with("Unsqueeze", {"axes1"}, {4, 6}), "inverse-pairs", 1);
    }

    void squeezePairs()
    {
        const auto with = [](const std::string& first, const Dims& a, const std::string& second,
                             const Dims& b) {
            ModelBuilder model;
            model.input("x", {1, 6, 1, 4}).relu();
            model.then(first, "first", {model.shapeConstant("a", a)});
            return model.then(second, "second", {model.shapeConstant("b", b)}).then("Neg");
        };
        assertPrepares(with("Squeeze", {0, 2}, "Unsqueeze", {2, 0}), "inverse-pairs", 1);
        assertPrepares(with("Squeeze", {0}, "Unsqueeze", {-4}), "inverse-pairs", 1);
        assertPrepares(with("Squeeze", {0}, "Unsqueeze", {1}), "inverse-pairs", 0);
        assertPrepares(with("Unsqueeze", {1, -1}, "Squeeze", {5, 1}), "inverse-pairs", 1);
        assertPrepares(with("Unsqueeze", {1}, "Squeeze", {0}), "inverse-pairs", 0);
    }

    void castPairs()
    {
        const auto with = [](DataType from, DataType between, DataType to) {
            ModelBuilder model;
            model.input("x", {2, 3}, from).then("Transpose", "given");
            model.then("Cast", "first", {}, {{"to", static_cast<int>(between)}});
            model.then("Cast", "second", {}, {{"to", static_cast<int>(to)}});
            return model.then("Transpose", "last");
        };
        using enum DataType;
        const auto count = [&](DataType from, DataType between, DataType to, std::size_t places) {
            const auto files = prepareThroughFiles(with(from, between, to).bytes(), {"inverse-pairs"});
            QVERIFY(files);
            QCOMPARE(whatIsWrong(with(from, between, to).proto(), *files, {"inverse-pairs"}), std::string());
            const bool first = findNode(files->model, "first") != nullptr;
            QCOMPARE(first, places == 0);
        };
        count(Float16, Float, Float16, 1);
        count(Float16, Float, Double, 1);
        count(Int8, Int32, Int8, 1);
        count(Double, Float, Double, 0);
        count(Int64, Float, Int64, 0);
        count(Int32, Float, Int32, 0);
        count(UInt8, Int8, UInt8, 0);
    }

    void unusedNodesAndInitializers()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8}).conv("c", {}).relu();
        const std::string y = model.current();
        model.then("Neg", "dead1").then("Abs", "dead2"); // and nobody reads it
        model.random("lost", {4, 4}, -1, 1);
        model.output(y);
        const auto files = assertPrepares(model, "unused", 3);
        QCOMPARE(countNodes(files.model, "Neg"), 0);
        QVERIFY(!findInitializer(files.model, "lost"));
        QVERIFY(findInitializer(files.model, "c.weight"));
    }

    void unusedOutputs()
    {
        ModelBuilder model;
        model.input("x", {1, 3, 8, 8});
        model.node("MaxPool", {"x"}, {"p", "indices"}, {{"kernel_shape", Dims{2, 2}}}, "pool").output("p");
        const auto files = assertPrepares(model, "unused", 1);
        QCOMPARE(findNode(files.model, "pool")->output_size(), 1);
        ModelBuilder split; // all parts belong to it
        split.input("x", {1, 4});
        split.node("Split", {"x"}, {"a", "b"}, {{"axis", 1}}, "split").output("a");
        assertPrepares(split, "unused", 0);
    }

    void unusedFunctionsAndBodies()
    {
        ModelBuilder model, inner, outer, yes, no;
        model.ir(8).input("x", {2, 3}).relu();
        const std::string x = model.current();
        inner.node("Neg", {"a"}, {"b"}, {}, "negate");
        model.function(inner, "local", "lost", {"a"}, {"b"});
        model.function(inner, "local", "kept", {"a"}, {"b"});
        outer.node("lost", {"a"}, {"b"}, {}, "call", "local");
        model.function(outer, "local", "caller", {"a"}, {"b"});
        model.constant("condition", {}, {1}, DataType::Bool);
        yes.node("Neg", {x}, {"y1"}, {}, "n1").node("Abs", {x}, {"y2"}, {}, "dead").output("y1");
        no.node("Neg", {x}, {"n1"}, {}, "n2").output("n1");
        model.node("If", {"condition"}, {"z"}, {{"then_branch", yes.body()}, {"else_branch", no.body()}},
                   "if");
        model.node("kept", {"z"}, {"w"}, {}, "callKept", "local").output("w");
        const auto files = assertPrepares(model, "unused", 3); // the caller, then who it called, and the Abs
        QCOMPARE(files.model.functions_size(), 1);
        QCOMPARE(countNodes(files.model, "Abs"), 0);
    }

    void unknownPass()
    {
        ModelBuilder model;
        model.input("x", {1}).relu();
        const auto prepared = prepareThroughFiles(model.bytes(), {"no-such"});
        QVERIFY(!prepared);
        QVERIFY(prepared.error().find("There is no pass called \"no-such\"") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestPrepareNodes)
#include "test_prepare_nodes.moc"
