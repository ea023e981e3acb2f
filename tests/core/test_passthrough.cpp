// SPDX-License-Identifier: GPL-3.0-or-later
// What Pleat does not understand goes through it: element types of any number, data in any field, and fields
// that newer or foreign writers put into any message, also where everything around them was changed.
// Protobuf's own reading of the same bytes is the truth.
#include "core/model/Assemble.h"
#include "core/model/ModelWriter.h"
#include "core/model/TensorWalk.h"
#include "support/Rewritten.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <cstring>
#include <google/protobuf/unknown_field_set.h>

using namespace pleat;
using namespace pleat::test;

namespace {

// What is saved after an edit that touches every message but says the same.
std::string savedAnew(const std::string& file)
{
    const auto opened = openModel(bytes(file), "m.onnx");
    if (!opened)
        return opened.error().message;
    const Folder folder;
    NoProgress progress;
    const auto done = saveModel(allRewritten(opened->model), folder.path("m.onnx"), progress, {});
    return done ? contents(folder.path("m.onnx")) : done.error().message;
}

std::string reserialized(const std::string& file)
{
    onnx::ModelProto model;
    return model.ParseFromString(file) ? model.SerializeAsString() : std::string("cannot be parsed");
}

// Fields of every kind, under a number that no version of ONNX uses, in each message of the model; inside a
// group, too.
void addUnknown(google::protobuf::Message& message, int& count)
{
    const auto* reflection = message.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const auto* field : fields) {
        if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
            continue;
        if (!field->is_repeated())
            addUnknown(*reflection->MutableMessage(&message, field), count);
        for (int at = 0; field->is_repeated() && at < reflection->FieldSize(message, field); ++at)
            addUnknown(*reflection->MutableRepeatedMessage(&message, field, at), count);
    }
    const auto number = static_cast<std::uint64_t>(++count);
    auto& unknown = *reflection->MutableUnknownFields(&message);
    unknown.AddVarint(901, number << 40);
    unknown.AddGroup(902)->AddGroup(1)->AddLengthDelimited(2, "inside" + std::to_string(number));
    unknown.AddFixed32(903, static_cast<std::uint32_t>(number));
    unknown.AddLengthDelimited(900, std::string("\0unknown", 8) + std::to_string(number));
    unknown.AddFixed64(536870911, number); // the highest number there is
}

// One of each kind of message that ONNX has.
onnx::ModelProto everyMessage()
{
    auto model = branchedModel();
    auto& graph = *model.mutable_graph();
    auto& sparse = *graph.add_sparse_initializer();
    *sparse.mutable_values() = floatTensor("s", {2000});
    *sparse.mutable_indices() = floatTensor("", {2000});
    sparse.mutable_indices()->set_data_type(onnx::TensorProto::INT64);
    sparse.mutable_indices()->mutable_raw_data()->resize(16000);
    sparse.add_dims(5000);
    auto& info = *graph.add_value_info();
    info.set_name("c");
    auto& type = *info.mutable_type();
    type.set_denotation("IMAGE");
    type.mutable_tensor_type()->set_elem_type(1);
    type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_param("N");
    graph.add_value_info()->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_map_type();
    graph.add_value_info()->mutable_type()->mutable_optional_type();
    graph.add_value_info()->mutable_type()->mutable_sparse_tensor_type();
    auto& annotation = *graph.add_quantization_annotation();
    annotation.set_tensor_name("w");
    annotation.add_quant_parameter_tensor_names()->set_key("SCALE_TENSOR");
    auto& constant = *addNode(&graph, "Constant", {}, {"sparse_constant"})->add_attribute();
    constant.set_name("sparse_value");
    constant.set_type(onnx::AttributeProto::SPARSE_TENSOR);
    *constant.mutable_sparse_tensor() = sparse;
    auto& types = *addNode(&graph, "Foreign", {}, {"foreign"}, "foreign")->add_attribute();
    types.set_name("types");
    types.set_type(onnx::AttributeProto::TYPE_PROTO);
    types.mutable_tp()->mutable_tensor_type()->set_elem_type(99);
    *types.add_tensors() = floatTensor("t", {1500});
    types.add_graphs()->set_name("inner");
    auto& training = *model.add_training_info();
    *training.mutable_initialization()->add_initializer() = floatTensor("start", {2000});
    training.mutable_algorithm()->set_name("step");
    training.add_update_binding()->set_key("w");
    model.add_metadata_props()->set_key("k");
    auto& function = *model.add_functions();
    function.set_name("f");
    function.set_domain("local");
    function.add_input("a");
    function.add_output("b");
    function.add_attribute("slope");
    function.add_opset_import()->set_version(17);
    onnx::GraphProto nodes;
    *function.add_node() = *addNode(&nodes, "Relu", {"a"}, {"b"});
    return model;
}

