// SPDX-License-Identifier: GPL-3.0-or-later
// Saving: the same bytes when nothing was changed, the right message when something was, and the old file or
// the new one whatever happens.
#include "core/model/ModelWriter.h"
#include "core/model/TensorWalk.h"
#include "support/Rewritten.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

using namespace pleat;
using namespace pleat::test;

namespace fs = std::filesystem;

namespace {

// Scales output channel o of initializer `at`, as a fold does.
Model scaled(const Model& model, std::size_t at, const std::vector<double>& factors)
{
    const Initializer& old = model.graph->initializers.at(at);
    const TensorView view = tensorView(old.tensor);
    StoredBytes base;
    if (const auto* range = std::get_if<FileRange>(&view.payload().content))
        base = *range;
    else
        base = std::get<Bytes>(view.payload().content);
    const auto kernel = static_cast<std::uint64_t>(view.dims()[2] * view.dims()[3]);
    ScaledBytes content{base, DataType::Float,
                        WeightLayout::convolution(static_cast<std::uint64_t>(view.dims()[0]),
                                                  static_cast<std::uint64_t>(view.dims()[1]), kernel, 1),
                        std::make_shared<const std::vector<double>>(factors), nullptr};
    auto graph = std::make_shared<Graph>(*model.graph);
    graph->source = {};
    Initializer& changed = graph->initializers.changeAt(at);
    changed.tensor = makeTensor(view.name(), DataType::Float, view.dims(),
                                Payload{std::make_shared<const ScaledBytes>(content)});
    changed.source = {};
    Model made = model;
    made.edited = true;
    made.graph = graph;
    return made;
}

std::string saved(const Model& model, const fs::path& target)
{
    NoProgress progress;
    const auto done = saveModel(model, target, progress, {});
    return done ? contents(target) : done.error().message;
}

onnx::ModelProto parsed(const std::string& text)
{
    onnx::ModelProto model;
    if (!model.ParseFromString(text))
        model.set_doc_string("cannot be parsed");
    return model;
}

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

onnx::ModelProto richModel()
{
    auto model = branchedModel();
    model.set_doc_string("rich");
    auto* property = model.add_metadata_props();
    property->set_key("k");
    property->set_value("v");
    model.mutable_graph()->set_doc_string("graph");
    auto* function = model.add_functions();
    function->set_name("f");
    function->set_domain("local");
    function->set_doc_string("function");
    function->add_input("a");
    function->add_output("b");
    onnx::GraphProto nodes;
    addNode(&nodes, "Constant", {}, {"k"});
    auto* value = nodes.mutable_node(0)->add_attribute();
    value->set_name("value");
    value->set_type(onnx::AttributeProto::TENSOR);
    *value->mutable_t() = floatTensor("", {2000});
    addNode(&nodes, "Mul", {"a", "k"}, {"b"});
    for (const auto& node : nodes.node())
        *function->add_node() = node;
    auto* sparse = model.mutable_graph()->add_sparse_initializer();
    *sparse->mutable_values() = floatTensor("s", {2000});
    auto* indices = sparse->mutable_indices();
    indices->set_data_type(onnx::TensorProto::INT64);
    indices->add_dims(2000);
    indices->set_raw_data(std::string(16000, '\1'));
    sparse->add_dims(5000);
    auto* info = model.mutable_graph()->add_value_info();
    info->set_name("c");
    model.mutable_unknown_fields()->AddLengthDelimited(900, "model");
    model.mutable_graph()->mutable_unknown_fields()->AddVarint(901, 7);
    model.mutable_graph()->mutable_node(0)->mutable_unknown_fields()->AddFixed32(902, 8);
    model.mutable_graph()->mutable_initializer(1)->mutable_unknown_fields()->AddLengthDelimited(904,
                                                                                                "tensor");
    return model;
}

} // namespace

