// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes of which some are open until the model runs: targets of Reshape, and what follows from the others.
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <cstring>

using namespace pleat;
using namespace pleat::test;

namespace {

// The symbols N and M of the inputs.
PrepareExpectations with(std::int64_t n, std::int64_t m = 3)
{
    return withSymbols({{"N", n}, {"M", m}});
}

// Size `axis` of a value, as a vector of one element.
std::string size(ModelBuilder& model, const std::string& of, std::int64_t axis)
{
    const std::string name = of + "_size" + std::to_string(axis);
    model.node("Shape", {of}, {name + "_all"})
        .node(
            "Gather",
            {name + "_all", model.constant(name + "_axis", {}, {static_cast<double>(axis)}, DataType::Int64)},
            {name + "_one"})
        .node("Unsqueeze", {name + "_one", model.shapeConstant(name + "_axes", {0})}, {name});
    return name;
}

std::string number(ModelBuilder& model, std::int64_t value)
{
    static int count = 0;
    return model.shapeConstant("number" + std::to_string(++count), {value});
}

ModelBuilder& reshape(ModelBuilder& model, const std::string& data, const std::vector<std::string>& sizes,
                      const std::string& to, const Attributes& attributes = {})
{
    model.node("Concat", sizes, {to + "_sizes"}, {{"axis", 0}});
    return model.node("Reshape", {data, to + "_sizes"}, {to}, attributes, to);
}

ModelBuilder image()
{
    ModelBuilder model;
    model.opset(14).input("x", {"N", 6, 4});
    return model;
}

// The constant second operand of the node of that name; empty where it is none.
Dims target(const onnx::ModelProto& model, const std::string& node)
{
    for (const onnx::NodeProto& each : model.graph().node()) {
        for (const onnx::TensorProto& tensor : model.graph().initializer()) {
            if (each.name() == node && each.input(1) == tensor.name()) {
                Dims sizes(tensor.raw_data().size() / sizeof(std::int64_t));
                std::memcpy(sizes.data(), tensor.raw_data().data(), tensor.raw_data().size());
                return sizes;
            }
        }
    }
    return {};
}

} // namespace

class TestPrepareSizes final : public QObject {
    Q_OBJECT

private slots:
    void sizeOfTheDataItself()
    {
        for (const std::int64_t n : {1, 2, 5}) {
            ModelBuilder model = image();
            const std::string batch = size(model, "x", 0);
            reshape(model, "x", {batch, number(model, -1)}, "y");
            const auto files = assertPrepares(model, "reshape-targets", 1, with(n));
            QCOMPARE(target(files.model, "y"), (Dims{0, 24}));
        }
        ModelBuilder both;
        both.opset(14).input("x", {"N", "M", 8});
        const std::string batch = size(both, "x", 0), length = size(both, "x", 1);
        reshape(both, "x", {batch, length, number(both, 2), number(both, 4)}, "y");
        QCOMPARE(target(assertPrepares(both, "reshape-targets", 1, with(2)).model, "y"), (Dims{0, 0, 2, 4}));
    }

    void sizesReadAsPartsOfAShape()
    {
        ModelBuilder model = image(); // as PaddlePaddle writes it
        model.node("Shape", {"x"}, {"s"})
            .node("Cast", {"s"}, {"s32"}, {{"to", 6}})
            .node("Slice", {"s32", model.shapeConstant("from", {0}), model.shapeConstant("to", {1})}, {"b32"})
            .node("Concat", {"b32", model.constant("rest", {1}, {24}, DataType::Int32)}, {"t32"},
                  {{"axis", 0}})
            .node("Cast", {"t32"}, {"t"}, {{"to", 7}})
            .node("Reshape", {"x", "t"}, {"y"}, {}, "y");
        QCOMPARE(target(assertPrepares(model, "reshape-targets", 1, with(2)).model, "y"), (Dims{0, 24}));
        ModelBuilder part = image();
        part.opset(15).node("Shape", {"x"}, {"s"}, {{"start", -3}, {"end", 2}});
        reshape(part, "x", {"s", number(part, 2), number(part, 2)}, "y");
        QCOMPARE(target(assertPrepares(part, "reshape-targets", 1, with(2)).model, "y"), (Dims{0, 6, 2, 2}));
    }

