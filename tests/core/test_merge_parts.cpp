// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes, initializers and a graph's own tensors of two models stand in one: each brings its bytes along, is
// copied from the file that it came from, and nothing of the one is taken for something of the other. The
// merged message, put together by hand with ONNX's own classes, is the truth.
#include "core/graph/GraphView.h"
#include "core/model/Assemble.h"
#include "core/model/DataFiles.h"
#include "core/model/ModelWriter.h"
#include "core/model/SavePlan.h"
#include "core/model/TensorWalk.h"
#include "support/Rewritten.h"
#include "support/SmallModels.h"
#include "tests/core/support/ModelChecks.h"
#include "tests/core/support/OrtRunner.h"

#include <QtTest>
#include <chrono>
#include <set>

using namespace pleat;
using namespace pleat::test;
namespace fs = std::filesystem;

namespace {

// x → Conv → If (a body with a Constant, one with an initializer) → Add of a Constant → Add of a sparse
// initializer → y, all names with `prefix` and all tensors large.
onnx::ModelProto partModel(const std::string& prefix, float first)
{
    const auto named = [&](const std::string& name) { return prefix + name; };
    const auto constant = [&](onnx::GraphProto* graph, const std::string& name, float from) {
        auto* value = addNode(graph, "Constant", {}, {named(name)}, named(name))->add_attribute();
        value->set_name("value");
        value->set_type(onnx::AttributeProto::TENSOR);
        *value->mutable_t() = floatTensor("", {1, 32, 6, 6}, from);
    };
    const auto output = [&](onnx::GraphProto* graph, const std::string& name) {
        addOutput(graph, named(name));
        auto& type = *graph->mutable_output(0)->mutable_type()->mutable_tensor_type();
        for (const std::int64_t dim : {1, 32, 6, 6})
            type.mutable_shape()->add_dim()->set_dim_value(dim);
    };
    onnx::ModelProto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, named("x"), {1, 16, 8, 8});
    auto* condition = graph->add_initializer();
    condition->set_name(named("condition"));
    condition->set_data_type(onnx::TensorProto::BOOL);
    condition->add_int32_data(1);
    *graph->add_initializer() = floatTensor(named("w"), {32, 16, 3, 3}, first);
    addNode(graph, "Conv", {named("x"), named("w")}, {named("c")}, named("conv"));
    auto* choice = addNode(graph, "If", {named("condition")}, {named("i")}, named("choice"));
    const auto branch = [&](const char* attribute) {
        auto* made = choice->add_attribute();
        made->set_name(attribute);
        made->set_type(onnx::AttributeProto::GRAPH);
        made->mutable_g()->set_name(named(attribute));
        return made->mutable_g();
    };
    auto* then = branch("then_branch");
    constant(then, "k", first + 1);
    addNode(then, "Add", {named("c"), named("k")}, {named("t")});
    output(then, "t");
    auto* otherwise = branch("else_branch");
    *otherwise->add_initializer() = floatTensor(named("k2"), {1, 32, 6, 6}, first + 2);
    addNode(otherwise, "Mul", {named("c"), named("k2")}, {named("e")});
    output(otherwise, "e");
    constant(graph, "k3", first + 3);
    addNode(graph, "Add", {named("i"), named("k3")}, {named("a")}, named("add"));
    auto* sparse = graph->add_sparse_initializer();
    *sparse->mutable_values() = floatTensor(named("thin"), {1100}, first + 4);
    sparse->mutable_indices()->set_data_type(onnx::TensorProto::INT64);
    sparse->mutable_indices()->add_dims(1100);
    for (int at = 0; at < 1100; ++at)
        sparse->mutable_indices()->add_int64_data(at);
    for (const std::int64_t dim : {1, 32, 6, 6})
        sparse->add_dims(dim);
    addNode(graph, "Add", {named("a"), named("thin")}, {named("y")}, named("last"));
    output(graph, "y");
    return model;
}

