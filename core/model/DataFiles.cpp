// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/DataFiles.h"

#include "core/base/Text.h"
#include "core/model/TensorWalk.h"

#include <algorithm>
#include <set>

namespace pleat {

namespace fs = std::filesystem;

namespace {

// Not so for a name that cannot even be looked at, as one that is too long.
bool isThere(const fs::path& file)
{
    std::error_code error;
    return fs::exists(fs::symlink_status(file, error));
}

std::string nthName(const fs::path& model, int n)
{
    return model.filename().string() + "." + std::to_string(n) + ".data";
}

FilePointer fileOf(const Payload& payload)
{
    if (const auto* range = std::get_if<FileRange>(&payload.content))
        return range->file;
    const auto* scaled = std::get_if<Scaled>(&payload.content);
    const auto* base = scaled ? std::get_if<FileRange>(&(*scaled)->base) : nullptr;
    return base ? base->file : nullptr;
}

} // namespace

std::vector<const Payload*> payloadsOf(const Model& model)
{
    std::vector<const Payload*> found;
    forEachTensor(model, [&](const auto&, const Payload* payload) {
        if (payload)
            found.push_back(payload);
    });
    return found;
}

std::vector<FilePointer> dataFilesOf(const Model& model)
{
    std::vector<FilePointer> files;
    std::unordered_set<FilePointer> seen{nullptr, model.source};
    seen.insert(model.otherSources.begin(), model.otherSources.end());
    for (const Payload* payload : payloadsOf(model)) {
        if (const FilePointer file = fileOf(*payload); seen.insert(file).second)
            files.push_back(file);
    }
    return files;
}

bool hasTrainingData(const Model& model)
{
    const auto inside = [](const onnx::GraphProto& graph) {
        return std::ranges::any_of(graph.initializer(), [](const onnx::TensorProto& tensor) {
            return tensor.data_location() == onnx::TensorProto::EXTERNAL;
        });
    };
    return std::ranges::any_of(model.header->training_info(), [&](const onnx::TrainingInfoProto& info) {
        return inside(info.initialization()) || inside(info.algorithm());
    });
}

std::string dataFileName(const fs::path& model, const Placement& placement, int n)
{
    for (int name = 1;; ++name) {
        if (!placement.missing().contains(nthName(model, name)) && --n == 0)
            return nthName(model, name);
    }
}

std::string freshDataFileName(const fs::path& model, const Placement& placement)
{
    int n = 1;
    while (isThere(model.parent_path() / dataFileName(model, placement, n)))
        ++n;
    return dataFileName(model, placement, n);
}

std::vector<std::string> unusedDataFiles(const Model& model, const Placement& placement,
                                         const fs::path& saved, const fs::path& used)
{
    std::error_code error;
    std::set<fs::path> unused;
    fs::path older;
    for (int n = 1; isThere(older = saved.parent_path() / nthName(saved, n)); ++n) {
        if (fs::is_regular_file(fs::symlink_status(older, error))) // others are none of ours
            unused.insert(fs::weakly_canonical(older, error));
    }
    const bool overItsSource = model.source && fs::weakly_canonical(model.source->path(), error) ==
                                                   fs::weakly_canonical(saved, error);
    for (const FilePointer& file : placement.dataFiles()) {
        if (overItsSource && file->isAtItsPath())
            unused.insert(fs::weakly_canonical(file->path(), error));
    }
    // Only now what is used: a model can give one file several names.
    for (const FilePointer& file : placement.dataFiles()) {
        if (placement.staysInPlace(file))
            unused.erase(fs::weakly_canonical(file->path(), error));
    }
    for (const fs::path& location : placement.missing())
        unused.erase(fs::weakly_canonical(saved.parent_path() / location, error));
    unused.erase(fs::weakly_canonical(used, error));
    std::vector<std::string> notices;
    notices.reserve(unused.size());
    for (const fs::path& file : unused)
        notices.push_back(file.filename().string() +
                          " is not used by the saved model. Delete it if nothing else needs it.");
    return shortened(std::move(notices), "data files are not used by the saved model");
}

} // namespace pleat
