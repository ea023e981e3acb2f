// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/SaveScene.h"

#include "core/fold/Fold.h"
#include "support/SystemCalls.h"

#include <malloc.h>
#include <regex>

namespace pleat::test {

namespace {

constexpr std::int64_t wide = 240;   // with 128 inputs: 1.1 MB of weights, two blocks
constexpr std::int64_t narrow = 16;  // from `wide`: 138 kB, for the kernel
constexpr std::int64_t smallest = 8; // from `narrow`: 0.5 kB, which stays in the structure

void addConv(onnx::GraphProto* graph, const std::string& name, const std::string& input, std::int64_t out,
             std::int64_t in, std::int64_t kernel)
{
    addNode(graph, "Conv", {input, name + ".w"}, {name}, name);
    *graph->add_initializer() = floatTensor(name + ".w", {out, in, kernel, kernel});
}

void addBatchNorm(onnx::GraphProto* graph, const std::string& name, const std::string& input,
                  std::int64_t channels)
{
    addNode(graph, "BatchNormalization", {input, name + ".s", name + ".b", name + ".m", name + ".v"}, {name},
            name);
    for (const char* parameter : {".s", ".b", ".m", ".v"})
        *graph->add_initializer() = floatTensor(name + parameter, {channels}, 1.5f);
}

onnx::ModelProto sourceModel()
{
    onnx::ModelProto model = emptyModel();
    auto* graph = model.mutable_graph();
    addInput(graph, "x", {1, 128, 8, 8});
    addConv(graph, "c1", "x", wide, 128, 3);
    addBatchNorm(graph, "n1", "c1", wide);
    addNode(graph, "Relu", {"n1"}, {"r1"});
    addConv(graph, "c2", "r1", narrow, wide, 3);
    addNode(graph, "Relu", {"c2"}, {"r2"});
    addConv(graph, "c3", "r2", smallest, narrow, 1);
    addBatchNorm(graph, "n3", "c3", smallest);
    addNode(graph, "Relu", {"n3"}, {"y"});
    addOutput(graph, "y");
    return model;
}

// Moves what is large into a data file of this name, whose bytes are returned.
std::string takeOutLarge(onnx::ModelProto& model, const std::string& dataFile)
{
    std::string data;
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        if (tensor.raw_data().size() < 4096)
            continue;
        const std::map<std::string, std::string> entries{
            {"location", dataFile},
            {"offset", std::to_string(data.size())},
            {"length", std::to_string(tensor.raw_data().size())}};
        for (const auto& [key, value] : entries) {
            auto* entry = tensor.add_external_data();
            entry->set_key(key);
            entry->set_value(value);
        }
        data += tensor.raw_data();
        tensor.clear_raw_data();
        tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    }
    return data;
}

Model folded(const Model& model)
{
    NoProgress progress;
    auto outcome = fold(GraphView::of(model), {}, {}, progress, {});
    if (!outcome)
        qFatal("the model does not fold: %s", outcome.error().message.c_str());
    return std::move(outcome->after);
}

// Files of a megabyte come and go thousands of times: the heap keeps their pages, which halves the time.
void keepPages()
{
    ::mallopt(M_MMAP_THRESHOLD, 1 << 28);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 28);
}

} // namespace

std::string SaveKind::name() const
{
    static const std::map<Over, std::string> targets{{Over::Nothing, "to a new file"},
                                                     {Over::NothingElsewhere, "to another folder"},
                                                     {Over::Another, "over another model"},
                                                     {Over::Source, "over its own source"}};
    static const std::map<DataPlacement, std::string> placements{{DataPlacement::Keep, "keep"},
                                                                 {DataPlacement::Inline, "inline"},
                                                                 {DataPlacement::External, "external"}};
    return std::string(externalSource ? "two files, " : "one file, ") + placements.at(data) + ", " +
           targets.at(over);
}

std::vector<SaveKind> saveKinds()
{
    using enum SaveKind::Over;
    using enum DataPlacement;
    return {
        {Nothing, Keep, false},     {Another, Keep, false},         {Source, Keep, false},
        {Nothing, External, false}, {Another, External, false},     {Source, External, false},
        {Source, Keep, true},       {NothingElsewhere, Keep, true}, {Another, Inline, true},
        {Source, External, true},
    };
}

