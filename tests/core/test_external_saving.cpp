// SPDX-License-Identifier: GPL-3.0-or-later
// Saving weights beside the model: what goes where, and that every tensor is found again. The saved files are
// read with ONNX's own classes and plain file reads.
#include "core/model/DataFiles.h"
#include "core/model/ModelWriter.h"
#include "core/model/SavePlan.h"
#include "core/tensor/Scaling.h"
#include "support/SmallModels.h"

#include <QtTest>
#include <map>

using namespace pleat;
using namespace pleat::test;
namespace fs = std::filesystem;

namespace {

// What a file on a disk says of a tensor.
struct Found {
    std::string data;
    std::string location; // empty: inside
    std::uint64_t offset = 0, length = 0;
};

std::map<std::string, std::string> entriesOf(const onnx::TensorProto& tensor)
{
    std::map<std::string, std::string> entries;
    for (const auto& entry : tensor.external_data())
        entries[entry.key()] = entry.value();
    return entries;
}

Found find(const onnx::TensorProto& tensor, const fs::path& folder)
{
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL)
        return {tensor.raw_data(), {}, 0, 0};
    auto entries = entriesOf(tensor);
    const std::string file = contents(folder / entries["location"]);
    Found found;
    found.location = entries["location"];
    found.offset = entries.contains("offset") ? std::stoull(entries["offset"]) : 0;
    found.length = entries.contains("length") ? std::stoull(entries["length"]) : file.size() - found.offset;
    found.data = file.substr(found.offset, found.length);
    return found;
}

void collect(const onnx::GraphProto& graph, const fs::path& folder, std::map<std::string, Found>& into);

void collect(const onnx::NodeProto& node, const fs::path& folder, std::map<std::string, Found>& into)
{
    for (const auto& attribute : node.attribute()) {
        if (attribute.has_t())
            into["constant " + node.output(0)] = find(attribute.t(), folder);
        if (attribute.has_sparse_tensor())
            into["sparse " + node.output(0)] = find(attribute.sparse_tensor().values(), folder);
        if (attribute.has_g())
            collect(attribute.g(), folder, into);
    }
}

void collect(const onnx::GraphProto& graph, const fs::path& folder, std::map<std::string, Found>& into)
{
    for (const auto& tensor : graph.initializer())
        into[tensor.name()] = find(tensor, folder);
    for (const auto& sparse : graph.sparse_initializer())
        into["sparse " + sparse.values().name()] = find(sparse.values(), folder);
    for (const auto& node : graph.node())
        collect(node, folder, into);
}

std::map<std::string, Found> tensorsIn(const fs::path& file)
{
    onnx::ModelProto model;
    std::map<std::string, Found> found;
    if (!model.ParseFromString(contents(file)))
        return found;
    collect(model.graph(), file.parent_path(), found);
    for (const auto& function : model.functions()) {
        for (const auto& node : function.node())
            collect(node, file.parent_path(), found);
    }
    return found;
}

