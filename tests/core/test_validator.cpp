// SPDX-License-Identifier: GPL-3.0-or-later
// What the validator lets pass, what it accepts with a notice, and what it refuses.
#include "support/SmallModels.h"

#include <QtTest>
#include <functional>

using namespace pleat;
using namespace pleat::test;

namespace {

using Change = std::function<void(onnx::ModelProto&)>;

onnx::FunctionProto* addFunction(onnx::ModelProto& model, const std::string& name, const std::string& calls)
{
    auto* function = model.add_functions();
    function->set_domain("local");
    function->set_name(name);
    function->add_input("a");
    function->add_output("b");
    onnx::GraphProto nodes;
    auto* node = addNode(&nodes, calls, {"a"}, {"b"});
    if (calls != "Relu")
        node->set_domain("local");
    *function->add_node() = *node;
    return function;
}

onnx::TensorProto* weight(onnx::ModelProto& model)
{
    return model.mutable_graph()->mutable_initializer(0);
}

// Two stored values, "sparse", with indices of 0.
void addSparse(onnx::ModelProto& model, const std::vector<std::int64_t>& dims,
               onnx::TensorProto::DataType indexType, const std::vector<std::int64_t>& indexDims)
{
    onnx::SparseTensorProto& tensor = *model.mutable_graph()->add_sparse_initializer();
    *tensor.mutable_values() = floatTensor("sparse", {2});
    tensor.mutable_indices()->set_data_type(indexType);
    std::int64_t bytes = indexType == onnx::TensorProto::INT64 ? 8 : 4;
    for (const std::int64_t dim : indexDims) {
        tensor.mutable_indices()->add_dims(dim);
        bytes *= dim;
    }
    tensor.mutable_indices()->set_raw_data(std::string(static_cast<std::size_t>(bytes), '\0'));
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
}

} // namespace

Q_DECLARE_METATYPE(Change)

class TestValidator : public QObject {
    Q_OBJECT

private slots:
    void accepts_data();
    void accepts();
    void refuses_data();
    void refuses();
    void noticesNodesOutOfOrder();
    void isLinear();
};

void TestValidator::accepts_data()
{
    QTest::addColumn<Change>("change");
    const auto row = [](const char* name, Change change) { QTest::newRow(name) << change; };
    row("a graph of no nodes", [](auto& m) { m = emptyModel(); });
    row("a graph whose output is its input", [](auto& m) {
        m = emptyModel();
        addInput(m.mutable_graph(), "x");
        addOutput(m.mutable_graph(), "x");
    });
    row("a capture", [](auto& m) { m = branchedModel(); });
    row("an initializer that is an input too", [](auto& m) {
        addInput(m.mutable_graph(), "w", {32, 16, 3, 3});
    });
    row("absent optional inputs and outputs", [](auto& m) {
        auto* graph = m.mutable_graph();
        addNode(graph, "Clip", {"y", "", "b"}, {"clipped"});
        addNode(graph, "Dropout", {"clipped"}, {"dropped", ""});
        addNode(graph, "Dropout", {"clipped"}, {"dropped2", ""});
    });
    row("an inner name that hides an outer one", [](auto& m) {
        m = branchedModel();
        m.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_node(0)->set_output(
            0, "w");
        m.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_node(1)->set_input(
            1, "w");
    });
    row("a body that gives an outer value", [](auto& m) {
        m = branchedModel();
        m.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_output(0)->set_name(
            "c");
    });
    row("functions that call others", [](auto& m) {
        addFunction(m, "f", "g");
        addFunction(m, "g", "h");
        addFunction(m, "h", "Relu");
        addFunction(m, "i", "g");
    });
    row("overloads of one function", [](auto& m) {
        for (const char* overload : {"one", "two"})
            addFunction(m, "f", "Relu")->mutable_unknown_fields()->AddLengthDelimited(13, overload);
    });
    row("an empty tensor", [](auto& m) {
        auto* tensor = m.mutable_graph()->add_initializer();
        tensor->set_name("none");
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        tensor->add_dims(std::int64_t{1} << 60);
        tensor->add_dims(0);
        tensor->add_dims(std::int64_t{1} << 60);
    });
    row("strings", [](auto& m) {
        auto* tensor = m.mutable_graph()->add_initializer();
        tensor->set_name("words");
        tensor->set_data_type(onnx::TensorProto::STRING);
        tensor->add_dims(2);
        tensor->add_string_data("one");
        tensor->add_string_data("");
    });
    row("an element type of the future", [](auto& m) { weight(m)->set_data_type(99); });
    row("packed 4-bit integers", [](auto& m) {
        auto* tensor = m.mutable_graph()->add_initializer();
        tensor->set_name("nibbles");
        tensor->set_data_type(22);
        tensor->add_dims(3);
        tensor->set_raw_data("ab");
    });
    row("complex numbers", [](auto& m) {
        auto* tensor = m.mutable_graph()->add_initializer();
        tensor->set_name("z");
        tensor->set_data_type(onnx::TensorProto::COMPLEX64);
        tensor->add_dims(1);
        tensor->add_float_data(1);
        tensor->add_float_data(2);
    });
}

