// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes that a small file claims and a sparse one even holds: nothing is read or allocated before it is
// measured. The data file of a quarter of a terabyte has no bytes on the disk, and all of them are zeros.
#include "core/fold/Fold.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <sys/resource.h>

using namespace pleat;
using namespace pleat::test;

namespace {

constexpr std::int64_t huge = std::int64_t{1} << 36; // floats: 256 GB

// The most memory that the process ever had, in bytes.
std::uint64_t peak()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

void addSparse(onnx::GraphProto& graph, const std::string& name, const std::vector<std::int64_t>& dims,
               onnx::TensorProto::DataType type = onnx::TensorProto::FLOAT)
{
    auto* tensor = graph.add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (const std::int64_t dim : dims)
        tensor->add_dims(dim);
    tensor->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = tensor->add_external_data();
    entry->set_key("location");
    entry->set_value("sparse.data");
}

onnx::NodeProto* node(onnx::GraphProto& graph, const std::string& op, const std::vector<std::string>& inputs,
                      const std::string& output)
{
    return addNode(&graph, op, inputs, {output}, op + " of " + output);
}

void addBatchNorm(onnx::GraphProto& graph, const std::string& input, std::int64_t channels)
{
    for (const char* parameter : {"scale", "B", "mean", "var"})
        *graph.add_initializer() = floatTensor(parameter, {channels});
    node(graph, "BatchNormalization", {input, "scale", "B", "mean", "var"}, "y");
}

void setAttribute(onnx::NodeProto* node, const std::string& name, const std::vector<std::int64_t>& values)
{
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values)
        attribute->add_ints(value);
}

using Build = void (*)(onnx::GraphProto&);

// A model with the parameter in question in a sparse file.
struct Case {
    const char* name;
    Build build;
};

const Case cases[] = {
    {"an operand of the shape of the data",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 1024, 8192, 8192});
         addSparse(graph, "big", {1, 1024, 8192, 8192});
         node(graph, "Add", {"x", "big"}, "y");
     }},
    {"an operand for a small input",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 4, 8, 8});
         addSparse(graph, "big", {1, 1024, 8192, 8192});
         node(graph, "Mul", {"x", "big"}, "y");
     }},
    {"an operand of an input without a shape",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x");
         addSparse(graph, "big", {huge});
         node(graph, "Mul", {"x", "big"}, "y");
     }},
    {"an operand of one axis",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, huge});
         addSparse(graph, "big", {huge});
         node(graph, "Div", {"x", "big"}, "y");
     }},
    {"parameters of a batch norm",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, huge, 1, 1});
         for (const char* parameter : {"scale", "B", "mean", "var"})
             addSparse(graph, parameter, {huge});
         node(graph, "BatchNormalization", {"x", "scale", "B", "mean", "var"}, "y");
     }},
    {"the weight of a layer",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 1, 4, 4});
         addSparse(graph, "w", {huge, 1, 1, 1});
         node(graph, "Conv", {"x", "w"}, "c");
         *graph.add_initializer() = floatTensor("half", {1});
         node(graph, "Mul", {"c", "half"}, "y");
     }},
    {"the bias of a layer",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 3, 4, 4});
         *graph.add_initializer() = floatTensor("w", {4, 3, 1, 1});
         addSparse(graph, "b", {huge});
         node(graph, "Conv", {"x", "w", "b"}, "c");
         addBatchNorm(graph, "c", 4);
     }},
    {"the C of a Gemm",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 3});
         *graph.add_initializer() = floatTensor("w", {3, 4});
         addSparse(graph, "b", {huge / 4, 4});
         node(graph, "Gemm", {"x", "w", "b"}, "c");
         addBatchNorm(graph, "c", 4);
     }},
    {"a column as the C of a Gemm",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 3});
         *graph.add_initializer() = floatTensor("w", {3, 4096});
         addSparse(graph, "b", {1 << 20, 1});
         node(graph, "Gemm", {"x", "w", "b"}, "c");
         addBatchNorm(graph, "c", 4096);
     }},
    {"a weight behind a Transpose that is read twice",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 4096});
         addSparse(graph, "w", {4096, huge / 4096});
         setAttribute(node(graph, "Transpose", {"w"}, "t"), "perm", {1, 0});
         *graph.add_initializer() = floatTensor("half", {1});
         addInput(&graph, "x2", {1, huge / 4096});
         node(graph, "MatMul", {"x2", "t"}, "c");
         node(graph, "Mul", {"c", "half"}, "y");
         node(graph, "MatMul", {"x2", "t"}, "z");
         addOutput(&graph, "z");
     }},
    {"scales and zero points",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, 3, 4, 4});
         addSparse(graph, "q", {huge, 3, 1, 1}, onnx::TensorProto::INT8);
         addSparse(graph, "scales", {huge});
         addSparse(graph, "zeros", {huge}, onnx::TensorProto::INT8);
         node(graph, "DequantizeLinear", {"q", "scales", "zeros"}, "w");
         node(graph, "Conv", {"x", "w"}, "c");
         addBatchNorm(graph, "c", 4);
     }},
    {"integers of a weight",
     [](onnx::GraphProto& graph) {
         addInput(&graph, "x", {1, huge / 4, 1, 1});
         addSparse(graph, "q", {4, huge / 4, 1, 1}, onnx::TensorProto::INT8);
         *graph.add_initializer() = floatTensor("step", {1});
         node(graph, "DequantizeLinear", {"q", "step"}, "w");
         node(graph, "Conv", {"x", "w"}, "c");
         addBatchNorm(graph, "c", 4);
     }},
};

} // namespace