// The raw data of `tensor` goes to the end of `data`.
void moveOut(onnx::TensorProto& tensor, const std::string& location, std::string& data,
             const std::map<std::string, std::string>& more = {})
{
    const auto entry = [&](const std::string& key, const std::string& value) {
        auto* added = tensor.add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    data.resize((data.size() + 15) / 16 * 16, '\7');
    entry("location", location);
    entry("offset", std::to_string(data.size()));
    entry("length", std::to_string(tensor.raw_data().size()));
    for (const auto& [key, value] : more)
        entry(key, value);
    data += tensor.raw_data();
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
}

// Tensors in every place that ONNX knows, all beside the model but "inside", in two files.
struct Everywhere {
    onnx::ModelProto inside = branchedModel(); // the same with everything in the model
    onnx::ModelProto outside;
    std::string first = "a header of the first file", second;

    Everywhere()
    {
        auto* graph = inside.mutable_graph();
        *graph->add_initializer() = floatTensor("inside", {64, 32}, 7.0f);
        *graph->add_initializer() = floatTensor("small", {4}, 8.0f);
        auto* sparse = graph->add_sparse_initializer();
        *sparse->mutable_values() = floatTensor("thin", {2000}, 9.0f);
        sparse->mutable_indices()->set_data_type(onnx::TensorProto::INT64);
        sparse->mutable_indices()->add_dims(2000);
        for (int at = 0; at < 2000; ++at)
            sparse->mutable_indices()->add_int64_data(2 * at);
        sparse->add_dims(5000);
        auto* function = inside.add_functions();
        function->set_name("F");
        function->set_domain("test");
        auto* constant = function->add_node();
        constant->set_op_type("Constant");
        constant->add_output("inner");
        auto* value = constant->add_attribute();
        value->set_name("value");
        value->set_type(onnx::AttributeProto::TENSOR);
        *value->mutable_t() = floatTensor("", {1500}, 10.0f);
        function->add_output("inner");

        outside = inside;
        auto* moved = outside.mutable_graph();
        moveOut(*moved->mutable_initializer(1), "one.bin", first, {{"checksum", "kept as it is"}}); // w
        moveOut(*moved->mutable_initializer(3), "two.bin", second);                                 // small
        moveOut(*moved->mutable_sparse_initializer(0)->mutable_values(), "two.bin", second);
        auto* branch = moved->mutable_node(1);
        moveOut(
            *branch->mutable_attribute(0)->mutable_g()->mutable_node(0)->mutable_attribute(0)->mutable_t(),
            "one.bin", first);
        moveOut(*branch->mutable_attribute(1)->mutable_g()->mutable_initializer(0), "two.bin", second);
        moveOut(*outside.mutable_functions(0)->mutable_node(0)->mutable_attribute(0)->mutable_t(), "two.bin",
                second);
    }

    fs::path writeTo(const Folder& folder) const
    {
        folder.write("one.bin", first);
        folder.write("two.bin", second);
        return folder.write("m.onnx", outside);
    }

    std::map<std::string, std::string> truth() const
    {
        std::map<std::string, Found> found;
        collect(inside.graph(), {}, found);
        collect(inside.functions(0).node(0), {}, found);
        std::map<std::string, std::string> data;
        for (const auto& [name, tensor] : found)
            data[name] = tensor.data;
        return data;
    }
};

std::map<std::string, std::string> dataIn(const fs::path& file)
{
    std::map<std::string, std::string> data;
    for (const auto& [name, tensor] : tensorsIn(file))
        data[name] = tensor.data;
    return data;
}

// The weight "w" times two for each output channel, as a fold leaves it.
Model doubled(const Model& model, const std::string& name = "w")
{
    auto graph = std::make_shared<Graph>(*model.graph);
    graph->source = {};
    graph->initializers.changeAll([&](Initializer& initializer) {
        if (initializer.tensor.name() != name)
            return;
        const TensorView view = tensorView(initializer.tensor);
        const auto outputs = static_cast<std::uint64_t>(view.dims().at(0));
        const auto layout = WeightLayout::convolution(outputs, view.elements() / outputs, 1, 1);
        auto content =
            scaled(view, layout, std::make_shared<const std::vector<double>>(outputs, 2.0), nullptr);
        initializer.tensor = makeTensor(name, view.type(), view.dims(), std::move(*content));
        initializer.source = {};
    });
    Model changed = model;
    changed.graph = graph;
    changed.edited = true;
    return changed;
}

std::string twice(const std::string& floats)
{
    std::string result = floats;
    for (std::size_t at = 0; at + 4 <= result.size(); at += 4) {
        float value = 0;
        std::memcpy(&value, result.data() + at, 4);
        value *= 2;
        std::memcpy(result.data() + at, &value, 4);
    }
    return result;
}

Result<Saved> save(const Model& model, const fs::path& target, DataPlacement data = DataPlacement::Keep)
{
    NoProgress progress;
    return saveModel(model, target, progress, {}, data);
}

std::string said(const Result<Saved>& saved)
{
    return saved ? std::string() : saved.error().message;
}

} // namespace