void moveOut(onnx::TensorProto& tensor, std::string& data)
{
    const auto entry = [&](const char* key, const std::string& value) {
        auto* added = tensor.add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    entry("location", "weights.bin");
    entry("offset", std::to_string(data.size()));
    entry("length", std::to_string(tensor.raw_data().size()));
    data += tensor.raw_data();
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
}

// The same model with its weights, one in each place, in a data file.
onnx::ModelProto withDataFile(onnx::ModelProto model, std::string& data)
{
    auto* graph = model.mutable_graph();
    moveOut(*graph->mutable_initializer(1), data);
    auto* choice = graph->mutable_node(1);
    moveOut(*choice->mutable_attribute(0)->mutable_g()->mutable_node(0)->mutable_attribute(0)->mutable_t(),
            data);
    moveOut(*choice->mutable_attribute(1)->mutable_g()->mutable_initializer(0), data);
    moveOut(*graph->mutable_node(2)->mutable_attribute(0)->mutable_t(), data);
    moveOut(*graph->mutable_sparse_initializer(0)->mutable_values(), data);
    return model;
}

// Nodes and initializers take turns, so that in the result neighbours are never of one file.
onnx::ModelProto mergedMessage(const onnx::ModelProto& a, const onnx::ModelProto& b)
{
    onnx::ModelProto merged = a;
    auto* graph = merged.mutable_graph();
    graph->clear_node();
    graph->clear_initializer();
    for (int at = 0; at < a.graph().node_size(); ++at) {
        *graph->add_node() = a.graph().node(at);
        *graph->add_node() = b.graph().node(at);
    }
    for (int at = 0; at < a.graph().initializer_size(); ++at) {
        *graph->add_initializer() = a.graph().initializer(at);
        *graph->add_initializer() = b.graph().initializer(at);
    }
    graph->mutable_input()->MergeFrom(b.graph().input());
    graph->mutable_output()->MergeFrom(b.graph().output());
    graph->mutable_sparse_initializer()->MergeFrom(b.graph().sparse_initializer());
    return merged;
}

Model merged(const Model& a, const Model& b)
{
    Model made = a;
    made.edited = true;
    made.keepSourcesOf(b);
    auto graph = std::make_shared<Graph>();
    const auto adopted = [&](auto part) {
        if constexpr (std::is_same_v<decltype(part), Node>)
            part.id = made.ids->node();
        else
            part.id = made.ids->tensor();
        return part;
    };
    for (std::size_t at = 0; at < a.graph->nodes.size(); ++at) {
        graph->nodes.push_back(a.graph->nodes.at(at));
        graph->nodes.push_back(adopted(b.graph->nodes.at(at)));
    }
    for (std::size_t at = 0; at < a.graph->initializers.size(); ++at) {
        graph->initializers.push_back(a.graph->initializers.at(at));
        graph->initializers.push_back(adopted(b.graph->initializers.at(at)));
    }
    auto header = std::make_shared<onnx::GraphProto>(*a.graph->header);
    header->mutable_input()->MergeFrom(b.graph->header->input());
    header->mutable_output()->MergeFrom(b.graph->header->output());
    graph->payloads = a.graph->payloads;
    for (onnx::SparseTensorProto sparse : b.graph->header->sparse_initializer()) {
        movePayload(*sparse.mutable_values(), b.graph->payloads, graph->payloads);
        movePayload(*sparse.mutable_indices(), b.graph->payloads, graph->payloads);
        *header->add_sparse_initializer() = sparse;
    }
    graph->header = header;
    made.graph = graph;
    return made;
}

// Two models of one layout in two folders, all else is different: one with everything inside, the other with
// a data file; beside the first lies a file that is called as the data file of the second.
struct Parts {
    Folder folder;
    onnx::ModelProto a = partModel("a_", 0.5f), b = partModel("b_", 100.0f);
    onnx::ModelProto truth = mergedMessage(a, b);
    fs::path fileOfA, fileOfB;
    Model modelOfA, modelOfB, model;

    explicit Parts(bool dataFile = true)
    {
        std::string data;
        fs::create_directory(folder.path("other"));
        folder.write("weights.bin", std::string(200'000, 'z'));
        fileOfA = folder.write("a.onnx", a);
        fileOfB = folder.write("other/b.onnx", dataFile ? withDataFile(b, data) : b);
        folder.write("other/weights.bin", data);
        modelOfA = open(fileOfA)->model;
        modelOfB = open(fileOfB)->model;
        model = merged(modelOfA, modelOfB);
    }
};

std::string wholeOf(const Model& model)
{
    const auto whole = assemble(model, LeftOut::Whole);
    return whole ? whole->SerializeAsString() : whole.error().message;
}

std::string reread(const fs::path& file)
{
    const auto opened = open(file);
    return opened ? wholeOf(opened->model) : opened.error().message;
}

std::string said(const Result<Saved>& saved)
{
    return saved ? std::string() : saved.error().message;
}

std::set<FileId> copiedFrom(const Model& model, const fs::path& folder)
{
    const Placement placement(model, DataPlacement::Keep, folder);
    const auto plan = planSave(model, placement, "fresh.data");
    std::set<FileId> files;
    for (const SavePlan::Segment& segment : plan->segments) {
        if (const auto* range = std::get_if<SourceRange>(&segment))
            files.insert(range->file);
    }
    return files;
}

} // namespace

class TestMergeParts : public QObject {
    Q_OBJECT

private slots:
    void everyTensorBringsItsBytes();
    void savesThemWherever_data();
    void savesThemWherever();
    void copiesEachFromItsOwnFile();
    void computesWhatTheTwoComputed();
    void needsNoSourceToBeRight();
    void noticesThatEitherFileChanged();
    void namesADataFileOnlyWhereItIsFound();
    void aNodeTakesItsTensorsIntoAnotherModel();
    void callsOfAFunctionGiveTheirOwnTensors();
};

void TestMergeParts::everyTensorBringsItsBytes()
{
    const Parts parts;
    QVERIFY(wholeOf(parts.model) == parts.truth.SerializeAsString());
    std::size_t large = 0;
    forEachTensor(parts.model, [&](const auto&, const Payload* payload) { large += payload != nullptr; });
    QCOMPARE(large, 2 * std::size_t{5});
}

void TestMergeParts::savesThemWherever_data()
{
    QTest::addColumn<DataPlacement>("data");
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("rewritten");
    for (const bool rewritten : {false, true}) {
        for (const char* target :
             {"a.onnx", "merged.onnx", "other/b.onnx", "other/merged.onnx", "new/m.onnx"}) {
            const auto row = [&](const char* name, DataPlacement data) {
                QTest::addRow("%s to %s%s", name, target, rewritten ? ", rewritten" : "")
                    << data << target << rewritten;
            };
            row("kept", DataPlacement::Keep);
            row("inside", DataPlacement::Inline);
            row("outside", DataPlacement::External);
        }
    }
}

void TestMergeParts::savesThemWherever()
{
    QFETCH(DataPlacement, data);
    QFETCH(QString, target);
    QFETCH(bool, rewritten);
    const Parts parts;
    fs::create_directory(parts.folder.path("new"));
    const fs::path file = parts.folder.path(target.toStdString());
    NoProgress progress;
    const auto saved =
        saveModel(rewritten ? allRewritten(parts.model) : parts.model, file, progress, {}, data);
    QVERIFY2(saved, said(saved).c_str());
    QVERIFY(reread(file) == parts.truth.SerializeAsString());
    if (data == DataPlacement::Inline) {
        onnx::ModelProto inside;
        QVERIFY(inside.ParseFromString(contents(file)));
        QVERIFY(inside.SerializeAsString() == parts.truth.SerializeAsString());
        QCOMPARE(whatTheCheckerSays(inside), std::string());
    }
    // Both documents go on with what they have opened.
    QVERIFY(wholeOf(parts.modelOfA) == parts.a.SerializeAsString());
    QVERIFY(wholeOf(parts.modelOfB) == parts.b.SerializeAsString());
}

void TestMergeParts::copiesEachFromItsOwnFile()
{
    const Parts parts(false);
    const Placement placement(parts.model, DataPlacement::Keep, parts.folder.path({}));
    const auto plan = planSave(parts.model, placement, "fresh.data");
    QVERIFY(plan);
    std::size_t copies = 0;
    for (const SavePlan::Segment& segment : plan->segments) {
        if (const auto* range = std::get_if<SourceRange>(&segment)) {
            // Alternating, so never two messages in one copy, although they follow each other by their
            // offsets: the files have one layout.
            const bool known =
                range->file == parts.modelOfA.source->id() || range->file == parts.modelOfB.source->id();
            QVERIFY(known);
            ++copies;
        }
    }
    QCOMPARE(copies, parts.model.graph->nodes.size() + parts.model.graph->initializers.size());
    const fs::path file = parts.folder.path("merged.onnx");
    NoProgress progress;
    QVERIFY(saveModel(parts.model, file, progress, {}));
    QVERIFY(reread(file) == parts.truth.SerializeAsString());
}

void TestMergeParts::computesWhatTheTwoComputed()
{
    const Parts parts;
    const fs::path file = parts.folder.path("merged.onnx");
    NoProgress progress;
    QVERIFY(saveModel(parts.model, file, progress, {}, DataPlacement::Inline));
    const Arrays inputs = randomInputs(parts.truth, 1);
    const auto got = runInOnnxRuntime(contents(file), inputs);
    QVERIFY2(got, got ? "" : got.error().c_str());
    QCOMPARE(got->size(), std::size_t{2});
    for (const onnx::ModelProto* one : {&parts.a, &parts.b}) {
        const std::string& input = one->graph().input(0).name();
        const std::string& output = one->graph().output(0).name();
        const auto alone = runInOnnxRuntime(one->SerializeAsString(), {{input, inputs.at(input)}});
        QVERIFY2(alone, alone ? "" : alone.error().c_str());
        QCOMPARE(largestRelativeDifference(*alone, {{output, got->at(output)}}), 0.0);
    }
}

// Somebody has not said that the model keeps the other file: what came from it is written, not copied.
void TestMergeParts::needsNoSourceToBeRight()
{
    Parts parts;
    const FileId other = parts.modelOfB.source->id();
    QCOMPARE(copiedFrom(parts.model, parts.folder.path({})).size(), std::size_t{2});
    parts.model.otherSources.clear();
    parts.modelOfB = {};
    QVERIFY(!copiedFrom(parts.model, parts.folder.path({})).contains(other));
    const fs::path file = parts.folder.path("merged.onnx");
    NoProgress progress;
    const auto saved = saveModel(parts.model, file, progress, {});
    QVERIFY2(saved, said(saved).c_str());
    QVERIFY(reread(file) == parts.truth.SerializeAsString());
}

void TestMergeParts::noticesThatEitherFileChanged()
{
    for (const char* changed : {"a.onnx", "other/b.onnx", "other/weights.bin"}) {
        const Parts parts;
        const fs::path file = parts.folder.path(changed);
        fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(3));
        NoProgress progress;
        const auto saved = saveModel(parts.model, parts.folder.path("merged.onnx"), progress, {});
        QVERIFY2(!saved, changed);
        QCOMPARE(saved.error().code, ErrorCode::Changed);
        QVERIFY2(saved.error().message.find(file.string()) != std::string::npos,
                 saved.error().message.c_str());
        QVERIFY(!fs::exists(parts.folder.path("merged.onnx")));
    }
}

// Beside a.onnx there is a "weights.bin", too, which is not the one that b.onnx means; and a model that says
// what it expects there must not get it.
void TestMergeParts::namesADataFileOnlyWhereItIsFound()
{
    const Parts parts;
    for (const char* folder : {"", "other"}) {
        const Placement placement(parts.model, DataPlacement::Keep, parts.folder.path(folder));
        QCOMPARE(placement.dataFiles().size(), std::size_t{1});
        QCOMPARE(placement.staysInPlace(placement.dataFiles().front()), *folder != '\0');
    }
    fs::remove(parts.folder.path("other/weights.bin"));
    const auto without = open(parts.fileOfB);
    QVERIFY(without);
    NoProgress progress;
    const Model incomplete = merged(parts.modelOfA, without->model);
    const auto saved = saveModel(incomplete, parts.folder.path("merged.onnx"), progress, {});
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::MissingData);
    const auto there = saveModel(incomplete, parts.folder.path("other/merged.onnx"), progress, {});
    QVERIFY2(there, said(there).c_str()); // it is complete when somebody brings them
}

