// SPDX-License-Identifier: GPL-3.0-or-later
// Opening: the structure comes in whole, the weights stay where they are. ONNX's own classes are the truth.
#include "core/model/Assemble.h"
#include "core/model/DataFiles.h"
#include "core/model/TensorWalk.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <cstring>

using namespace pleat;
using namespace pleat::test;

namespace {

std::string bytesOf(const TensorView& tensor)
{
    std::string text(static_cast<std::size_t>(tensor.payload().size()), '?');
    const auto got = readWhole(tensor, std::as_writable_bytes(std::span(text.data(), text.size())));
    return got ? text : got.error().message;
}

// The message of the structure and the one that was saved say the same once the bytes are back.
bool sameModel(const Model& model, const onnx::ModelProto& truth)
{
    const auto whole = assemble(model, LeftOut::Whole);
    return whole && whole->SerializeAsString() == truth.SerializeAsString();
}

const TensorMessage& initializer(const Model& model, std::size_t index)
{
    return model.graph->initializers.at(index).tensor;
}

bool isInFile(const Payload* payload)
{
    return payload && std::holds_alternative<FileRange>(payload->content);
}

bool isInFile(const TensorMessage& tensor)
{
    return isInFile(tensor.payload());
}

} // namespace

class TestReader : public QObject {
    Q_OBJECT

private slots:
    void leavesLargeWeightsInTheFile();
    void keepsSmallTensorsAndShapes_data();
    void keepsSmallTensorsAndShapes();
    void leavesOutPackedFloatsAndDoubles();
    void keepsDataThatIsInPieces();
    void turnsTypedDataIntoStoredBytes_data();
    void turnsTypedDataIntoStoredBytes();
    void takesBodiesOut();
    void readsFunctions();
    void leavesOutSparseInitializers();
    void numbersInTheOrderOfTheFile();
    void keepsWhatIsSharedApart();
    void packsOnlyWhatIsWhole();
    void keepsUnknownFields();
    void acceptsFieldsInAnyOrder();
    void noFileCanForgeAReference();
    void readsTheSampleAsProtobufDoes();
    void tellsVersionsAndProducer();
    void reportsProgressAndStops();
};

void TestReader::leavesLargeWeightsInTheFile()
{
    const auto truth = convModel();
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", truth));
    QVERIFY(opened);
    const Model& model = opened->model;
    QVERIFY(opened->notices.empty());
    QVERIFY(isInFile(initializer(model, 0)));
    QVERIFY(initializer(model, 0).message()->ByteSizeLong() < 100);
    const TensorView weight = tensorView(initializer(model, 0));
    QCOMPARE(weight.name(), std::string("w"));
    QCOMPARE(weight.type(), DataType::Float);
    QCOMPARE(weight.dims(), (std::vector<std::int64_t>{32, 16, 3, 3}));
    QCOMPARE(weight.elements(), 4608u);
    QVERIFY(bytesOf(weight) == truth.graph().initializer(0).raw_data());
    std::vector<double> some(3);
    QVERIFY(weight.readDoubles(1000, some));
    QCOMPARE(some[2], static_cast<double>(0.5f + 0.001f * 1002.0f));
    QVERIFY(!weight.readDoubles(4606, some)); // one past the end
    QVERIFY(sameModel(model, truth));
    QVERIFY(!model.edited);
}

void TestReader::keepsSmallTensorsAndShapes_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<int>("bytes");
    QTest::addColumn<bool>("stays");
    QTest::newRow("float below 4 KiB") << int(onnx::TensorProto::FLOAT) << 4092 << true;
    QTest::newRow("float of 4 KiB") << int(onnx::TensorProto::FLOAT) << 4096 << false;
    QTest::newRow("float16 of 4 KiB") << int(onnx::TensorProto::FLOAT16) << 4096 << false;
    QTest::newRow("int64 of 64 KiB") << int(onnx::TensorProto::INT64) << 65536 << true;
    QTest::newRow("int64 above 64 KiB") << int(onnx::TensorProto::INT64) << 65544 << false;
    QTest::newRow("int8 of 64 KiB") << int(onnx::TensorProto::INT8) << 65536 << true;
    QTest::newRow("a type of the future") << 99 << 5000 << false;
}