class TestExternalSaving : public QObject {
    Q_OBJECT

private slots:
    void givesBackTheSameBytesInTheSameFolder();
    void keepsUnchangedDataWhereItLies();
    void takesEverythingToAnotherFolder();
    void putsEverythingInside();
    void putsEverythingLargeOutside();
    void writesSharedDataOnce();
    void neverTakesANameThatIsTaken_data();
    void neverTakesANameThatIsTaken();
    void savesOverItsOwnSource();
    void namesDataFilesThatAreNotUsedAnyMore();
    void followsLinksWithinAFolder();
    void copiesWhatWasOpenedWhenThePathHasAnotherFile();
    void refusesToCopyWhatIsNotThere();
    void leavesNothingBehindOnErrors();
    void neverOverwritesTheDataOfTheOpenModel();
    void neverTakesTheNameOfMissingData();
    void movesWeightsOutOfAModelThatIsTooLarge();
    void neverGivesMissingDataAnotherFile_data();
    void neverGivesMissingDataAnotherFile();
    void callsNoFileUnusedThatIsNamed_data();
    void callsNoFileUnusedThatIsNamed();
    void saysALotInFewSentences();
    void saysThatTrainingDataStays();
    void savesUnderAsLongANameAsTheDiskTakes();
    void refusesDataBehindALinkIntoAnotherFolder();
    void leavesTheStoreOfLinksWhenItSavesBesideThem();
};

void TestExternalSaving::givesBackTheSameBytesInTheSameFolder()
{
    const Folder folder;
    const auto source = Everywhere().writeTo(folder);
    const auto opened = open(source);
    QVERIFY(opened);
    const auto done = save(opened->model, folder.path("copy.onnx"));
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(contents(folder.path("copy.onnx")), contents(source));
    QVERIFY(done->dataFile.empty());
    QVERIFY(done->notices.empty());
    QCOMPARE(folder.names(), (std::vector<std::string>{"copy.onnx", "m.onnx", "one.bin", "two.bin"}));
}

void TestExternalSaving::keepsUnchangedDataWhereItLies()
{
    const Folder folder;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    const auto done = save(doubled(opened->model), folder.path("new.onnx"));
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->dataFile.filename().string(), std::string("new.onnx.1.data"));
    auto truth = model.truth();
    truth["w"] = twice(truth["w"]);
    QCOMPARE(dataIn(folder.path("new.onnx")), truth);
    auto found = tensorsIn(folder.path("new.onnx"));
    QCOMPARE(found["w"].location, std::string("new.onnx.1.data"));
    QCOMPARE(found["sparse thin"].location, std::string("two.bin"));
    QCOMPARE(found["constant k"].location, std::string("one.bin"));
    QCOMPARE(found["small"].location, std::string("two.bin"));
    QVERIFY(found["inside"].location.empty());
    QCOMPARE(contents(done->dataFile), truth["w"]); // and nothing else
    // Other entries of what stays are kept.
    const auto again = save(doubled(opened->model, "inside"), folder.path("again.onnx"));
    QVERIFY2(again, said(again).c_str());
    onnx::ModelProto saved;
    QVERIFY(saved.ParseFromString(contents(folder.path("again.onnx"))));
    QCOMPARE(entriesOf(saved.graph().initializer(1)), entriesOf(model.outside.graph().initializer(1)));
    QVERIFY(again->dataFile.empty());
}

void TestExternalSaving::takesEverythingToAnotherFolder()
{
    const Folder folder, elsewhere;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    for (const bool edited : {false, true}) {
        const auto target = elsewhere.path(edited ? "edited.onnx" : "unedited.onnx");
        const auto done = save(edited ? doubled(opened->model) : opened->model, target);
        QVERIFY2(done, said(done).c_str());
        auto truth = model.truth();
        if (edited)
            truth["w"] = twice(truth["w"]);
        QCOMPARE(dataIn(target), truth);
        std::uint64_t end = 0;
        std::map<std::uint64_t, std::uint64_t> pieces;
        for (const auto& [name, tensor] : tensorsIn(target)) {
            QCOMPARE(tensor.location.empty(), name == "inside" || name == "condition");
            if (tensor.location.empty())
                continue;
            QCOMPARE(tensor.location, done->dataFile.filename().string());
            QCOMPARE(tensor.offset % (name == "small" ? 64 : 4096), 0u);
            pieces[tensor.offset] = tensor.length;
            end = std::max(end, tensor.offset + tensor.length);
        }
        QCOMPARE(fs::file_size(done->dataFile), end);
        std::uint64_t last = 0;
        for (const auto& [offset, length] : pieces) {
            QVERIFY(offset >= last); // no two overlap
            last = offset + length;
        }
    }
    QCOMPARE(elsewhere.names(), (std::vector<std::string>{"edited.onnx", "edited.onnx.1.data",
                                                          "unedited.onnx", "unedited.onnx.1.data"}));
}