void TestMergeParts::aNodeTakesItsTensorsIntoAnotherModel()
{
    const Parts parts;
    std::vector<Payload> payloads;
    onnx::NodeProto made;
    for (const Model* model : {&parts.modelOfA, &parts.modelOfB}) {
        const Node& constant = model->graph->nodes.at(2);
        auto& attribute = *made.add_attribute();
        attribute = constant.proto->attribute(0);
        movePayloads(attribute, constant.payloads(), payloads);
    }
    QCOMPARE(payloads.size(), std::size_t{2});
    const auto first = tensorView(payloads, made.attribute(0).t()).doubles();
    const auto second = tensorView(payloads, made.attribute(1).t()).doubles();
    QVERIFY(first && second);
    QCOMPARE(first->front(), 3.5);
    QCOMPARE(second->front(), 103.0);
}

// Each call refers to its own payloads, so equal references are no equal tensors.
void TestMergeParts::callsOfAFunctionGiveTheirOwnTensors()
{
    for (const int calls : {1, 2}) {
        onnx::ModelProto model = emptyModel();
        model.add_opset_import()->set_domain("local");
        auto* function = model.add_functions();
        function->set_name("block");
        function->set_domain("local");
        function->add_attribute("given");
        function->add_output("k");
        auto* constant = function->add_node();
        constant->set_op_type("Constant");
        constant->add_output("k");
        auto* value = constant->add_attribute();
        value->set_name("value");
        value->set_type(onnx::AttributeProto::TENSOR);
        value->set_ref_attr_name("given");
        for (int at = 0; at < calls; ++at) {
            auto* call =
                addNode(model.mutable_graph(), "block", {}, {std::string(1, static_cast<char>('a' + at))});
            call->set_domain("local");
            auto* given = call->add_attribute();
            given->set_name("given");
            given->set_type(onnx::AttributeProto::TENSOR);
            *given->mutable_t() = floatTensor("", {2000}, 5.0f + static_cast<float>(at));
        }
        addOutput(model.mutable_graph(), "a");
        const auto opened = open(model);
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        const auto view = GraphView::of(opened->model);
        const auto& scopes = view->scopes();
        const NodeIndex node = scopes.back().nodes.front();
        const onnx::AttributeProto& taken = view->proto(node).attribute(0);
        if (calls == 2) {
            QCOMPARE(taken.ref_attr_name(), std::string("given")); // they do not agree
            continue;
        }
        const auto numbers = tensorView(view->payloads(node), taken.t()).doubles();
        QVERIFY(numbers);
        QCOMPARE(numbers->size(), std::size_t{2000});
        QCOMPARE(numbers->front(), 5.0);
    }
}

QTEST_APPLESS_MAIN(TestMergeParts)
#include "test_merge_parts.moc"