    void whatIsLeftOver()
    {
        ModelBuilder model = image(); // the batch and an axis become one
        const std::string batch = size(model, "x", 0);
        model.node("Mul", {batch, model.shapeConstant("six", {6})}, {"rows"});
        reshape(model, "x", {"rows", number(model, 4)}, "y");
        QCOMPARE(target(assertPrepares(model, "reshape-targets", 1, with(2)).model, "y"), (Dims{-1, 4}));

        ModelBuilder zeros = image(); // where 0 means 0
        reshape(zeros, "x", {size(zeros, "x", 0), number(zeros, -1)}, "y", {{"allowzero", 1}});
        QCOMPARE(target(assertPrepares(zeros, "reshape-targets", 1, with(2)).model, "y"), (Dims{-1, 24}));

        ModelBuilder other = image(); // the batch of something else
        other.input("z", {"N", 2});
        const std::string elsewhere = size(other, "z", 0);
        reshape(other, "x", {number(other, 12), elsewhere, number(other, 2)}, "y", {{"allowzero", 1}});
        QCOMPARE(target(assertPrepares(other, "reshape-targets", 1, with(2)).model, "y"), (Dims{12, -1, 2}));
    }

    // The batch behind an operator is that before it, where that leaves its axis as it is.
    void sameSizeBehindOperators()
    {
        struct Case {
            const char* op;
            bool same;
            Attributes attributes = {};
            std::vector<std::pair<std::string, Dims>> moreInputs = {}; // of integers
        };
        const std::vector<Case> cases{
            {"Relu", true},
            {"Softmax", true},
            {"Transpose", true, {{"perm", Dims{0, 2, 1}}}},
            {"Transpose", false, {{"perm", Dims{1, 0, 2}}}},
            {"ReduceMean", true, {{"axes", Dims{1}}}},
            {"ReduceMean", true, {{"axes", Dims{-1}}, {"keepdims", 0}}},
            {"ReduceMean", false, {{"axes", Dims{0}}, {"keepdims", 0}}},
            {"ReduceMax", false, {{"axes", Dims{0}}}},
            {"Flatten", true},
            {"Flatten", false, {{"axis", 2}}},
            {"Slice", true, {}, {{"from", {1}}, {"to", {3}}, {"along", {1}}}},
            {"Slice", false, {}, {{"from", {1}}, {"to", {3}}, {"along", {-3}}}},
            {"Pad", true, {}, {{"pads", {0, 0, 1, 0, 1, 0}}}},
            {"Pad", false, {}, {{"pads", {1, 0, 0, 0, 0, 0}}}},
            {"Gather", true, {{"axis", 1}}, {{"at", {0, 2}}}},
            {"Unsqueeze", true, {}, {{"axes", {1}}}},
            {"Unsqueeze", false, {}, {{"axes", {0}}}},
            {"Reshape", true, {}, {{"shape", {0, 4, 6}}}},
            {"Reshape", true, {}, {{"shape", {-1, 24}}}},
            {"Reshape", false, {}, {{"shape", {-1, 4}}}},
            {"Tile", false, {}, {{"repeats", {2, 1, 1}}}},
            {"Expand", true, {}, {{"shape", {1, 6, 4}}}},
        };
        for (const Case& each : cases) {
            ModelBuilder model = image();
            const std::string batch = size(model, "x", 0);
            std::vector<std::string> inputs{"x"};
            for (const auto& [name, numbers] : each.moreInputs)
                inputs.push_back(model.shapeConstant(name, numbers));
            model.node(each.op, inputs, {"made"}, each.attributes).node("Neg", {"made"}, {"negative"});
            reshape(model, "negative", {batch, number(model, -1)}, "y");
            const auto files = prepareThroughFiles(model.bytes(), {"reshape-targets"});
            QVERIFY2(files, files ? "" : files.error().c_str());
            // Elsewhere it may be what is left over, which is -1.
            const Dims sizes = target(files->model, "y");
            QVERIFY2((!sizes.empty() && sizes.front() == 0) == each.same, each.op);
            const std::string wrong = whatIsWrong(model.proto(), *files, {"reshape-targets"}, with(3));
            const bool runs = !wrong.starts_with("the model before does not run");
            QVERIFY2(each.same || runs ? wrong.empty() : files->done.empty(),
                     (each.op + (": " + wrong)).c_str());
        }
    }

