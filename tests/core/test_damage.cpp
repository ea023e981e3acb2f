// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are no models, or damaged ones: a clear sentence for each, and never a crash (run it under
// AddressSanitizer).
#include "core/model/Assemble.h"
#include "core/model/ModelWriter.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <random>

using namespace pleat;
using namespace pleat::test;

namespace {

// Whatever came out of a damaged file must be fit for use: its tensors can be read, and it can be put
// together.
bool isUsable(const OpenedModel& opened)
{
    for (const Initializer& initializer : opened.model.graph->initializers) {
        const TensorView view = tensorView(initializer.tensor);
        if (!view.payload().isExternal() && isFoldable(view.type()) && !view.doubles())
            return false;
    }
    return assemble(opened.model, LeftOut::OneByte).has_value();
}

bool isSentence(const Error& error)
{
    return error.code == ErrorCode::Unreadable && error.message.size() > 20 && error.message.ends_with('.');
}

std::string smallModel()
{
    auto model = branchedModel();
    auto* function = model.add_functions();
    function->set_name("f");
    function->set_domain("local");
    function->add_input("a");
    function->add_output("b");
    onnx::GraphProto nodes;
    *function->add_node() = *addNode(&nodes, "Relu", {"a"}, {"b"});
    auto* sparse = model.mutable_graph()->add_sparse_initializer();
    *sparse->mutable_values() = floatTensor("s", {3});
    sparse->mutable_indices()->set_data_type(onnx::TensorProto::INT64);
    sparse->mutable_indices()->add_dims(3);
    for (int at = 0; at < 3; ++at)
        sparse->mutable_indices()->add_int64_data(at);
    sparse->add_dims(9);
    auto* external = model.mutable_graph()->add_initializer();
    external->set_name("external");
    external->set_data_type(onnx::TensorProto::FLOAT);
    external->add_dims(3);
    external->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = external->add_external_data();
    entry->set_key("location");
    entry->set_value("w.bin");
    return model.SerializeAsString();
}

// A model of few bytes, so that every one of them can be tried.
std::string tinyModel()
{
    onnx::ModelProto model;
    model.ParseFromString(smallModel());
    const auto shrink = [](onnx::TensorProto* tensor) {
        const std::string name = tensor->name();
        *tensor = floatTensor(name, {2});
    };
    auto* graph = model.mutable_graph();
    shrink(graph->mutable_initializer(1));
    auto* choice = graph->mutable_node(1);
    shrink(choice->mutable_attribute(0)->mutable_g()->mutable_node(0)->mutable_attribute(0)->mutable_t());
    shrink(choice->mutable_attribute(1)->mutable_g()->mutable_initializer(0));
    return model.SerializeAsString();
}

QByteArray hex(const char* text)
{
    return QByteArray::fromHex(text);
}

} // namespace

class TestDamage : public QObject {
    Q_OBJECT

private slots:
    void saysWhatIsWrong_data();
    void saysWhatIsWrong();
    void saysWhatIsWrongWithThePath();
    void survivesTruncationAtEveryByte_data() { both(); }
    void survivesTruncationAtEveryByte();
    void survivesAnyByteChanged();
    void survivesRandomDamage_data() { both(); }
    void survivesRandomDamage();
    void refusesBodiesThatNestTooDeep();
    void cannotBeMadeToAllocate();

private:
    static void both()
    {
        QTest::addColumn<std::string>("model");
        QTest::newRow("tiny") << tinyModel();
        QTest::newRow("with large tensors") << smallModel();
    }
};

void TestDamage::saysWhatIsWrong_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("said");
    const auto row = [](const char* name, const QByteArray& file, const char* said) {
        QTest::newRow(name) << file << QString(said);
    };
    const QByteArray whole = QByteArray::fromStdString(convModel().SerializeAsString());
    auto noGraph = convModel();
    noGraph.clear_graph();
    row("empty", "", "there is no graph in it; the file is empty");
    row("only a header", QByteArray::fromStdString(noGraph.SerializeAsString()), "there is no graph in it");
    row("text", "Once upon a time there was a model.\n", "not an ONNX model, or a damaged one");
    row("a PNG", hex("89504e470d0a1a0a0000000d49484452"), "not an ONNX model, or a damaged one");
    row("a zip (PyTorch)", hex("504b0304000008080000000000000000"), "not an ONNX model, or a damaged one");
    row("zeros", QByteArray(100, '\0'), "there is no field 0");
    row("Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n", "git lfs pull");
    row("truncated", whole.left(whole.size() - 100), "claims");
    row("truncated in a number", hex("0880"), "past the end");
    row("a number of eleven digits", hex("08ffffffffffffffffffff01"), "too many digits");
    row("a number of 70 bits", hex("08ffffffffffffffffff7f"), "too many digits");
    row("the end of a group", hex("7c"), "not in use");
    row("a kind without a meaning", hex("7e"), "not in use");
    row("an open group", hex("7b"), "past the end");
    row("a group that ends another one", hex("7b84017c"), "did not begin");
    row("too many groups in each other", QByteArray(65, '\x7b') + QByteArray(65, '\x7c'),
        "more than 64 deep");
    row("only a group", hex("7b08017c"), "there is no graph in it");
    row("a huge length", hex("3affffffffffffffff7f"), "claims 9,223,372,036,854,775,807 bytes");
    row("a length of 64 bits", hex("3affffffffffffffffff01"), "claims");
    row("a second graph", whole + QByteArray::fromStdString(convModel().SerializeAsString()),
        "a second graph");
    row("a graph that is no message", hex("3a03ffffff"), "past the end");
    row("a name that is no string", hex("3a020880"), "past the end");
}