void TestExternalSaving::putsEverythingInside()
{
    const Folder folder;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    for (const bool edited : {false, true}) {
        const auto target = folder.path("in.onnx");
        const auto done =
            save(edited ? doubled(opened->model) : opened->model, target, DataPlacement::Inline);
        QVERIFY2(done, said(done).c_str());
        QVERIFY(done->dataFile.empty());
        auto truth = model.truth();
        if (edited)
            truth["w"] = twice(truth["w"]);
        QCOMPARE(dataIn(target), truth);
        for (const auto& [name, tensor] : tensorsIn(target))
            QVERIFY(tensor.location.empty());
    }
    QCOMPARE(folder.names(), (std::vector<std::string>{"in.onnx", "m.onnx", "one.bin", "two.bin"}));
}

void TestExternalSaving::putsEverythingLargeOutside()
{
    const Folder folder;
    const Everywhere model;
    for (const onnx::ModelProto& source : {model.inside, model.outside}) {
        model.writeTo(folder);
        const auto opened = open(folder.write("m.onnx", source));
        const auto target = folder.path("out.onnx");
        const auto done = save(doubled(opened->model), target, DataPlacement::External);
        QVERIFY2(done, said(done).c_str());
        auto truth = model.truth();
        truth["w"] = twice(truth["w"]);
        QCOMPARE(dataIn(target), truth);
        for (const auto& [name, tensor] : tensorsIn(target)) {
            const bool large = name != "small" && name != "condition";
            QCOMPARE(tensor.location, large ? done->dataFile.filename().string() : std::string());
        }
        fs::remove(done->dataFile);
    }
}

void TestExternalSaving::writesSharedDataOnce()
{
    const Folder folder, elsewhere;
    Everywhere model;
    auto tied = model.outside.graph().initializer(1);
    tied.set_name("tied");
    *model.outside.mutable_graph()->add_initializer() = tied;
    const auto opened = open(model.writeTo(folder));
    const auto done = save(opened->model, elsewhere.path("m.onnx"));
    QVERIFY2(done, said(done).c_str());
    auto found = tensorsIn(elsewhere.path("m.onnx"));
    QCOMPARE(found["tied"].offset, found["w"].offset);
    QCOMPARE(found["tied"].data, model.inside.graph().initializer(1).raw_data());
}

void TestExternalSaving::neverTakesANameThatIsTaken_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("file") << 0;
    QTest::newRow("folder") << 1;
    QTest::newRow("link to nothing") << 2;
    QTest::newRow("link to a file") << 3;
}

void TestExternalSaving::neverTakesANameThatIsTaken()
{
    QFETCH(int, kind);
    const Folder folder;
    const auto opened = open(Everywhere().writeTo(folder));
    const auto taken = folder.path("new.onnx.1.data");
    const auto other = folder.write("other", std::string("somebody's"));
    if (kind == 0)
        folder.write("new.onnx.1.data", std::string("somebody's"));
    else if (kind == 1)
        fs::create_directory(taken);
    else
        fs::create_symlink(kind == 2 ? "absent" : "other", taken);
    const auto done = save(doubled(opened->model), folder.path("new.onnx"));
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->dataFile.filename().string(), std::string("new.onnx.2.data"));
    QCOMPARE(tensorsIn(folder.path("new.onnx"))["w"].location, std::string("new.onnx.2.data"));
    QCOMPARE(contents(other), std::string("somebody's"));
    if (kind == 0)
        QCOMPARE(contents(taken), std::string("somebody's"));
    if (kind >= 2)
        QVERIFY(fs::is_symlink(taken) && !fs::exists(folder.path("absent")));
}

void TestExternalSaving::savesOverItsOwnSource()
{
    const Folder folder;
    const Everywhere model;
    const auto path = model.writeTo(folder);
    const auto opened = open(path);
    auto truth = model.truth();
    truth["w"] = twice(truth["w"]);
    const Model edited = doubled(opened->model);
    for (const auto placement : {DataPlacement::Keep, DataPlacement::Inline, DataPlacement::External}) {
        const auto done = save(edited, path, placement);
        QVERIFY2(done, said(done).c_str());
        QCOMPARE(dataIn(path), truth);
        QCOMPARE(contents(folder.path("one.bin")), model.first); // the originals are never touched
        QCOMPARE(contents(folder.path("two.bin")), model.second);
    }
    // The document still has what it opened.
    const auto weight = tensorView(opened->model.graph->initializers.at(1).tensor).doubles();
    QVERIFY(weight);
    const auto copy = save(opened->model, folder.path("original.onnx"));
    QVERIFY2(copy, said(copy).c_str());
    QCOMPARE(dataIn(folder.path("original.onnx")), model.truth());
}