    void sameSizeBehindTwoInputs()
    {
        const auto made = [](const std::string& op, const Shape& x, const Shape& z,
                             const Attributes& how = {}) {
            ModelBuilder model;
            model.opset(14).input("x", x).input("z", z);
            const std::string batch = size(model, "x", 0);
            model.node("Relu", {"x"}, {"r"}).node(op, {"r", "z"}, {"made"}, how);
            return reshape(model, "made", {batch, number(model, -1)}, "y");
        };
        const auto follows = [&](const ModelBuilder& model) {
            assertPrepares(model, "reshape-targets", 1, with(3, 3));
        };
        const auto stays = [&](const ModelBuilder& model) {
            const auto files = prepareThroughFiles(model.bytes(), {"reshape-targets"});
            QVERIFY2(files && files->done.empty(), model.proto().DebugString().c_str());
        };
        follows(made("Add", {"N", 4}, {4}));
        follows(made("Mul", {"N", 4}, {1, 1}));
        stays(made("Add", {"N", 4}, {"M", 4})); // either may be 1
        stays(made("Add", {"N", 4}, {"M", 1, 1}));
        follows(made("MatMul", {"N", 4}, {4, 5}));
        follows(made("MatMul", {"N", 3, 4}, {4, 5}));
        stays(made("MatMul", {"N", 3, 4}, {"M", 4, 5}));
        follows(made("Concat", {"N", 4}, {"M", 2}, {{"axis", 1}}));
        stays(made("Concat", {"N", 4}, {2, 4}, {{"axis", 0}}));
        follows(made("Gemm", {"N", 4}, {4, 5}));
    }

    // Without elements both ways give the same, too.
    void emptyBatches()
    {
        ModelBuilder model = image();
        const std::string batch = size(model, "x", 0);
        model.node("Mul", {batch, model.shapeConstant("six", {6})}, {"rows"});
        reshape(model, "x", {batch, number(model, 24)}, "y").output();
        reshape(model, "x", {"rows", number(model, 4)}, "z").output();
        assertPrepares(model, "reshape-targets", 2, with(0));
    }

    void targetsThatStay()
    {
        const auto stays = [](const ModelBuilder& model, const PrepareExpectations& run = with(2)) {
            assertPrepares(model, "reshape-targets", 0, run);
        };
        ModelBuilder otherBatch = image(); // which may be another one, for all that is known
        otherBatch.input("z", {"M", 2});
        const std::string elsewhere = size(otherBatch, "z", 0);
        reshape(otherBatch, "x", {elsewhere, number(otherBatch, -1)}, "y");
        stays(otherBatch, with(2, 3));
        ModelBuilder otherAxis;
        otherAxis.opset(14).input("x", {"N", "M", 4});
        const std::string n = size(otherAxis, "x", 0), m = size(otherAxis, "x", 1);
        reshape(otherAxis, "x", {m, n, number(otherAxis, 4)}, "y");
        stays(otherAxis);
        ModelBuilder empty;
        empty.opset(14).input("x", {"N", 0, 4}); // -1 beside 0 is nothing
        const std::string rows = size(empty, "x", 0);
        empty.node("Mul", {rows, empty.shapeConstant("two", {2})}, {"twice"});
        reshape(empty, "x", {"twice", number(empty, 0), number(empty, 2)}, "y", {{"allowzero", 1}});
        stays(empty);
        ModelBuilder given = image(); // the caller says it
        given.input("sizes", {2}, DataType::Int64);
        QVERIFY(prepareThroughFiles(given.node("Reshape", {"x", "sizes"}, {"y"}).bytes(), {"reshape-targets"})
                    ->done.empty());
    }