class TestWriter : public QObject {
    Q_OBJECT

private slots:
    void anUnchangedModelIsTheSameBytes_data() { files(); }
    void anUnchangedModelIsTheSameBytes();
    void rewritingEverythingSaysTheSame_data() { files(); }
    void rewritingEverythingSaysTheSame();
    void copiesAroundAChangedNode_data() { files(); }
    void copiesAroundAChangedNode();
    void computesScaledWeights();
    void typedDataBecomesRawWhenChanged();
    void changesInsideABody();
    void copiesMessagesWhateverTheirSpelling();
    void doesNotTrustNeighboursOfAnotherKind();
    void savesAModelThatWasMadeInMemory();
    void savesOverItsOwnSource();
    void refusesASourceThatChanged();
    void leavesTheTargetWhenStopped();
    void leavesNothingWhenUnwritable();
    void refusesMoreThanTwoGibibytesInside();
    void reportsProgressInBytes();

private:
    static void files()
    {
        QTest::addColumn<std::string>("file");
        QTest::newRow("conv") << convModel().SerializeAsString();
        QTest::newRow("rich") << richModel().SerializeAsString();
        QTest::newRow("no nodes") << emptyModel().SerializeAsString();
        QTest::newRow("sample") << contents(PLEAT_SOURCE_DIR "/resources/samples/digits.onnx");
    }
};

void TestWriter::anUnchangedModelIsTheSameBytes()
{
    QFETCH(std::string, file);
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", file));
    QVERIFY(opened);
    QVERIFY(saved(opened->model, folder.path("copy.onnx")) == file);
    QCOMPARE(folder.names(), (std::vector<std::string>{"copy.onnx", "m.onnx"}));
}

void TestWriter::rewritingEverythingSaysTheSame()
{
    QFETCH(std::string, file);
    const auto opened = openModel(bytes(file), "m.onnx");
    QVERIFY(opened);
    const Folder folder;
    const std::string text = saved(allRewritten(opened->model), folder.path("m.onnx"));
    QVERIFY(text == parsed(file).SerializeAsString());
}

void TestWriter::copiesAroundAChangedNode()
{
    QFETCH(std::string, file);
    const auto opened = openModel(bytes(file), "m.onnx");
    const auto& nodes = opened->model.graph->nodes;
    for (std::size_t at = 0; at < nodes.size(); at += 1 + nodes.size() / 5) {
        auto graph = std::make_shared<Graph>(*opened->model.graph);
        auto node = std::make_shared<onnx::NodeProto>(*graph->nodes.at(at).proto);
        node->set_doc_string("changed");
        graph->nodes.changeAt(at).proto = node;
        graph->nodes.changeAt(at).source = {};
        graph->source = {};
        Model edited = opened->model;
        edited.edited = true;
        edited.graph = graph;
        auto truth = parsed(file);
        truth.mutable_graph()->mutable_node(static_cast<int>(at))->set_doc_string("changed");
        const Folder folder;
        QVERIFY(saved(edited, folder.path("m.onnx")) == truth.SerializeAsString());
    }
}

void TestWriter::computesScaledWeights()
{
    // Large enough for several blocks, and not a multiple of them.
    auto truth = convModel();
    *truth.mutable_graph()->mutable_initializer(0) = floatTensor("w", {37, 16, 41, 23}, -3.0f);
    const auto opened = open(truth);
    std::vector<double> factors(37);
    for (std::size_t at = 0; at < factors.size(); ++at)
        factors[at] = 0.37 * static_cast<double>(at) - 2.0;
    const Folder folder;
    const auto after = parsed(saved(scaled(opened->model, 0, factors), folder.path("m.onnx")));

    auto expected = truth;
    std::string raw = expected.graph().initializer(0).raw_data();
    const std::size_t perChannel = std::size_t{16} * 41 * 23;
    for (std::size_t at = 0; at < raw.size() / sizeof(float); ++at) {
        float value = 0;
        std::memcpy(&value, raw.data() + at * sizeof(float), sizeof(float));
        value = static_cast<float>(static_cast<double>(value) * factors[at / perChannel]);
        std::memcpy(raw.data() + at * sizeof(float), &value, sizeof(float));
    }
    expected.mutable_graph()->mutable_initializer(0)->set_raw_data(raw);
    QVERIFY(after.SerializeAsString() == expected.SerializeAsString());
}

void TestWriter::typedDataBecomesRawWhenChanged()
{
    auto truth = emptyModel();
    auto* floats = truth.mutable_graph()->add_initializer();
    floats->set_name("f");
    floats->set_data_type(onnx::TensorProto::FLOAT);
    floats->add_dims(2000);
    for (int at = 0; at < 2000; ++at)
        floats->add_float_data(0.25f * static_cast<float>(at));
    const auto opened = open(truth);
    const Folder folder;
    const auto after = parsed(saved(allRewritten(opened->model), folder.path("m.onnx")));
    std::string raw(8000, '\0');
    std::memcpy(raw.data(), floats->float_data().data(), raw.size());
    QVERIFY(after.graph().initializer(0).raw_data() == raw);
    QCOMPARE(after.graph().initializer(0).float_data_size(), 0);
    QVERIFY(!after.graph().initializer(0).has_data_location());
}

