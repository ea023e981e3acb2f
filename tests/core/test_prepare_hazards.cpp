// SPDX-License-Identifier: GPL-3.0-or-later
// Models at which tools that simplify are known to fail: all passes that are on by default take them, and the
// numbers stay as they were.
#include "core/model/ModelWriter.h"
#include "support/SmallModels.h"
#include "tests/core/support/PrepareChecks.h"

#include <QTest>
#include <fmt/format.h>
#include <sys/resource.h>

using namespace pleat;
using namespace pleat::test;

namespace {

// Prepares by all passes; fails in the caller's line where something is wrong.
PreparedFiles prepared(const onnx::ModelProto& model, const PrepareExpectations& expectations = {},
                       std::source_location where = std::source_location::current())
{
    auto files = prepareThroughFiles(model.SerializeAsString(), defaultPasses());
    const std::string wrong =
        files ? whatIsWrong(model, *files, defaultPasses(), expectations) : files.error();
    if (!wrong.empty())
        QTest::qFail(wrong.c_str(), where.file_name(), static_cast<int>(where.line()));
    return files ? std::move(*files) : PreparedFiles{};
}

std::map<std::string, int> operators(const onnx::ModelProto& model)
{
    std::map<std::string, int> counts;
    for (const onnx::NodeProto& node : model.graph().node())
        ++counts[node.op_type()];
    return counts;
}

using Operators = std::map<std::string, int>;

// The most memory that the process ever had, in bytes.
std::uint64_t peak()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

// Floats that lie in a data file, of which no byte is on the disk.
void addOutside(onnx::GraphProto& graph, const std::string& name, const Dims& dims, std::int64_t offset)
{
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t bytes = 4;
    for (const std::int64_t dim : dims) {
        tensor.add_dims(dim);
        bytes *= dim;
    }
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto say = [&](const char* key, const std::string& value) {
        onnx::StringStringEntryProto& entry = *tensor.add_external_data();
        entry.set_key(key);
        entry.set_value(value);
    };
    say("location", "weights.data");
    say("offset", std::to_string(offset));
    say("length", std::to_string(bytes));
}

} // namespace

class TestPrepareHazards final : public QObject {
    Q_OBJECT

private slots:
    // The weights stay where they lie, and in no memory.
    void modelsAboveTwoGigabytes()
    {
        constexpr std::int64_t wide = std::int64_t{1} << 26, weight = wide * 8 * 4; // 2 GiB each
        const Folder folder;
        folder.write("weights.data", "");
        std::error_code error;
        std::filesystem::resize_file(folder.path("weights.data"), 3 * weight, error);
        if (error) {
            QVERIFY2(!qEnvironmentVariableIsSet("CI"), "CI needs files of this size in its temporary folder");
            QSKIP("the file system of the temporary folder has no files of this size");
        }
        ModelBuilder model;
        model.input("x", {1, 8}).then("Identity");
        addOutside(model.graphProto(), "w1", {8, wide}, 0);
        addOutside(model.graphProto(), "w2", {wide, 8}, weight);
        addOutside(model.graphProto(), "unread", {wide, 8, 1}, 2 * weight);
        model.node("MatMul", {model.current(), "w1"}, {"m1"})
            .node("Add", {"m1", model.constant("b1", {1}, {1})}, {"a1"})
            .then("Dropout")
            .relu();
        model.node("MatMul", {model.current(), "w2"}, {"m2"}).output();
        const auto path = folder.write("m.onnx", model.modelProto());
        auto opened = open(path);
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        const std::uint64_t before = peak();
        NoProgress quiet;
        const Subject subject(GraphView::of(std::move(opened->model)));
        const auto all = prepareAll(defaultPasses(), subject, {}, quiet, {});
        QVERIFY2(all, all ? "" : all.error().message.c_str());
        const auto saved = saveModel(all->after.view().model(), folder.path("out.onnx"), quiet, {});
        QVERIFY2(saved, saved ? "" : saved.error().message.c_str());
        QVERIFY2(peak() - before < (64U << 20), std::to_string(peak() - before).c_str());
        QVERIFY(saved->dataFile.empty());
        onnx::ModelProto after;
        QVERIFY(after.ParseFromString(contents(folder.path("out.onnx"))));
        QCOMPARE(operators(after), (Operators{{"Gemm", 1}, {"MatMul", 1}, {"Relu", 1}}));
        std::vector<std::string> places;
        for (const onnx::TensorProto& tensor : after.graph().initializer()) {
            if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
                places.push_back(tensor.name() + " " + tensor.external_data(0).value() + " " +
                                 tensor.external_data(1).value());
        }
        QCOMPARE(places,
                 (std::vector<std::string>{"w1 weights.data 0", fmt::format("w2 weights.data {}", weight)}));
    }