class TestSizes : public QObject {
    Q_OBJECT

private slots:
    void refusesWhatNoMemoryHolds_data();
    void refusesWhatNoMemoryHolds();
    void readsNoConstantThatNothingFolds();
    void measuresTheStructureBeforeItIsRead_data();
    void measuresTheStructureBeforeItIsRead();
};

void TestSizes::refusesWhatNoMemoryHolds_data()
{
    QTest::addColumn<int>("which");
    for (int c = 0; c < std::ssize(cases); ++c)
        QTest::newRow(cases[c].name) << c;
}

void TestSizes::refusesWhatNoMemoryHolds()
{
    QFETCH(int, which);
    const Folder folder;
    folder.write("sparse.data", "");
    std::error_code error;
    std::filesystem::resize_file(folder.path("sparse.data"), static_cast<std::uintmax_t>(huge) * 4, error);
    if (error) {
        QVERIFY2(!qEnvironmentVariableIsSet("CI"), "CI needs files of this size in its temporary folder");
        QSKIP("the file system of the temporary folder has no files of this size");
    }
    onnx::ModelProto model = emptyModel();
    cases[which].build(*model.mutable_graph());
    addOutput(model.mutable_graph(), "y");
    // The data file is the one of all tensors, whatever they need of it.
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
            auto* length = tensor.add_external_data();
            length->set_key("length");
            std::uint64_t bytes = tensor.data_type() == onnx::TensorProto::FLOAT ? 4 : 1;
            for (const std::int64_t dim : tensor.dims())
                bytes *= static_cast<std::uint64_t>(dim);
            length->set_value(std::to_string(bytes));
        }
    }
    auto opened = open(folder.write("m.onnx", model));
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    const std::uint64_t before = peak();
    const auto view = GraphView::of(std::move(opened->model));
    NoProgress quiet;
    const FoldOptions options{.constantsToo = true, .quantizedToo = true};
    const auto found = findFolds(view, options, quiet, {});
    if (found) {
        for (const FoldCandidate& candidate : *found)
            QVERIFY2(!candidate.foldable, candidate.id.c_str());
    } else {
        QVERIFY(!found.error().message.empty());
    }
    QVERIFY2(peak() - before < (64u << 20), std::to_string(peak() - before).c_str());
}

// One number for each element, all different: seen within the first block.
void TestSizes::readsNoConstantThatNothingFolds()
{
    const Folder folder;
    onnx::ModelProto model = emptyModel();
    auto& graph = *model.mutable_graph();
    addInput(&graph, "x", {1, 2, 8192, 8192});
    addSparse(graph, "big", {1, 2, 8192, 8192});
    node(graph, "Add", {"x", "big"}, "y");
    addOutput(&graph, "y");
    const std::vector<float> numbers{1, 2, 3, 4, 5};
    folder.write("sparse.data", std::string(reinterpret_cast<const char*>(numbers.data()), 20));
    std::filesystem::resize_file(folder.path("sparse.data"), 512u << 20);
    auto opened = open(folder.write("m.onnx", model));
    QVERIFY(opened);
    const std::uint64_t before = peak();
    NoProgress quiet;
    const auto found = findFolds(GraphView::of(std::move(opened->model)), {.constantsToo = true}, quiet, {});
    QVERIFY(found);
    QVERIFY2(peak() - before < (32u << 20), std::to_string(peak() - before).c_str());
}

void TestSizes::measuresTheStructureBeforeItIsRead_data()
{
    QTest::addColumn<std::string>("path"); // numbers of the fields around it, outermost first
    QTest::newRow("a doc_string of the model") << std::string("\x06");
    QTest::newRow("a name of the graph") << std::string("\x07\x02");
    QTest::newRow("a doc_string of a node") << std::string("\x07\x01\x06");
    QTest::newRow("the name of a tensor") << std::string("\x07\x05\x08");
    QTest::newRow("the packed dims of a tensor") << std::string("\x07\x05\x01");
    QTest::newRow("the integers of a tensor") << std::string("\x07\x05\x07");
    QTest::newRow("a place of external data") << std::string("\x07\x05\x0d\x02");
    QTest::newRow("a string attribute") << std::string("\x07\x01\x05\x04");
    QTest::newRow("a doc_string of a function") << std::string("\x19\x08");
    QTest::newRow("an unknown field") << std::string("\x63");
}

void TestSizes::measuresTheStructureBeforeItIsRead()
{
    QFETCH(std::string, path);
    constexpr std::uint64_t length = std::uint64_t{200} << 30;
    const auto varint = [](std::uint64_t value) {
        std::string text;
        for (; value >= 0x80; value >>= 7)
            text += static_cast<char>(value | 0x80);
        return text + static_cast<char>(value);
    };
    std::string start;
    std::uint64_t around = length;
    for (auto field = path.rbegin(); field != path.rend(); ++field) {
        start = varint(static_cast<std::uint64_t>(*field) << 3 | 2) + varint(around) + start;
        around = length + start.size();
    }
    const Folder folder;
    const auto file = folder.write("m.onnx", start);
    std::error_code error;
    std::filesystem::resize_file(file, around, error);
    if (error) {
        QVERIFY2(!qEnvironmentVariableIsSet("CI"), "CI needs files of this size in its temporary folder");
        QSKIP("the file system of the temporary folder has no files of this size");
    }
    const std::uint64_t before = peak();
    const auto opened = open(file);
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::Unreadable);
    QVERIFY2(opened.error().message.find("has 214,748,364,8") != std::string::npos,
             opened.error().message.c_str());
    QVERIFY2(peak() - before < (16u << 20), std::to_string(peak() - before).c_str());
}

QTEST_GUILESS_MAIN(TestSizes)
#include "test_sizes.moc"