void TestReader::keepsSmallTensorsAndShapes()
{
    QFETCH(int, type);
    QFETCH(int, bytes);
    QFETCH(bool, stays);
    auto truth = emptyModel();
    auto* tensor = truth.mutable_graph()->add_initializer();
    tensor->set_name("t");
    tensor->set_data_type(type);
    const int width = std::max(1, elementBits(static_cast<DataType>(type)) / 8);
    tensor->add_dims(bytes / width);
    tensor->set_raw_data(std::string(static_cast<std::size_t>(bytes), '\7'));
    const auto opened = open(truth);
    QVERIFY(opened);
    QCOMPARE(!initializer(opened->model, 0).payload(), stays);
    QVERIFY(bytesOf(tensorView(initializer(opened->model, 0))) == tensor->raw_data());
    QVERIFY(sameModel(opened->model, truth));
}

void TestReader::leavesOutPackedFloatsAndDoubles()
{
    auto truth = emptyModel();
    auto* floats = truth.mutable_graph()->add_initializer();
    floats->set_name("f");
    floats->set_data_type(onnx::TensorProto::FLOAT);
    floats->add_dims(2000);
    auto* doubles = truth.mutable_graph()->add_initializer();
    doubles->set_name("d");
    doubles->set_data_type(onnx::TensorProto::DOUBLE);
    doubles->add_dims(2000);
    for (int at = 0; at < 2000; ++at) {
        floats->add_float_data(0.25f * static_cast<float>(at));
        doubles->add_double_data(0.1 * at);
    }
    const auto opened = open(truth);
    QVERIFY(opened);
    for (const std::size_t at : {std::size_t{0}, std::size_t{1}}) {
        QVERIFY(isInFile(initializer(opened->model, at)));
        QVERIFY(initializer(opened->model, at).message()->ByteSizeLong() < 100);
        const auto values = tensorView(initializer(opened->model, at)).doubles();
        QVERIFY(values);
        QCOMPARE((*values)[1999], at == 0 ? 499.75 : 0.1 * 1999);
    }
}

void TestReader::keepsDataThatIsInPieces()
{
    // protobuf joins the pieces of a packed field; a range cannot.
    onnx::TensorProto piece;
    for (int at = 0; at < 1500; ++at)
        piece.add_float_data(static_cast<float>(at));
    onnx::TensorProto rest;
    rest.set_name("t");
    rest.set_data_type(onnx::TensorProto::FLOAT);
    rest.add_dims(3000);
    auto truth = emptyModel();
    truth.mutable_graph()->add_initializer();
    std::string text = emptyModel().SerializeAsString();
    const std::string tensor =
        piece.SerializeAsString() + rest.SerializeAsString() + piece.SerializeAsString();
    onnx::GraphProto graph;
    graph.set_name("g");
    auto holder = emptyModel();
    holder.mutable_graph()->mutable_unknown_fields()->AddLengthDelimited(5, tensor);
    const auto opened = openModel(bytes(holder), "pieces.onnx");
    QVERIFY(opened);
    const auto values = tensorView(initializer(opened->model, 0)).doubles();
    QVERIFY(values);
    QCOMPARE(values->size(), 3000u);
    QCOMPARE((*values)[1499], 1499.0);
    QCOMPARE((*values)[1501], 1.0);
}