    void bodiesThatReadWhatIsAround()
    {
        ModelBuilder model, yes, no, loop;
        model.input("x", {2, 3}).input("condition", {}, DataType::Bool);
        model.from("x").then("Identity");
        const std::string same = model.current();
        model.node("Constant", {}, {"inside"}, {{"value", tensorProto("", {3}, {1, 2, 3}, DataType::Float)}});
        model.random("scale", {3}, 0.5, 1.5);
        yes.node("Mul", {same, "scale"}, {"scaled"}).node("Add", {"scaled", "inside"}, {"yes"}).output();
        no.node("Identity", {same}, {"no"}).output();
        model.node("If", {"condition"}, {"chosen"},
                   {{"then_branch", yes.body()}, {"else_branch", no.body()}});
        loop.input("i", {}, DataType::Int64).input("more", {}, DataType::Bool).input("state", {2, 3});
        loop.node("Identity", {"more"}, {"goes_on"}).output();
        loop.node("Add", {"state", "chosen"}, {"sum"})
            .node("Mul", {"sum", loop.constant("one", {}, {1})}, {"next"})
            .output();
        onnx::GraphProto body = loop.body();
        setType(*body.mutable_output(0), "goes_on", DataType::Bool);
        model.node("Loop",
                   {model.constant("times", {}, {3}, DataType::Int64),
                    model.constant("always", {}, {1}, DataType::Bool), "x"},
                   {"y"}, {{"body", body}});
        const auto files = prepared(model.proto());
        QCOMPARE(operators(files.model), (Operators{{"If", 1}, {"Loop", 1}}));
        QCOMPARE(countNodes(files.model, "Constant"), 0);
    }

    void otherDomains()
    {
        ModelBuilder model; // what ONNX Runtime brings
        model.ir(8).opset(1, "com.microsoft").input("x", {2, 4}).then("Identity");
        model.node("FusedMatMul", {model.current(), "x"}, {"f"}, {{"transB", 1}}, "fused", "com.microsoft");
        model.node("Gelu", {"f"}, {"g"}, {}, "gelu", "com.microsoft").then("Dropout").then("Neg");
        QCOMPARE(operators(prepared(model.proto()).model),
                 (Operators{{"FusedMatMul", 1}, {"Gelu", 1}, {"Neg", 1}}));
        ModelBuilder unknown; // what nobody knows: it may draw lots, or look at its name
        unknown.ir(8).opset(1, "mine").input("x", {2, 4});
        const std::string constant = unknown.constant("c", {2}, {1, 2});
        unknown.node("Thing", {constant}, {"made"}, {}, "first", "mine")
            .node("Thing", {constant}, {"made again"}, {}, "second", "mine")
            .node("Identity", {"x"}, {"same"})
            .node("Identity", {"same", "made", "made again"}, {"y"}, {}, "last", "mine");
        const auto files = prepareThroughFiles(unknown.bytes(), defaultPasses());
        QVERIFY2(files, files ? "" : files.error().c_str());
        QCOMPARE(operators(files->model), (Operators{{"Identity", 1}, {"Thing", 2}}));
    }

    // Strings are no numbers: nothing computes with them, and their bytes are not where others are.
    void tensorsOfStrings()
    {
        ModelBuilder model;
        model.ir(8).opset(2, "ai.onnx.ml").input("x", {3});
        for (const char* name : {"words", "same words", "other words"}) {
            onnx::TensorProto& words = *model.graphProto().add_initializer();
            words.set_name(name);
            words.set_data_type(onnx::TensorProto::STRING);
            words.add_dims(3);
            for (const char* const word : {"a", "b", name[0] == 'o' ? "b" : "a"})
                words.add_string_data(word);
        }
        const Attributes codes{{"values_floats", std::vector<double>{1.5, -2}}};
        model.node("Identity", {"words"}, {"copied"})
            .node("Reshape", {"same words", model.shapeConstant("all", {-1})}, {"flat"})
            .node("LabelEncoder", {"copied"}, {"n1"}, codes, "e1", "ai.onnx.ml")
            .node("LabelEncoder", {"flat"}, {"n2"}, codes, "e2", "ai.onnx.ml")
            .node("LabelEncoder", {"other words"}, {"n3"}, codes, "e3", "ai.onnx.ml")
            .node("Sum", {"x", "n1", "n2", "n3"}, {"y"});
        for (onnx::NodeProto& node : *model.graphProto().mutable_node()) {
            if (node.op_type() != "LabelEncoder")
                continue;
            onnx::AttributeProto& keys = *node.add_attribute();
            keys.set_name("keys_strings");
            keys.set_type(onnx::AttributeProto::STRINGS);
            keys.add_strings("a");
            keys.add_strings("b");
        }
        const auto files = prepared(model.proto());
        QCOMPARE(countNodes(files.model, "Identity"), 0);
    }