void TestDamage::saysWhatIsWrong()
{
    QFETCH(QByteArray, file);
    QFETCH(QString, said);
    const Folder folder;
    const auto path = folder.write("m.onnx", file.toStdString());
    const auto opened = open(path);
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::Unreadable);
    const QString message = QString::fromStdString(opened.error().message);
    QVERIFY2(message.contains(said), qPrintable(message));
    QVERIFY2(message.contains("m.onnx"), qPrintable(message));
    QVERIFY(isSentence(opened.error()));
}

void TestDamage::saysWhatIsWrongWithThePath()
{
    const Folder folder;
    for (const auto& path :
         {folder.path("absent.onnx"), folder.path({}), std::filesystem::path("/dev/null")}) {
        const auto opened = open(path);
        QVERIFY(!opened);
        QVERIFY(isSentence(opened.error()));
    }
}

void TestDamage::survivesTruncationAtEveryByte()
{
    QFETCH(std::string, model);
    std::size_t opened = 0;
    for (std::size_t length = 0;
         length<model.size(); length += model.size()> 20000 && length > 4000 ? 97 : 1) {
        const auto result = openModel(bytes(model.substr(0, length)), "m.onnx");
        QVERIFY2(result ? isUsable(*result) : isSentence(result.error()),
                 qPrintable(QString::number(length)));
        opened += result.has_value();
    }
    QVERIFY2(opened < 100, qPrintable(QString::number(opened))); // the graph is most of it and comes late
    QVERIFY(openModel(bytes(model), "m.onnx"));
}

void TestDamage::survivesAnyByteChanged()
{
    const std::string whole = tinyModel();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int change : {0x01, 0x04, 0x08, 0x80, 0xff}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ change);
            const auto result = openModel(bytes(damaged), "m.onnx");
            QVERIFY(result ? isUsable(*result) : isSentence(result.error()));
        }
    }
}

void TestDamage::survivesRandomDamage()
{
    QFETCH(std::string, model);
    std::mt19937 random(20240229);
    const auto below = [&](std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
    };
    for (int round = 0; round < 3000; ++round) {
        std::string damaged = model;
        for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
            const std::size_t at = below(std::min<std::size_t>(damaged.size(), 2000));
            const std::size_t length = std::min(damaged.size() - at, 1 + below(24));
            switch (below(3)) {
            case 0:
                damaged[at] = static_cast<char>(below(256));
                break;
            case 1:
                damaged.erase(at, length);
                break;
            default:
                damaged.insert(below(damaged.size()), damaged.substr(at, length));
                break;
            }
        }
        const auto result = openModel(bytes(damaged), "m.onnx");
        QVERIFY(result ? isUsable(*result) : isSentence(result.error()));
    }
}

void TestDamage::refusesBodiesThatNestTooDeep()
{
    const auto nested = [](int depth) {
        onnx::GraphProto graph;
        graph.set_name("innermost");
        for (int level = 0; level < depth; ++level) {
            onnx::GraphProto outer;
            outer.set_name("g");
            auto* attribute = addNode(&outer, "If", {"c"}, {})->add_attribute();
            attribute->set_name("then_branch");
            attribute->mutable_g()->Swap(&graph);
            graph.Swap(&outer);
        }
        auto model = emptyModel();
        model.mutable_graph()->Swap(&graph);
        addInput(model.mutable_graph(), "c");
        return model;
    };
    QVERIFY(open(nested(33)));
    for (const int depth : {34, 3000}) {
        const auto opened = open(nested(depth));
        QVERIFY(!opened);
        QVERIFY(isSentence(opened.error()));
        QVERIFY(opened.error().message.find("33 deep") != std::string::npos);
    }
}

void TestDamage::cannotBeMadeToAllocate()
{
    auto model = emptyModel();
    auto* tensor = model.mutable_graph()->add_initializer();
    tensor->set_name("t");
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->add_dims(std::int64_t{1} << 40);
    QVERIFY(!open(model));
    tensor->add_dims(std::int64_t{1} << 40); // overflows
    QVERIFY(!open(model));
    tensor->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = tensor->add_external_data();
    entry->set_key("location");
    entry->set_value("absent");
    QVERIFY(!open(model));
    tensor->mutable_dims()->RemoveLast();
    const auto opened = open(model);
    QVERIFY(opened);
    const auto read = tensorView(opened->model.graph->initializers.at(0).tensor).doubles();
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::MissingData);
}

QTEST_APPLESS_MAIN(TestDamage)
#include "test_damage.moc"