void TestReader::turnsTypedDataIntoStoredBytes_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("stored");
    QTest::newRow("float16") << int(onnx::TensorProto::FLOAT16) << QByteArray::fromHex("003c00c0ff7b");
    QTest::newRow("bfloat16") << int(onnx::TensorProto::BFLOAT16) << QByteArray::fromHex("003c00c0ff7b");
    QTest::newRow("int8") << int(onnx::TensorProto::INT8) << QByteArray::fromHex("01ff80");
    QTest::newRow("uint8") << int(onnx::TensorProto::UINT8) << QByteArray::fromHex("01ff80");
    QTest::newRow("int16") << int(onnx::TensorProto::INT16) << QByteArray::fromHex("0100ffff0080");
    QTest::newRow("int32") << int(onnx::TensorProto::INT32)
                           << QByteArray::fromHex("01000000ffffffff00000080");
    QTest::newRow("bool") << int(onnx::TensorProto::BOOL) << QByteArray::fromHex("010001");
    QTest::newRow("int64") << int(onnx::TensorProto::INT64)
                           << QByteArray::fromHex("0100000000000000ffffffffffffffff0000000000000080");
    QTest::newRow("uint64") << int(onnx::TensorProto::UINT64)
                            << QByteArray::fromHex("0100000000000000ffffffffffffffff0000000000000080");
    QTest::newRow("uint32") << int(onnx::TensorProto::UINT32)
                            << QByteArray::fromHex("01000000ffffffff00000080");
    QTest::newRow("double") << int(onnx::TensorProto::DOUBLE)
                            << QByteArray::fromHex("000000000000f03f000000000000f0bf0000000000000000");
    QTest::newRow("float") << int(onnx::TensorProto::FLOAT)
                           << QByteArray::fromHex("0000803f000080bf00000000");
}

void TestReader::turnsTypedDataIntoStoredBytes()
{
    QFETCH(int, type);
    QFETCH(QByteArray, stored);
    auto truth = emptyModel();
    auto* tensor = truth.mutable_graph()->add_initializer();
    tensor->set_name("t");
    tensor->set_data_type(type);
    tensor->add_dims(3);
    const auto each = [&](auto sample, auto add) {
        for (qsizetype at = 0; at < stored.size(); at += qsizetype(sizeof sample)) {
            std::memcpy(&sample, stored.constData() + at, sizeof sample);
            add(sample);
        }
    };
    const auto asInt32 = [&](auto sample) { tensor->add_int32_data(static_cast<std::int32_t>(sample)); };
    switch (type) {
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
        each(std::uint16_t{}, asInt32);
        break;
    case onnx::TensorProto::INT8:
        each(std::int8_t{}, asInt32);
        break;
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL:
        each(std::uint8_t{}, asInt32);
        break;
    case onnx::TensorProto::INT16:
        each(std::int16_t{}, asInt32);
        break;
    case onnx::TensorProto::INT32:
        each(std::int32_t{}, asInt32);
        break;
    case onnx::TensorProto::INT64:
        each(std::int64_t{}, [&](auto v) { tensor->add_int64_data(v); });
        break;
    case onnx::TensorProto::UINT64:
        each(std::uint64_t{}, [&](auto v) { tensor->add_uint64_data(v); });
        break;
    case onnx::TensorProto::UINT32:
        each(std::uint32_t{}, [&](auto v) { tensor->add_uint64_data(v); });
        break;
    case onnx::TensorProto::DOUBLE:
        each(double{}, [&](auto v) { tensor->add_double_data(v); });
        break;
    default:
        each(float{}, [&](auto v) { tensor->add_float_data(v); });
        break;
    }
    const auto opened = open(truth);
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    const std::string got = bytesOf(tensorView(initializer(opened->model, 0)));
    QCOMPARE(QByteArray::fromStdString(got).toHex(), stored.toHex());
}

void TestReader::takesBodiesOut()
{
    const auto truth = branchedModel();
    const auto opened = open(truth);
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    const Node& choice = opened->model.graph->nodes.at(1);
    QCOMPARE(choice.bodies().size(), 2u);
    QVERIFY(choice.proto->attribute(0).has_g());
    QCOMPARE(choice.proto->attribute(0).g().ByteSizeLong(), 0u);
    QCOMPARE(choice.bodies()[0].attribute, 0);
    QCOMPARE(choice.bodies()[0].position, -1);
    const Graph& then = *choice.bodies()[0].graph;
    QCOMPARE(then.header->name(), std::string("then"));
    QCOMPARE(then.nodes.size(), 2u);
    const auto& constant = then.nodes.at(0).proto->attribute(0).t();
    QVERIFY(isInFile(payloadOf(then.nodes.at(0).payloads(), constant)));
    QVERIFY(bytesOf(tensorView(then.nodes.at(0).payloads(), constant)) ==
            truth.graph().node(1).attribute(0).g().node(0).attribute(0).t().raw_data());
    const Graph& otherwise = *choice.bodies()[1].graph;
    QCOMPARE(otherwise.initializers.size(), 1u);
    QVERIFY(isInFile(otherwise.initializers.at(0).tensor));
    QVERIFY(sameModel(opened->model, truth));
}