// Messages that later versions of ONNX have and the library here does not know (IR 9 to 13).
onnx::ModelProto newerModel()
{
    auto model = everyMessage();
    model.set_ir_version(99);
    model.mutable_opset_import(0)->set_version(99);
    onnx::StringStringEntryProto entry; // metadata_props
    entry.set_key("source");
    entry.set_value("newer");
    const std::string metadata = entry.SerializeAsString();
    const auto add = [](google::protobuf::Message& message, int number, const std::string& contents) {
        message.GetReflection()->MutableUnknownFields(&message)->AddLengthDelimited(number, contents);
    };
    add(model, 26,
        "\x0a\x04"
        "cuda\x10\x02"); // configuration: a DeviceConfigurationProto
    auto& graph = *model.mutable_graph();
    add(graph, 16, metadata);
    auto& node = *graph.mutable_node(0);
    add(node, 8, "an overload");
    add(node, 9, metadata);
    add(node, 10,
        "\x0a\x04"
        "cuda\x18\x01"); // device_configurations
    add(*graph.mutable_initializer(1), 16, metadata);
    add(*graph.mutable_value_info(0), 4, metadata);
    auto& function = *model.mutable_functions(0);
    onnx::AttributeProto attribute; // attribute_proto
    attribute.set_name("alpha");
    add(function, 11, attribute.SerializeAsString());
    add(function, 12, onnx::ValueInfoProto().SerializeAsString());
    add(function, 13, "an overload");
    add(function, 14, metadata);
    return model;
}

onnx::TensorProto* addTensor(onnx::ModelProto& model, int type, std::int64_t count)
{
    auto* tensor = model.mutable_graph()->add_initializer();
    tensor->set_name("t");
    tensor->set_data_type(type);
    tensor->add_dims(count);
    return tensor;
}

} // namespace

class TestPassthrough : public QObject {
    Q_OBJECT

private slots:
    void rawDataOfAnyType_data();
    void rawDataOfAnyType();
    void refusesRawDataWithoutAMeaning();
    void dataInTypedFields_data();
    void dataInTypedFields();
    void fieldsThatNobodyKnows();
    void newerModels();
    void unknownFieldsAmongKnownOnes();
    void valuesThatAnEnumDoesNotKnow();
};

void TestPassthrough::rawDataOfAnyType_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<int>("bytes");
    for (int type = 1; type <= 40; ++type) {
        if (type == onnx::TensorProto::STRING)
            continue;
        for (const int bytes : {96, 4096, 8192, 81920})
            QTest::addRow("type %d, %d bytes", type, bytes) << type << bytes;
    }
    QTest::newRow("a negative type") << -1 << 8192;
    QTest::newRow("the largest type") << std::numeric_limits<int>::max() << 8192;
}

void TestPassthrough::rawDataOfAnyType()
{
    QFETCH(int, type);
    QFETCH(int, bytes);
    // Bits of an element by the onnx.proto of 1.20; a type that is not there may have any length.
    const std::map<int, int> bits = {{1, 32},  {2, 8},   {3, 8},   {4, 16},  {5, 16},  {6, 32},  {7, 64},
                                     {9, 8},   {10, 16}, {11, 64}, {12, 32}, {13, 64}, {14, 64}, {15, 128},
                                     {16, 16}, {17, 8},  {18, 8},  {19, 8},  {20, 8},  {21, 4},  {22, 4},
                                     {23, 4},  {24, 8},  {25, 2},  {26, 2}};
    const auto known = bits.find(type);
    auto truth = convModel();
    auto* tensor = addTensor(truth, type, known == bits.end() ? 7 : bytes * 8 / known->second);
    std::string raw(static_cast<std::size_t>(bytes), '\0');
    for (std::size_t at = 0; at < raw.size(); ++at)
        raw[at] = static_cast<char>(at * 7 + at / 256);
    tensor->set_raw_data(raw);
    auto* input = truth.mutable_graph()->add_input();
    input->set_name("of that type");
    input->mutable_type()->mutable_tensor_type()->set_elem_type(type);
    const std::string file = truth.SerializeAsString();
    QVERIFY(savedAnew(file) == file);
}

void TestPassthrough::refusesRawDataWithoutAMeaning()
{
    for (const int type : {int(onnx::TensorProto::UNDEFINED), int(onnx::TensorProto::STRING)}) {
        auto model = convModel();
        addTensor(model, type, 3)->set_raw_data("abc");
        const auto opened = open(model);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::Unreadable);
    }
}

void TestPassthrough::dataInTypedFields_data()
{
    QTest::addColumn<int>("type");
    QTest::addColumn<int>("field"); // of TensorProto
    QTest::addColumn<int>("perElement");
    const auto row = [](const char* name, int type, int field, int perElement = 1) {
        QTest::newRow(name) << type << field << perElement;
    };
    constexpr int floats = 4, int32s = 5, strings = 6, int64s = 7, doubles = 10, uint64s = 11;
    row("float", 1, floats);
    row("complex64", 14, floats, 2);
    row("uint8", 2, int32s);
    row("int8", 3, int32s);
    row("uint16", 4, int32s);
    row("int16", 5, int32s);
    row("int32", 6, int32s);
    row("bool", 9, int32s);
    row("float16", 10, int32s);
    row("bfloat16", 16, int32s);
    row("float8e4m3fn", 17, int32s);
    row("float8e5m2fnuz", 20, int32s);
    row("float8e8m0", 24, int32s);
    row("a type of the future", 40, int32s);
    row("string", 8, strings);
    row("int64", 7, int64s);
    row("double", 11, doubles);
    row("complex128", 15, doubles, 2);
    row("uint32", 12, uint64s);
    row("uint64", 13, uint64s);
}