void TestExternalSaving::namesDataFilesThatAreNotUsedAnyMore()
{
    const Folder folder;
    const auto path = Everywhere().writeTo(folder);
    const auto opened = open(path);
    const auto target = folder.path("new.onnx");
    QVERIFY(save(doubled(opened->model), target)->notices.empty());
    const auto second = save(doubled(opened->model), target);
    QCOMPARE(second->notices.size(), 1u);
    QVERIFY(second->notices[0].find("new.onnx.1.data is not used") == 0);
    QVERIFY(fs::exists(folder.path("new.onnx.1.data")));
    const auto inside = save(opened->model, path, DataPlacement::Inline);
    QCOMPARE(inside->notices.size(), 2u);
    QVERIFY(inside->notices[0].find("one.bin is not used") == 0);
    QVERIFY(inside->notices[1].find("two.bin is not used") == 0);
    // Another model may use them: nothing is said when the source stays.
    QVERIFY(save(opened->model, folder.path("third.onnx"), DataPlacement::Inline)->notices.empty());
}

void TestExternalSaving::followsLinksWithinAFolder()
{
    const Folder folder, elsewhere;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    elsewhere.write("real.onnx", std::string("old"));
    fs::create_symlink("real.onnx", elsewhere.path("link.onnx"));
    const auto done = save(opened->model, elsewhere.path("link.onnx"));
    QVERIFY2(done, said(done).c_str());
    QVERIFY(fs::is_symlink(elsewhere.path("link.onnx")));
    QCOMPARE(done->dataFile.filename().string(), std::string("real.onnx.1.data"));
    QCOMPARE(dataIn(elsewhere.path("link.onnx")), model.truth());
}

void TestExternalSaving::copiesWhatWasOpenedWhenThePathHasAnotherFile()
{
    const Folder folder;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    folder.write("somebody's", std::string("something else"));
    fs::rename(folder.path("somebody's"), folder.path("one.bin"));
    fs::remove(folder.path("two.bin"));
    const auto done = save(opened->model, folder.path("new.onnx"));
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(dataIn(folder.path("new.onnx")), model.truth());
}

void TestExternalSaving::refusesToCopyWhatIsNotThere()
{
    const Folder folder, elsewhere;
    const auto path = Everywhere().writeTo(folder);
    fs::remove(folder.path("two.bin"));
    const auto opened = open(path);
    QVERIFY(opened);
    const auto there = save(opened->model, elsewhere.path("new.onnx"));
    QVERIFY(!there);
    QCOMPARE(there.error().code, ErrorCode::MissingData);
    QVERIFY(there.error().message.find("two.bin") != std::string::npos);
    QVERIFY(!save(opened->model, folder.path("new.onnx"), DataPlacement::Inline));
    QVERIFY(elsewhere.names().empty());
    // Where it would lie when somebody brings it, the model can be saved without it.
    const auto here = save(doubled(opened->model), folder.path("new.onnx"));
    QVERIFY2(here, said(here).c_str());
    folder.write("two.bin", Everywhere().second);
    auto truth = Everywhere().truth();
    truth["w"] = twice(truth["w"]);
    QCOMPARE(dataIn(folder.path("new.onnx")), truth);
}

void TestExternalSaving::leavesNothingBehindOnErrors()
{
    const Folder folder, elsewhere;
    const auto opened = open(Everywhere().writeTo(folder));
    // The data file is written and placed first; then the model turns out to be changed.
    struct Spoil final : Progress {
        fs::path file;
        std::uint64_t at = 0, seen = 0;
        void advance(std::uint64_t, std::uint64_t) override
        {
            if (++seen == at)
                fs::resize_file(file, fs::file_size(file) - 1);
        }
    };
    for (std::uint64_t at = 1;; ++at) {
        const Folder source;
        const auto model = open(Everywhere().writeTo(source));
        Spoil spoil;
        spoil.file = source.path("two.bin");
        spoil.at = at;
        const auto done = saveModel(model->model, elsewhere.path("new.onnx"), spoil, {});
        if (spoil.seen < at) {
            QVERIFY(done);
            QVERIFY(at > 6);
            break;
        }
        if (!done) {
            QCOMPARE(done.error().code, ErrorCode::Changed);
            QVERIFY(elsewhere.names().empty());
        }
    }
}