void TestValidator::accepts()
{
    QFETCH(Change, change);
    auto model = convModel();
    change(model);
    const auto opened = open(model);
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QVERIFY(opened->notices.empty());
}

void TestValidator::refuses_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, Change change, const char* where, const char* said) {
        QTest::newRow(name) << change << QString(where) << QString(said);
    };
    row(
        "too few bytes", [](auto& m) { weight(m)->mutable_raw_data()->resize(18000); }, "w",
        "tensor \"w\" of type float and shape [32, 16, 3, 3] needs 18,432 bytes, but has 18,000");
    row(
        "too many bytes", [](auto& m) { weight(m)->mutable_raw_data()->resize(20000); }, "w",
        "but has 20,000");
    row(
        "no bytes", [](auto& m) { weight(m)->clear_raw_data(); }, "w", "but has 0");
    row(
        "few bytes, small tensor",
        [](auto& m) { m.mutable_graph()->mutable_initializer(1)->mutable_raw_data()->resize(127); }, "b",
        "needs 128 bytes, but has 127");
    row(
        "negative dimension", [](auto& m) { weight(m)->set_dims(1, -16); }, "w", "negative dimension");
    row(
        "overflow", [](auto& m) { weight(m)->set_dims(1, std::int64_t{1} << 61); }, "w", "more elements");
    row(
        "overflow to the right number",
        [](auto& m) {
            weight(m)->add_dims(std::int64_t{1} << 32);
            weight(m)->add_dims((std::int64_t{1} << 32) + 1);
        },
        "w", "more elements");
    row(
        "rank",
        [](auto& m) {
            for (int at = 0; at < 100; ++at)
                weight(m)->add_dims(1);
        },
        "w", "104 dimensions");
    row(
        "no type", [](auto& m) { weight(m)->clear_data_type(); }, "w", "no element type");
    row(
        "two kinds of data", [](auto& m) { weight(m)->add_float_data(1); }, "w", "more than one way");
    row(
        "data of another type",
        [](auto& m) {
            weight(m)->clear_raw_data();
            weight(m)->mutable_int64_data()->Resize(4608, 1);
        },
        "w", "field that is for another type");
    row(
        "too few typed values",
        [](auto& m) { m.mutable_graph()->mutable_initializer(2)->mutable_int64_data()->RemoveLast(); }, "s",
        "needs 2 values, but has 1");
    row(
        "strings in raw bytes", [](auto& m) { weight(m)->set_data_type(onnx::TensorProto::STRING); }, "w",
        "strings");
    row(
        "bad tensor in a body",
        [](auto& m) {
            m = branchedModel();
            m.mutable_graph()
                ->mutable_node(1)
                ->mutable_attribute(0)
                ->mutable_g()
                ->mutable_node(0)
                ->mutable_attribute(0)
                ->mutable_t()
                ->set_dims(0, 2);
        },
        "", "needs 9,216 bytes");
    row(
        "bad sparse values",
        [](auto& m) {
            auto* values = m.mutable_graph()->add_sparse_initializer()->mutable_values();
            *values = floatTensor("sparse", {3});
            values->set_dims(0, 4);
        },
        "sparse", "needs 16 bytes, but has 12");
    row(
        "sparse, negative size",
        [](auto& m) {
            addSparse(m, {3, -1}, onnx::TensorProto::INT64, {2});
        },
        "sparse", "has a negative dimension: [3, -1]");
    row(
        "sparse, too large",
        [](auto& m) {
            addSparse(m, {1LL << 40, 1LL << 40}, onnx::TensorProto::INT64, {2});
        },
        "sparse", "claims more elements than any file can hold");
    row(
        "sparse, too much to look at",
        [](auto& m) {
            addSparse(m, {1LL << 20, 1LL << 20}, onnx::TensorProto::INT64, {2});
        },
        "sparse", "has 1,099,511,627,776 elements; at most 68,719,476,736 can be looked at.");
    row(
        "sparse, more than there is room for",
        [](auto& m) { addSparse(m, {1}, onnx::TensorProto::INT64, {2}); }, "sparse",
        "stores 2 values for 1 element.");
    row(
        "sparse indices of another shape",
        [](auto& m) {
            addSparse(m, {3, 4}, onnx::TensorProto::INT64, {2, 3});
        },
        "sparse", "has int64 indices of shape [2, 3]; ONNX wants int64 [2] or [2, 2].");
    row(
        "sparse indices of another type",
        [](auto& m) {
            addSparse(m, {3, 4}, onnx::TensorProto::INT32, {2});
        },
        "sparse", "has int32 indices");
    row(
        "unknown name", [](auto& m) { m.mutable_graph()->mutable_node(1)->set_input(0, "nobody"); }, "nobody",
        "reads \"nobody\", which nothing in the model defines");
    row(
        "unknown name in a body",
        [](auto& m) {
            m = branchedModel();
            m.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_node(1)->set_input(
                0, "nobody");
        },
        "nobody", "reads \"nobody\"");
    row(
        "a body's name, outside",
        [](auto& m) {
            m = branchedModel();
            addNode(m.mutable_graph(), "Relu", {"k2"}, {"z"});
        },
        "k2", "reads \"k2\"");
    row(
        "unknown output", [](auto& m) { addOutput(m.mutable_graph(), "nobody"); }, "nobody", "output list");
    row(
        "two makers", [](auto& m) { addNode(m.mutable_graph(), "Relu", {"x"}, {"c"}, "again"); }, "c",
        "defined twice; the second time by node \"again\"");
    row(
        "a maker of an input", [](auto& m) { addNode(m.mutable_graph(), "Relu", {"c"}, {"x"}); }, "x",
        "defined twice");
    row(
        "a maker of an initializer", [](auto& m) { addNode(m.mutable_graph(), "Relu", {"c"}, {"w"}); }, "w",
        "defined twice");
    row(
        "two initializers", [](auto& m) { *m.mutable_graph()->add_initializer() = m.graph().initializer(1); },
        "b", "initializer \"b\" is there twice");
    row(
        "two inputs", [](auto& m) { addInput(m.mutable_graph(), "x"); }, "x", "input \"x\" is there twice");
    row(
        "a nameless initializer", [](auto& m) { weight(m)->clear_name(); }, "", "without a name");
    row(
        "a cycle", [](auto& m) { m.mutable_graph()->mutable_node(0)->set_input(0, "r"); }, "conv", "cycle");
    row(
        "a node that reads itself", [](auto& m) { m.mutable_graph()->mutable_node(0)->set_input(0, "c"); },
        "conv", "cycle");
    row(
        "a cycle through a body",
        [](auto& m) {
            m = branchedModel();
            m.mutable_graph()->mutable_node(1)->mutable_attribute(0)->mutable_g()->mutable_node(1)->set_input(
                0, "y");
        },
        "choice", "cycle");
    row(
        "a function that calls itself", [](auto& m) { addFunction(m, "f", "f"); }, "f", "calls itself");
    row(
        "functions that call each other",
        [](auto& m) {
            addFunction(m, "f", "g");
            addFunction(m, "g", "h");
            addFunction(m, "h", "g");
        },
        "g", "calls itself");
    row(
        "two functions of one name",
        [](auto& m) {
            addFunction(m, "f", "Relu");
            addFunction(m, "f", "Relu");
        },
        "f", "function \"f\" is there twice");
    row(
        "unknown name in a function",
        [](auto& m) { addFunction(m, "f", "Relu")->mutable_node(0)->set_input(0, "x"); }, "x", "reads \"x\"");
}