void TestReader::readsFunctions()
{
    auto truth = convModel();
    auto* function = truth.add_functions();
    function->set_domain("local");
    function->set_name("Twice");
    function->add_input("a");
    function->add_output("b");
    onnx::GraphProto nodes;
    auto* constant = addNode(&nodes, "Constant", {}, {"k"});
    auto* value = constant->add_attribute();
    value->set_name("value");
    value->set_type(onnx::AttributeProto::TENSOR);
    *value->mutable_t() = floatTensor("", {2000});
    addNode(&nodes, "Mul", {"a", "k"}, {"b"});
    for (const auto& node : nodes.node())
        *function->add_node() = node;
    const auto opened = open(truth);
    QVERIFY(opened);
    QCOMPARE(opened->model.functions.size(), 1u);
    const Function& read = opened->model.functions[0];
    QCOMPARE(read.header->name(), std::string("Twice"));
    QCOMPARE(read.header->node_size(), 0);
    QCOMPARE(read.body->nodes.size(), 2u);
    const Node& first = read.body->nodes.at(0);
    QVERIFY(isInFile(payloadOf(first.payloads(), first.proto->attribute(0).t())));
    QVERIFY(sameModel(opened->model, truth));
}

void TestReader::leavesOutSparseInitializers()
{
    auto truth = emptyModel();
    auto* sparse = truth.mutable_graph()->add_sparse_initializer();
    *sparse->mutable_values() = floatTensor("s", {2000});
    auto* indices = sparse->mutable_indices();
    indices->set_data_type(onnx::TensorProto::INT64);
    indices->add_dims(2000);
    indices->set_raw_data(std::string(16000, '\0'));
    sparse->add_dims(5000);
    const auto opened = open(truth);
    QVERIFY(opened);
    QCOMPARE(opened->model.graph->header->sparse_initializer_size(), 1);
    const Graph& graph = *opened->model.graph;
    QVERIFY(isInFile(payloadOf(graph.payloads, graph.header->sparse_initializer(0).values())));
    QVERIFY(sameModel(opened->model, truth));
}

void TestReader::numbersInTheOrderOfTheFile()
{
    const auto opened = open(branchedModel());
    QVERIFY(opened);
    const Model& model = opened->model;
    QCOMPARE(index(model.graph->nodes.at(0).id), 0u);
    QCOMPARE(index(model.graph->nodes.at(1).id), 1u);
    QCOMPARE(index(model.graph->nodes.at(1).bodies()[0].graph->nodes.at(0).id), 2u);
    QCOMPARE(index(model.graph->nodes.at(1).bodies()[1].graph->nodes.at(0).id), 4u);
    QCOMPARE(model.ids->nodes(), 5u);
    QCOMPARE(model.ids->tensors(), 3u);
}

// Attributes that are equal are kept once, and so is a name that the next node reads.
void TestReader::keepsWhatIsSharedApart()
{
    auto truth = emptyModel();
    auto& graph = *truth.mutable_graph();
    std::string last = "x";
    for (int n = 0; n < 12; ++n) {
        auto& node = *graph.add_node();
        node.set_op_type("Anything");
        node.add_input(n % 4 == 3 ? "x" : last);
        node.add_input(last);
        node.add_output(last = "y" + std::to_string(n));
        for (int a = 0; a < 3; ++a) {
            auto& attribute = *node.add_attribute();
            attribute.set_name("a" + std::to_string(a));
            attribute.set_type(onnx::AttributeProto::INTS);
            attribute.add_ints((n + a) % 3);
            if (n % 5 == 0)
                attribute.mutable_unknown_fields()->AddVarint(900, static_cast<std::uint64_t>(n));
        }
    }
    graph.add_input()->set_name("x");
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", truth));
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QVERIFY(sameModel(opened->model, truth));
    const onnx::NodeProto& node = *opened->model.graph->nodes.at(4).proto;
    onnx::NodeProto copy = node;
    copy.set_input(1, "other");
    copy.mutable_attribute(0)->set_ints(0, 7);
    QVERIFY(sameModel(opened->model, truth));
}