void TestPassthrough::dataInTypedFields()
{
    QFETCH(int, type);
    QFETCH(int, field);
    QFETCH(int, perElement);
    for (const int elements : {3, 3000}) {
        auto truth = convModel();
        auto* tensor = addTensor(truth, type, elements);
        auto* expected = tensor;
        for (int at = 0; at < elements * perElement; ++at) {
            switch (field) {
            case 4:
                tensor->add_float_data(0.1f * static_cast<float>(at));
                break;
            case 5:
                tensor->add_int32_data(type == onnx::TensorProto::INT32 ? -at * 700000 : at % 128);
                break;
            case 6:
                tensor->add_string_data(std::string("\xff\0", 2) + std::to_string(at));
                break;
            case 7:
                tensor->add_int64_data(std::int64_t{-1} << (at % 63));
                break;
            case 10:
                tensor->add_double_data(0.1 * at);
                break;
            default:
                tensor->add_uint64_data(std::uint64_t{1}
                                        << (at % (type == onnx::TensorProto::UINT32 ? 32 : 64)));
            }
        }
        const std::string file = truth.SerializeAsString();
        // Large floats and doubles are written as raw data, which is the same bytes.
        if (elements == 3000 && field == 4) {
            expected->set_raw_data(tensor->float_data().data(),
                                   static_cast<std::size_t>(tensor->float_data_size()) * 4);
            expected->clear_float_data();
        } else if (elements == 3000 && field == 10) {
            expected->set_raw_data(tensor->double_data().data(),
                                   static_cast<std::size_t>(tensor->double_data_size()) * 8);
            expected->clear_double_data();
        }
        QVERIFY(savedAnew(file) == truth.SerializeAsString());
    }
}

void TestPassthrough::fieldsThatNobodyKnows()
{
    auto truth = everyMessage();
    int messages = 0;
    addUnknown(truth, messages);
    QVERIFY(messages > 60);
    const std::string file = truth.SerializeAsString();
    QCOMPARE(savedAnew(file).size(), file.size());
    QVERIFY(savedAnew(file) == file);
}

void TestPassthrough::newerModels()
{
    const std::string file = newerModel().SerializeAsString();
    const auto opened = openModel(bytes(file), "m.onnx");
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    QCOMPARE(opened->model.irVersion(), 99);
    QCOMPARE(opened->model.opset(), 99);
    QVERIFY(savedAnew(file) == file);
}

// Wherever they stand in a message, protobuf finds them at its end; so do we.
void TestPassthrough::unknownFieldsAmongKnownOnes()
{
    const std::string unknown("\xa3\x38\x08\x01\xa4\x38\xb2\x38\x03"
                              "abc",
                              12); // a group 900, bytes 902
    const auto among = [&](const onnx::NodeProto& node) {
        onnx::NodeProto first = node;
        first.clear_attribute();
        onnx::NodeProto second;
        *second.mutable_attribute() = node.attribute();
        return unknown + first.SerializeAsString() + unknown + second.SerializeAsString();
    };
    auto model = branchedModel();
    onnx::GraphProto rest = model.graph();
    rest.clear_node();
    std::string graph = unknown;
    for (const auto& node : model.graph().node()) {
        onnx::GraphProto one;
        one.mutable_unknown_fields()->AddLengthDelimited(1, among(node));
        graph += one.SerializeAsString() + unknown;
    }
    graph += rest.SerializeAsString() + unknown;
    onnx::ModelProto holder;
    holder.mutable_unknown_fields()->AddLengthDelimited(7, graph);
    model.clear_graph();
    const std::string file = unknown + holder.SerializeAsString() + unknown + model.SerializeAsString();
    QVERIFY(savedAnew(file) == reserialized(file));
}

void TestPassthrough::valuesThatAnEnumDoesNotKnow()
{
    auto truth = convModel();
    auto& attribute = *truth.mutable_graph()->mutable_node(0)->add_attribute();
    attribute.set_name("of another kind");
    attribute.mutable_unknown_fields()->AddVarint(20, 77); // type
    truth.mutable_graph()->mutable_initializer(0)->mutable_unknown_fields()->AddVarint(14,
                                                                                       5); // data_location
    truth.mutable_graph()->mutable_initializer(1)->mutable_unknown_fields()->AddVarint(14, 5);
    const std::string file = truth.SerializeAsString();
    QVERIFY(savedAnew(file) == reserialized(file));
}

QTEST_APPLESS_MAIN(TestPassthrough)
#include "test_passthrough.moc"