void TestValidator::refuses()
{
    QFETCH(Change, change);
    QFETCH(QString, where);
    QFETCH(QString, said);
    auto model = convModel();
    change(model);
    const auto opened = open(model);
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::Unreadable);
    QVERIFY2(QString::fromStdString(opened.error().message).contains(said), opened.error().message.c_str());
    QCOMPARE(QString::fromStdString(opened.error().where), where);
}

void TestValidator::noticesNodesOutOfOrder()
{
    auto model = convModel();
    model.mutable_graph()->mutable_node()->SwapElements(0, 1);
    const auto opened = open(model);
    QVERIFY(opened);
    QCOMPARE(opened->notices.size(), 1u);
    QVERIFY(opened->notices[0].find("order") != std::string::npos);
}

void TestValidator::isLinear()
{
    // 200,000 nodes in a chain, last one first: the worst for anything that goes by the order of the file.
    auto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, "v0");
    constexpr int count = 200'000;
    for (int at = count; at > 0; --at)
        addNode(graph, "Relu", {"v" + std::to_string(at - 1)}, {"v" + std::to_string(at)});
    addOutput(graph, "v" + std::to_string(count));
    QElapsedTimer timer;
    timer.start();
    QVERIFY(open(model));
    QVERIFY2(timer.elapsed() < 20'000,
             qPrintable(QString::number(timer.elapsed()))); // 0.5 s; quadratic: minutes
}

QTEST_APPLESS_MAIN(TestValidator)
#include "test_validator.moc"