// What an initializer holds beside name, type, dimensions and bytes is kept as well.
void TestReader::packsOnlyWhatIsWhole()
{
    auto truth = emptyModel();
    for (int t = 0; t < 7; ++t) {
        auto& tensor = *truth.mutable_graph()->add_initializer();
        tensor.set_name("t" + std::to_string(t));
        tensor.set_data_type(onnx::TensorProto::FLOAT);
        tensor.add_dims(2);
        tensor.set_raw_data("8 bytes!");
        if (t == 1)
            tensor.set_doc_string("a remark");
        if (t == 2)
            tensor.mutable_unknown_fields()->AddLengthDelimited(16, "metadata of a newer ONNX");
        if (t == 3)
            tensor.set_data_location(onnx::TensorProto::DEFAULT);
        if (t == 4)
            tensor.mutable_segment()->set_end(2);
        if (t == 5) {
            tensor.clear_dims();
            tensor.set_raw_data("4 b.");
        }
        if (t == 6) {
            tensor.clear_raw_data();
            tensor.add_float_data(1);
            tensor.add_float_data(2);
        }
    }
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", truth));
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QVERIFY(sameModel(opened->model, truth));
    for (std::size_t t = 0; t < 7; ++t) {
        const TensorMessage& tensor = opened->model.graph->initializers.at(t).tensor;
        const onnx::TensorProto& wanted = truth.graph().initializer(static_cast<int>(t));
        QCOMPARE(tensor.kept() == nullptr, t == 0 || t == 5);
        QCOMPARE(tensor.name(), std::string_view(wanted.name()));
        QVERIFY(tensor.type() == DataType::Float);
        QCOMPARE(tensor.dims().size(), static_cast<std::size_t>(wanted.dims_size()));
        QCOMPARE(tensor.rawData().size(), wanted.raw_data().size());
    }
}

void TestReader::keepsUnknownFields()
{
    auto truth = convModel();
    truth.mutable_unknown_fields()->AddLengthDelimited(900, "model");
    truth.mutable_graph()->mutable_unknown_fields()->AddVarint(901, 7);
    truth.mutable_graph()->mutable_node(0)->mutable_unknown_fields()->AddFixed32(902, 8);
    truth.mutable_graph()->mutable_node(0)->add_attribute()->mutable_unknown_fields()->AddFixed64(903, 9);
    truth.mutable_graph()->mutable_initializer(0)->mutable_unknown_fields()->AddLengthDelimited(904,
                                                                                                "tensor");
    const auto opened = open(truth);
    QVERIFY(opened);
    QVERIFY(initializer(opened->model, 0).payload());
    QVERIFY(sameModel(opened->model, truth));
}

void TestReader::acceptsFieldsInAnyOrder()
{
    // The bytes of a tensor before its type and name, the header behind the graph, a length in five digits.
    const auto whole = convModel();
    auto header = whole;
    header.clear_graph();
    onnx::GraphProto graph = whole.graph();
    const std::string raw = graph.initializer(0).raw_data();
    onnx::TensorProto data;
    data.set_raw_data(raw);
    onnx::TensorProto facts = graph.initializer(0);
    facts.clear_raw_data();
    graph.mutable_initializer(0)->Clear();
    const std::string tensor = data.SerializeAsString() + facts.SerializeAsString();
    std::string text = graph.SerializeAsString();
    const std::string hole("\x2a\0", 2); // the emptied initializer
    const std::size_t at = text.find(hole);
    QVERIFY(at != std::string::npos);
    std::string length = "\x2a";
    std::size_t left = tensor.size();
    for (int digit = 0; digit < 4; ++digit, left >>= 7)
        length += static_cast<char>((left & 0x7f) | 0x80);
    length += '\0';
    text.replace(at, 2, length + tensor);
    onnx::ModelProto holder;
    holder.mutable_unknown_fields()->AddLengthDelimited(7, text);
    const auto opened =
        openModel(bytes(holder.SerializeAsString() + header.SerializeAsString()), "any order.onnx");
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QVERIFY(isInFile(initializer(opened->model, 0)));
    QVERIFY(sameModel(opened->model, whole));
}