    void tensorsWithoutElements()
    {
        ModelBuilder model;
        model.opset(14).input("x", {2, 3});
        model.constant("none", {0, 3}, {});
        model.constant("nothing", {0, 3}, {});
        model.node("Concat", {"x", "none", "nothing"}, {"joined"}, {{"axis", 0}})
            .node("Slice", {"joined", model.shapeConstant("from", {5}), model.shapeConstant("to", {9})},
                  {"rest"})
            .node("ReduceSum", {"rest"}, {"zeros"}, {{"keepdims", 1}})
            .node("Mul", {"none", model.constant("two", {}, {2})}, {"twice"})
            .node("Reshape", {"twice", model.shapeConstant("shape", {3, 0})}, {"turned"}, {{"allowzero", 1}})
            .output("zeros")
            .output("turned")
            .output("joined");
        const auto files = prepared(model.proto());
        QCOMPARE(countNodes(files.model, "Mul"), 0);
    }

    // Operators as they were before opset 9, and weights that are inputs, too.
    void oldOpsets()
    {
        for (const int opset : {7, 8}) {
            ModelBuilder model;
            model.opset(opset).ir(3).input("x", {2, 3, 8, 8}).conv("c", {.pads = {1, 1, 1, 1}});
            model.affine("Add", "b", {4, 1, 1}).then("Dropout").batchNorm("bn").relu();
            model.then("Pad", {}, {}, {{"pads", Dims{0, 0, 0, 0, 0, 0, 0, 0}}});
            model.then("Unsqueeze", {}, {}, {{"axes", Dims{0}}}).then("Squeeze", {}, {}, {{"axes", Dims{0}}});
            model.then("Reshape", {}, {model.shapeConstant("s1", {2, 4, 64})})
                .then("Reshape", {}, {model.shapeConstant("s2", {2, -1})});
            model.listInitializersAsInputs();
            const auto files = prepared(model.proto(), [] {
                PrepareExpectations nearly;
                nearly.tolerance = 2e-6; // the bias is added elsewhere
                return nearly;
            }());
            QCOMPARE(countNodes(files.model, "Dropout") + countNodes(files.model, "Unsqueeze"), 0);
            QCOMPARE(countNodes(files.model, "Reshape"), 1);
        }
    }

    // Nodes of one name, of none, of the name of a tensor; tensors of the names that passes would give.
    void namesThatAreThereAlready()
    {
        ModelBuilder model;
        model.input("x", {"N", 4, 6});
        const auto scaled = [&](const std::string& name, const std::string& output) {
            model.node("Mul", {model.current(), model.random(name, {6}, 0.5, 1.5)}, {output}, {}, "x");
        };
        scaled("y_scale", "p");
        scaled("y_shift", "q");
        model.node("Add", {"q", model.random("y_shape", {6}, 0.5, 1.5)}, {"r"}, {}, "x")
            .node("Mul", {"r", model.random("r_scale", {6}, 0.5, 1.5)}, {"s"}, {}, "y_shape")
            .node("Shape", {"x"}, {"sizes"}, {}, "x")
            .node("Gather", {"sizes", model.constant("first", {1}, {0}, DataType::Int64)}, {"batch"}, {}, "x")
            .node("Concat", {"batch", model.shapeConstant("rest", {-1})}, {"target"}, {{"axis", 0}}, "x")
            .node("Reshape", {"s", "target"}, {"y"}, {}, "x");
        for (int n = 0; n < model.graphProto().node_size(); n += 2)
            model.graphProto().mutable_node(n)->clear_name();
        const auto withoutNames = [](onnx::ModelProto named) { // ONNX Runtime is one of those that fail
            for (onnx::NodeProto& node : *named.mutable_graph()->mutable_node())
                node.clear_name();
            return named;
        };
        auto files = prepareThroughFiles(model.bytes(), defaultPasses());
        QVERIFY2(files, files ? "" : files.error().c_str());
        const onnx::ModelProto before = withoutNames(model.proto());
        files->model = withoutNames(files->model);
        files->before = before.SerializeAsString();
        files->after = files->model.SerializeAsString();
        PrepareExpectations nearly = withSymbols({{"N", 2}});
        nearly.tolerance = 2e-6;
        QCOMPARE(whatIsWrong(before, *files, defaultPasses(), nearly), std::string());
        QCOMPARE(operators(files->model), (Operators{{"Add", 1}, {"Mul", 1}, {"Reshape", 1}}));
    }
};

QTEST_APPLESS_MAIN(TestPrepareHazards)
#include "test_prepare_hazards.moc"