void TestExternalSaving::neverOverwritesTheDataOfTheOpenModel()
{
    const Folder folder;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    const auto done = save(doubled(opened->model), folder.path("one.bin"), DataPlacement::Inline);
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::Unwritable);
    QCOMPARE(contents(folder.path("one.bin")), model.first);
}

void TestExternalSaving::neverTakesTheNameOfMissingData()
{
    const Folder folder;
    const Everywhere model;
    const auto path = model.writeTo(folder);
    fs::remove(folder.path("two.bin"));
    const auto opened = open(path);
    for (const std::string name : {"two.bin", "./two.bin"}) {
        const auto done = save(doubled(opened->model), folder.path(name));
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::Unwritable);
    }
    fs::create_symlink("two.bin", folder.path("link"));
    QVERIFY(!save(opened->model, folder.path("link")));
    QCOMPARE(folder.names(), (std::vector<std::string>{"link", "m.onnx", "one.bin"}));
}

// The plan only: a test of the whole way is among the slow ones.
void TestExternalSaving::movesWeightsOutOfAModelThatIsTooLarge()
{
    const Folder folder;
    const auto opened = open(Everywhere().writeTo(folder));
    const Placement kept(opened->model, DataPlacement::Keep, folder.path("").parent_path());
    QVERIFY(!kept.movesAny());
    const auto plan = planSave(opened->model, kept.withoutLargeInside(), "large.data");
    QVERIFY(plan);
    QCOMPARE(plan->pieces.size(), 1u);
    QCOMPARE(plan->pieces[0].tensor.name(), std::string("inside"));
    QVERIFY(plan->bytes < fs::file_size(folder.path("m.onnx")));
}

// The weight "w" lies in `location`, the one beside it ("small") in "two.bin" as ever.
void rename(onnx::ModelProto& model, int initializer, const std::string& location)
{
    auto* entry = model.mutable_graph()->mutable_initializer(initializer)->mutable_external_data(0);
    QCOMPARE(entry->key(), std::string("location"));
    entry->set_value(location);
}

void TestExternalSaving::neverGivesMissingDataAnotherFile_data()
{
    QTest::addColumn<QString>("location");
    QTest::newRow("plain") << "m.onnx.1.data";
    QTest::newRow("another way to write it") << ".//m.onnx.1.data";
}

// A fresh file of that name would hold other weights at the same offsets.
void TestExternalSaving::neverGivesMissingDataAnotherFile()
{
    QFETCH(QString, location);
    const Folder folder;
    Everywhere model;
    rename(model.outside, 3, location.toStdString());
    const auto path = model.writeTo(folder);
    const auto opened = open(path);
    QVERIFY(opened);
    const auto done = save(doubled(opened->model), path);
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->dataFile.filename().string(), std::string("m.onnx.2.data"));
    QVERIFY(!fs::exists(folder.path("m.onnx.1.data")));
    folder.write("m.onnx.1.data", model.second); // somebody brings it
    auto truth = model.truth();
    truth["w"] = twice(truth["w"]);
    QCOMPARE(dataIn(path), truth);
}

void TestExternalSaving::callsNoFileUnusedThatIsNamed_data()
{
    QTest::addColumn<QString>("location");
    QTest::addColumn<bool>("damaged");
    QTest::newRow("by two names") << "./one.bin" << false;
    QTest::newRow("damaged") << "m.onnx.1.data" << true;
}

// Who deletes what we call unused must lose nothing.
void TestExternalSaving::callsNoFileUnusedThatIsNamed()
{
    QFETCH(QString, location);
    QFETCH(bool, damaged);
    const Folder folder;
    Everywhere model;
    // "w" is changed; the branch's constant stays in "one.bin".
    rename(model.outside, damaged ? 3 : 1, location.toStdString());
    const auto path = model.writeTo(folder);
    if (damaged)
        folder.write("m.onnx.1.data", std::string("cut"));
    const auto opened = open(path);
    QVERIFY(opened);
    const auto done = save(doubled(opened->model), path);
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->notices, std::vector<std::string>());
}