void TestWriter::changesInsideABody()
{
    const auto opened = open(richModel());
    auto graph = std::make_shared<Graph>(*opened->model.graph);
    Node& choice = graph->nodes.changeAt(1);
    auto body = std::make_shared<Graph>(*choice.bodies()[1].graph);
    auto node = std::make_shared<onnx::NodeProto>(*body->nodes.at(0).proto);
    node->set_op_type("Sub");
    body->nodes.changeAt(0).proto = node;
    body->nodes.changeAt(0).source = {};
    body->source = {};
    NodeParts parts = *choice.parts;
    parts.bodies[1].graph = body;
    choice.setParts(std::move(parts));
    choice.source = {};
    graph->source = {};
    Model edited = opened->model;
    edited.edited = true;
    edited.graph = graph;
    auto truth = richModel();
    truth.mutable_graph()->mutable_node(1)->mutable_attribute(1)->mutable_g()->mutable_node(0)->set_op_type(
        "Sub");
    const Folder folder;
    QVERIFY(saved(edited, folder.path("m.onnx")) == truth.SerializeAsString());
}

void TestWriter::copiesMessagesWhateverTheirSpelling()
{
    // A node whose lengths are written with more digits than needed, and whose fields are out of order.
    onnx::NodeProto first;
    first.set_op_type("Relu");
    first.add_output("a");
    onnx::NodeProto second;
    second.add_input("x");
    const std::string odd = first.SerializeAsString() + second.SerializeAsString();
    const auto message = [](const std::string& tag, const std::string& text) {
        return tag + static_cast<char>(text.size() | 0x80) + std::string(1, '\0') + text;
    };
    auto rest = emptyModel();
    auto* graph = rest.mutable_graph();
    addInput(graph, "x");
    addOutput(graph, "b");
    onnx::GraphProto tail;
    addNode(&tail, "Neg", {"a"}, {"b"});
    const std::string inside = message("\x0a", odd) + tail.SerializeAsString() + graph->SerializeAsString();
    rest.clear_graph();
    const std::string file = rest.SerializeAsString() + message("\x3a", inside);
    QVERIFY(inside.size() < 128);
    const auto opened = openModel(bytes(file), "m.onnx");
    QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
    Model edited = opened->model;
    edited.edited = true;
    auto changed = std::make_shared<Graph>(*edited.graph);
    changed->source = {};
    edited.graph = changed;
    const Folder folder;
    const std::string text = saved(edited, folder.path("m.onnx"));
    QVERIFY(text.find(odd) != std::string::npos);
    QCOMPARE(parsed(text).SerializeAsString(), parsed(file).SerializeAsString());
}

void TestWriter::doesNotTrustNeighboursOfAnotherKind()
{
    // Two nodes of a function put into the main graph: they lie side by side, but under another tag.
    auto truth = richModel();
    const auto opened = open(truth);
    Model edited = opened->model;
    edited.edited = true;
    auto graph = std::make_shared<Graph>(*edited.graph);
    graph->source = {};
    graph->nodes = edited.functions[0].body->nodes;
    edited.graph = graph;
    const Folder folder;
    const auto after = parsed(saved(edited, folder.path("m.onnx")));
    *truth.mutable_graph()->mutable_node() = truth.functions(0).node();
    QVERIFY(after.SerializeAsString() == truth.SerializeAsString());
}

void TestWriter::savesAModelThatWasMadeInMemory()
{
    const auto truth = richModel();
    Model made = allRewritten(open(truth)->model);
    made.source = nullptr;
    made.edited = false;
    const Folder folder;
    QVERIFY(saved(made, folder.path("m.onnx")) == truth.SerializeAsString());
}