SaveScene::SaveScene(const SaveKind& kind) : m_kind(kind), m_target("out.onnx")
{
    keepPages();
    const Interference withoutFlushing;
    static const onnx::ModelProto large = sourceModel();
    onnx::ModelProto model = large;
    if (kind.externalSource)
        m_folder.write("weights.bin", takeOutLarge(model, "weights.bin"));
    const auto source = m_folder.write("source.onnx", model);
    std::filesystem::create_directory(m_folder.path("elsewhere"));
    if (kind.over == SaveKind::Over::NothingElsewhere)
        m_target = "elsewhere/out.onnx";
    if (kind.over == SaveKind::Over::Source)
        m_target = "source.onnx";
    if (kind.over == SaveKind::Over::Another) {
        NoProgress progress;
        const auto older = open(m_folder.write("elsewhere/older.onnx", convModel()));
        if (!saveModel(older->model, target(), progress, {}, DataPlacement::External))
            qFatal("the older model cannot be saved");
    }
    // Long ago, so that whatever changes it has another time, however coarse the clock of the file system is.
    for (const std::string& name : sources())
        std::filesystem::last_write_time(path(name), std::filesystem::file_time_type::clock::now() -
                                                         std::chrono::hours(1));
    const auto opened = open(source);
    if (!opened || !opened->notices.empty())
        qFatal("the model does not open: %s",
               opened ? opened->notices.front().c_str() : opened.error().message.c_str());
    m_folded = folded(opened->model);
    m_before = files();
}

std::vector<std::string> SaveScene::sources() const
{
    if (m_kind.externalSource)
        return {"source.onnx", "weights.bin"};
    return {"source.onnx"};
}

Result<Saved> SaveScene::save(Progress& progress, std::stop_token stop) const
{
    return saveModel(*m_folded, target(), progress, std::move(stop), m_kind.data);
}

Result<Saved> SaveScene::save() const
{
    NoProgress progress;
    return save(progress, {});
}

Result<Saved> SaveScene::saveTo(const std::filesystem::path& target) const
{
    NoProgress progress;
    return saveModel(*m_folded, target, progress, {}, m_kind.data);
}

SaveScene::Files SaveScene::files() const
{
    Files files;
    const auto root = m_folder.path({});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_directory())
            files[entry.path().lexically_relative(root).string()] = contents(entry.path());
    }
    return files;
}

SaveScene::Files SaveScene::after(const SaveKind& kind)
{
    const SaveScene scene(kind);
    const Interference withoutFlushing;
    if (const auto saved = scene.save(); !saved)
        qFatal("an undisturbed save fails: %s", saved.error().message.c_str());
    return scene.files();
}

std::string SaveScene::wholeTarget(const Files& files) const
{
    const auto found = files.find(m_target);
    onnx::ModelProto model;
    if (found == files.end() || !model.ParseFromString(found->second))
        return {};
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        std::string location;
        std::size_t offset = 0;
        std::size_t length = 0;
        for (const auto& entry : tensor.external_data()) {
            if (entry.key() == "location")
                location = (std::filesystem::path(m_target).parent_path() / entry.value()).string();
            if (entry.key() == "offset")
                offset = std::stoul(entry.value());
            if (entry.key() == "length")
                length = std::stoul(entry.value());
        }
        if (tensor.data_location() != onnx::TensorProto::EXTERNAL)
            continue;
        const auto data = files.find(location);
        if (data == files.end() || data->second.size() < offset + length)
            return {};
        tensor.set_raw_data(data->second.substr(offset, length));
        tensor.clear_external_data();
        tensor.clear_data_location();
    }
    return model.SerializeAsString();
}

std::string SaveScene::damage(const Files& after, bool& isNew) const
{
    const auto has = [](const Files& files, const auto& file) {
        const auto found = files.find(file.first);
        return found != files.end() && found->second == file.second;
    };
    const Files now = files();
    isNew = now.contains(m_target) && now.at(m_target) == after.at(m_target);
    const Files& whole = isNew ? after : m_before;
    for (const auto& file : whole) {
        if (!has(now, file))
            return file.first + " is not the " + (isNew ? "new" : "old") + " one";
    }
    static const std::regex temporary(R"((elsewhere/)?\.pleat-[0-9a-f]{16}\.tmp)");
    static const std::regex taken(R"(.*\.onnx\.\d+\.data)");
    for (const auto& file : now) {
        const bool isDataAhead = !isNew && has(after, file); // of the new model, which is not there yet
        const bool isNameAhead = file.second.empty() && std::regex_match(file.first, taken);
        if (!whole.contains(file.first) && !isDataAhead && !isNameAhead &&
            !std::regex_match(file.first, temporary))
            return file.first + " was left behind";
    }
    if (now.contains(m_target)) {
        if (const auto opened = open(target()); !opened || !opened->notices.empty())
            return "it does not open: " + (opened ? opened->notices.front() : opened.error().message);
    }
    return {};
}

} // namespace pleat::test