void TestExternalSaving::saysALotInFewSentences()
{
    const Folder folder;
    Everywhere model;
    for (int n = 1; n <= 30; ++n)
        folder.write("m.onnx." + std::to_string(n) + ".data", std::string("old"));
    const auto path = model.writeTo(folder);
    const auto done = save(doubled(open(path)->model), path);
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->notices.size(), 9u);
    QCOMPARE(done->notices.back(), std::string("22 more data files are not used by the saved model."));
    for (int n = 0; n < 30; ++n) {
        auto tensor = floatTensor("t" + std::to_string(n), {4});
        std::string nowhere;
        moveOut(tensor, "missing" + std::to_string(n), nowhere);
        *model.outside.mutable_graph()->add_initializer() = tensor;
    }
    const auto opened = open(model.writeTo(folder));
    QVERIFY(opened);
    QCOMPARE(opened->notices.size(), 9u);
}

void TestExternalSaving::saysThatTrainingDataStays()
{
    const Folder folder, elsewhere;
    Everywhere model;
    std::string unread;
    auto* initial = model.outside.add_training_info()->mutable_initialization()->add_initializer();
    *initial = floatTensor("state", {2000});
    moveOut(*initial, "training.bin", unread);
    const auto opened = open(model.writeTo(folder));
    QVERIFY(opened);
    QVERIFY(save(opened->model, folder.path("new.onnx"))->notices.empty());
    const auto done = save(opened->model, elsewhere.path("new.onnx"), DataPlacement::Inline);
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(done->notices.size(), 1u);
    QVERIFY(done->notices[0].find("training") != std::string::npos);
}

// No room for ".1.data" is an error only for who wants a data file.
void TestExternalSaving::savesUnderAsLongANameAsTheDiskTakes()
{
    const Folder folder;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    const auto target = folder.path(std::string(250, 'm') + ".onnx");
    const auto before = folder.names();
    const auto outside = save(doubled(opened->model), target);
    QVERIFY(!outside);
    QCOMPARE(outside.error().code, ErrorCode::Unwritable);
    QCOMPARE(folder.names(), before);
    const auto inside = save(doubled(opened->model), target, DataPlacement::Inline);
    QVERIFY2(inside, said(inside).c_str());
}

// Through the link the model would not find a data file beside the file that the link leads to.
void TestExternalSaving::refusesDataBehindALinkIntoAnotherFolder()
{
    const Folder folder, elsewhere;
    const Everywhere model;
    const auto opened = open(model.writeTo(folder));
    fs::create_symlink(elsewhere.path("real.onnx"), folder.path("link.onnx"));
    const auto done = save(opened->model, folder.path("link.onnx"));
    QVERIFY(!done);
    QCOMPARE(done.error().code, ErrorCode::Unwritable);
    QVERIFY(done.error().message.find(elsewhere.path("real.onnx").string()) != std::string::npos);
    QVERIFY(elsewhere.names().empty());
    const auto inside = save(opened->model, folder.path("link.onnx"), DataPlacement::Inline);
    QVERIFY2(inside, said(inside).c_str());
    QVERIFY(fs::is_symlink(folder.path("link.onnx")));
}

// The cache of a model hub: a folder of links into a store. ONNX Runtime reads such a model, but not a real
// file among the links that names one of them.
void TestExternalSaving::leavesTheStoreOfLinksWhenItSavesBesideThem()
{
    const Folder store, links;
    const Everywhere model;
    model.writeTo(store);
    for (const std::string name : {"m.onnx", "one.bin", "two.bin"})
        fs::create_symlink(store.path(name), links.path(name));
    const auto opened = open(links.path("m.onnx"));
    QVERIFY(opened);
    QCOMPARE(opened->notices, std::vector<std::string>());
    const auto done = save(opened->model, links.path("new.onnx"));
    QVERIFY2(done, said(done).c_str());
    QCOMPARE(dataIn(links.path("new.onnx")), model.truth());
    for (const auto& [name, tensor] : tensorsIn(links.path("new.onnx")))
        QVERIFY(tensor.location.empty() || tensor.location == "new.onnx.1.data");
    QCOMPARE(store.names(), (std::vector<std::string>{"m.onnx", "one.bin", "two.bin"}));
}

QTEST_APPLESS_MAIN(TestExternalSaving)
#include "test_external_saving.moc"