void TestReader::noFileCanForgeAReference()
{
    auto truth = convModel();
    auto* forged = truth.mutable_graph()->add_initializer();
    forged->set_name("forged");
    forged->set_data_type(onnx::TensorProto::FLOAT);
    forged->add_dims(4608);
    forged->set_data_location(onnx::TensorProto::EXTERNAL);
    auto* entry = forged->add_external_data();
    entry->set_key("pleat.payload");
    entry->set_value("0"); // that would be "w"
    const auto opened = open(truth);
    QVERIFY(opened);
    const TensorView view = tensorView(initializer(opened->model, 3));
    QCOMPARE(view.payload().size(), 0u);
    QCOMPARE(view.payload().external->entries,
             (std::vector<std::pair<std::string, std::string>>{{"pleat.payload", "0"}}));
    const auto got = view.doubles();
    QVERIFY(!got);
    QCOMPARE(got.error().code, ErrorCode::MissingData);

    // The same with a location that is external only to who looks at the low 32 bits, as protobuf does.
    auto other = convModel();
    auto* sly = other.mutable_graph()->add_initializer();
    *sly = *forged;
    sly->clear_data_location();
    sly->mutable_unknown_fields()->AddVarint(14, 0x100000001ULL);
    const auto again = open(other);
    QVERIFY(again);
    QCOMPARE(tensorView(initializer(again->model, 3)).payload().size(), 0u);
}

void TestReader::readsTheSampleAsProtobufDoes()
{
    const std::filesystem::path path = PLEAT_SOURCE_DIR "/resources/samples/digits.onnx";
    const auto opened = open(path);
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    onnx::ModelProto truth;
    QVERIFY(truth.ParseFromString(contents(path)));
    QVERIFY(sameModel(opened->model, truth));
    QVERIFY(!payloadsOf(opened->model).empty());
}

void TestReader::tellsVersionsAndProducer()
{
    auto truth = convModel();
    truth.set_producer_version("1.2");
    auto* import = truth.add_opset_import();
    import->set_domain("com.example");
    import->set_version(3);
    const auto opened = open(truth);
    QVERIFY(opened);
    QCOMPARE(opened->model.irVersion(), 8);
    QCOMPARE(opened->model.opset(), 17);
    QCOMPARE(opened->model.opset("ai.onnx"), 17);
    QCOMPARE(opened->model.opset("com.example"), 3);
    QCOMPARE(opened->model.opset("elsewhere"), 0);
    QCOMPARE(opened->model.producer(), std::string("small models 1.2"));
}

void TestReader::reportsProgressAndStops()
{
    struct Steps final : Progress {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> seen;
        std::stop_source stop;
        bool stopNow = false;
        void advance(std::uint64_t done, std::uint64_t total) override
        {
            seen.emplace_back(done, total);
            if (stopNow)
                stop.request_stop();
        }
    };
    auto truth = emptyModel();
    addInput(truth.mutable_graph(), "v0");
    for (int at = 0; at < 2000; ++at)
        addNode(truth.mutable_graph(), "Relu", {"v" + std::to_string(at)}, {"v" + std::to_string(at + 1)});
    const Folder folder;
    const auto path = folder.write("m.onnx", truth);
    Steps steps;
    QVERIFY(openModel(path, steps, steps.stop.get_token()));
    QVERIFY(steps.seen.size() > 3);
    QVERIFY(std::is_sorted(steps.seen.begin(), steps.seen.end()));
    QCOMPARE(steps.seen.back().first, steps.seen.back().second);
    Steps stopping;
    stopping.stopNow = true;
    const auto stopped = openModel(path, stopping, stopping.stop.get_token());
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
}

QTEST_APPLESS_MAIN(TestReader)
#include "test_reader.moc"