void TestWriter::savesOverItsOwnSource()
{
    const Folder folder;
    const auto truth = convModel();
    const auto path = folder.write("m.onnx", truth);
    const auto opened = open(path);
    const std::vector<double> factors(32, 2.0);
    const Model edited = scaled(opened->model, 0, factors);
    const std::string first = saved(edited, path);
    QVERIFY(first != truth.SerializeAsString());
    QCOMPARE(first.size(), truth.SerializeAsString().size());
    // The document goes on with the file it has opened.
    QVERIFY(tensorView(edited.graph->initializers.at(0).tensor).doubles());
    QVERIFY(saved(edited, path) == first);
    QVERIFY(saved(opened->model, path) == truth.SerializeAsString());
    QCOMPARE(folder.names(), std::vector<std::string>{"m.onnx"});
}

void TestWriter::refusesASourceThatChanged()
{
    const Folder folder;
    const auto path = folder.write("m.onnx", convModel());
    const auto target = folder.write("target.onnx", std::string("old"));
    const auto opened = open(path);
    fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(3));
    NoProgress progress;
    for (const Model& model : {opened->model, allRewritten(opened->model)}) {
        const auto done = saveModel(model, target, progress, {});
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::Changed);
        QCOMPARE(contents(target), std::string("old"));
    }
    QCOMPARE(folder.names(), (std::vector<std::string>{"m.onnx", "target.onnx"}));
}

void TestWriter::leavesTheTargetWhenStopped()
{
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", richModel()));
    const auto target = folder.write("target.onnx", std::string("old"));
    for (const Model& model : {opened->model, allRewritten(opened->model)}) {
        Steps steps;
        steps.stopNow = true;
        const auto done = saveModel(model, target, steps, steps.stop.get_token());
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::Cancelled);
        QCOMPARE(steps.seen.size(), 1u);
        QCOMPARE(contents(target), std::string("old"));
    }
    QCOMPARE(folder.names(), (std::vector<std::string>{"m.onnx", "target.onnx"}));
}

void TestWriter::leavesNothingWhenUnwritable()
{
    const Folder folder;
    const auto opened = open(folder.write("m.onnx", convModel()));
    fs::create_directory(folder.path("deep"));
    NoProgress progress;
    for (const Model& model : {opened->model, allRewritten(opened->model)}) {
        for (const auto& target : {folder.path("deep"), folder.path("absent/m.onnx"), folder.path({})}) {
            const auto done = saveModel(model, target, progress, {});
            QVERIFY(!done);
            QCOMPARE(done.error().code, ErrorCode::Unwritable);
            QVERIFY(done.error().message.find(target.string()) == 0);
        }
    }
    QCOMPARE(folder.names(), (std::vector<std::string>{"deep", "m.onnx"}));
}

void TestWriter::refusesMoreThanTwoGibibytesInside()
{
    const Folder folder;
    const auto large = folder.write("large", std::string("x"));
    fs::resize_file(large, (std::uint64_t{1} << 31) + 4096); // a hole, no bytes
    const auto file = File::open(large);
    auto graph = std::make_shared<Graph>();
    graph->header = std::make_shared<const onnx::GraphProto>();
    graph->initializers.push_back({TensorId{0},
                                   makeTensor("large", DataType::Int8, {(std::int64_t{1} << 31) - 20},
                                              Payload{FileRange{*file, 0, (std::uint64_t{1} << 31) - 20}}),
                                   {}});
    Model model;
    model.header = std::make_shared<const onnx::ModelProto>();
    model.graph = graph;
    NoProgress progress;
    const auto done = saveModel(model, folder.path("m.onnx"), progress, {}, DataPlacement::Inline);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::Unwritable);
    QVERIFY(done.error().message.find("2,147,483,647") != std::string::npos);
    QCOMPARE(folder.names(), std::vector<std::string>{"large"});
}

void TestWriter::reportsProgressInBytes()
{
    const auto opened = open(richModel());
    const Folder folder;
    for (const Model& model : {opened->model, allRewritten(opened->model)}) {
        Steps steps;
        QVERIFY(saveModel(model, folder.path("m.onnx"), steps, {}));
        QVERIFY(std::is_sorted(steps.seen.begin(), steps.seen.end()));
        QCOMPARE(steps.seen.back().first, fs::file_size(folder.path("m.onnx")));
        QCOMPARE(steps.seen.back().second, fs::file_size(folder.path("m.onnx")));
    }
}

QTEST_APPLESS_MAIN(TestWriter)
#include "test_writer.moc"
