// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/SaveScene.h"

#include "core/fold/Fold.h"
#include "support/SystemCalls.h"

#include <regex>

namespace pleat::test {

namespace {

constexpr std::int64_t wide = 288;   // with 128 inputs: 1.3 MB of weights, two blocks
constexpr std::int64_t narrow = 32;  // from `wide`: 330 kB, for the kernel
constexpr std::int64_t smallest = 8; // from `narrow`: 1 kB, which stays in the skeleton

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

Model folded(const Model& model)
{
    NoProgress progress;
    auto outcome = fold(GraphView::of(model), {}, {}, progress, {});
    if (!outcome)
        qFatal("the model does not fold: %s", outcome.error().message.c_str());
    return std::move(outcome->after);
}

} // namespace

std::string SaveKind::name() const
{
    switch (over) {
    case Over::Nothing:
        return "to a new file";
    case Over::Another:
        return "over another model";
    case Over::Source:
        return "over its own source";
    }
    return {};
}

std::vector<SaveKind> saveKinds()
{
    return {{SaveKind::Over::Nothing}, {SaveKind::Over::Another}, {SaveKind::Over::Source}};
}

SaveScene::SaveScene(const SaveKind& kind) : m_kind(kind), m_target("out.onnx")
{
    const auto source = m_folder.write("source.onnx", sourceModel());
    if (kind.over == SaveKind::Over::Source)
        m_target = "source.onnx";
    if (kind.over == SaveKind::Over::Another)
        m_folder.write(m_target, convModel());
    const auto opened = open(source);
    if (!opened)
        qFatal("the model does not open: %s", opened.error().message.c_str());
    m_folded = folded(opened->model);
    m_before = files();
}

Result<Saved> SaveScene::save(Progress& progress, std::stop_token stop) const
{
    return saveModel(*m_folded, target(), progress, std::move(stop));
}

Result<Saved> SaveScene::save() const
{
    NoProgress progress;
    return save(progress, {});
}

Result<Saved> SaveScene::saveTo(const std::filesystem::path& target) const
{
    NoProgress progress;
    return saveModel(*m_folded, target, progress, {});
}

SaveScene::Files SaveScene::files() const
{
    Files files;
    for (const std::string& name : m_folder.names())
        files[name] = contents(m_folder.path(name));
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
    static const std::regex temporary(R"(\.pleat-[0-9a-f]{16}\.tmp)");
    for (const auto& file : now) {
        const bool isDataAhead = !isNew && has(after, file); // of the new model, which is not there yet
        if (!whole.contains(file.first) && !isDataAhead && !std::regex_match(file.first, temporary))
            return file.first + " was left behind";
    }
    if (now.contains(m_target)) {
        if (const auto opened = open(target()); !opened || !opened->notices.empty())
            return "it does not open: " + (opened ? opened->notices.front() : opened.error().message);
    }
    return {};
}

} // namespace pleat::test