    // Behind a Reshape with one open size the others are known, and what is computed from them is constant.
    void sizesBehindAReshape()
    {
        ModelBuilder model = image();
        const std::string batch = size(model, "x", 0);
        reshape(model, "x", {batch, number(model, 2), number(model, 3), number(model, 4)}, "a");
        model.node("Transpose", {"a"}, {"b"}, {{"perm", Dims{0, 2, 1, 3}}}).then("Relu");
        const std::string b = model.current(), three = size(model, b, 1), two = size(model, b, 2);
        model.node("Mul", {three, two}, {"both"});
        reshape(model, b, {size(model, b, 0), "both", number(model, 4)}, "y");
        const onnx::ModelProto before = model.proto();
        const auto files = prepareThroughFiles(before.SerializeAsString(), defaultPasses());
        QVERIFY2(files, files ? "" : files.error().c_str());
        QCOMPARE(whatIsWrong(before, *files, defaultPasses(), with(3)), std::string());
        QCOMPARE(files->model.graph().node_size(), 4);
        QCOMPARE(target(files->model, "y"), (Dims{0, 6, 4}));
    }

    // Pads, cuts and repetitions by computed numbers, behind each other.
    void sizesOfWhatIsCutAndPadded()
    {
        ModelBuilder model = image();
        const std::string six = size(model, "x", 1), zero = number(model, 0), one = number(model, 1);
        model
            .node("Mod", {six, model.shapeConstant("four", {4})}, {"two"}) // pads 6 to 8
            .node("Concat", {zero, zero, zero, zero, "two", zero}, {"pads"}, {{"axis", 0}})
            .node("Pad", {"x", "pads"}, {"padded"});
        const std::string eight = size(model, "padded", 1);
        model
            .node("Div", {eight, "two"}, {"half"}) // 4 of the 8
            .node("Slice", {"padded", "half", eight, one}, {"cut"})
            .node("Concat", {one, one, "two"}, {"repeats"}, {{"axis", 0}})
            .node("Tile", {"cut", "repeats"}, {"tiled"}); // N×4×8
        model.node("Shape", {"tiled"}, {"s"})
            .node("Slice", {"s", one, number(model, 3)}, {"known"})
            .output("tiled")
            .output("known");
        const auto files = assertPrepares(model, "fold-constants", 12, with(2));
        QCOMPARE(files.model.graph().node_size(), 3); // Pad, Slice, Tile
    }

    void expandedSizes()
    {
        ModelBuilder model = image();
        const std::string batch = size(model, "x", 0);
        model.random("token", {1, 1, 4}, -1, 1);
        model.node("Concat", {batch, number(model, 1), number(model, -1)}, {"sizes"}, {{"axis", 0}})
            .node("Max", {"sizes", model.shapeConstant("ones", {1, 1, 1})}, {"positive"})
            .node("Expand", {"token", "positive"}, {"tokens"})
            .node("Concat", {"tokens", "x"}, {"joined"}, {{"axis", 1}})
            .node("Shape", {"joined"}, {"s"})
            .node("Gather", {"s", model.constant("at", {2}, {1, 2}, DataType::Int64)}, {"known"})
            .output("joined")
            .output("known");
        const auto files = assertPrepares(model, "fold-constants", 2, with(2)); // and its Shape
        QCOMPARE(countNodes(files.model, "Gather"), 1);
    }
};

QTEST_APPLESS_MAIN(TestPrepareSizes)
#include "test_prepare_sizes.moc"
