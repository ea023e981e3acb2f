// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/DataFiles.h"

#include "core/model/TensorWalk.h"

#include <set>

namespace pleat {

namespace fs = std::filesystem;

namespace {

bool isThere(const fs::path& file)
{
    std::error_code error;
    return fs::exists(fs::symlink_status(file, error)); // false, too, for a name that is too long
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
    forEachTensor(model, [&](const onnx::TensorProto& tensor) {
        const auto index = payloadIndex(tensor);
        if (index && *index < model.payloads->size())
            found.push_back(&(*model.payloads)[*index]);
    });
    return found;
}

std::vector<FilePointer> dataFilesOf(const Model& model)
{
    std::vector<FilePointer> files;
    std::unordered_set<FilePointer> seen{nullptr, model.source};
    for (const Payload* payload : payloadsOf(model)) {
        if (const FilePointer file = fileOf(*payload); seen.insert(file).second)
            files.push_back(file);
    }
    return files;
}

std::string dataFileName(const fs::path& model, int n)
{
    return model.filename().string() + "." + std::to_string(n) + ".data";
}

std::string freshDataFileName(const fs::path& model)
{
    int n = 1;
    while (isThere(model.parent_path() / dataFileName(model, n)))
        ++n;
    return dataFileName(model, n);
}

std::vector<std::string> unusedDataFiles(const Model& model, const Placement& placement,
                                         const fs::path& saved, const fs::path& used)
{
    std::error_code error;
    std::set<fs::path> candidates;
    fs::path older;
    for (int n = 1; isThere(older = saved.parent_path() / dataFileName(saved, n)); ++n)
        candidates.insert(fs::weakly_canonical(older, error));
    const bool overItsSource = model.source && fs::weakly_canonical(model.source->path(), error) ==
                                                   fs::weakly_canonical(saved, error);
    for (const FilePointer& file : placement.dataFiles()) {
        const fs::path path = fs::weakly_canonical(file->path(), error);
        if (placement.staysInPlace(file))
            candidates.erase(path);
        else if (overItsSource && file->isAtItsPath())
            candidates.insert(path);
    }
    candidates.erase(fs::weakly_canonical(used, error));
    std::vector<std::string> notices;
    for (const fs::path& file : candidates)
        notices.push_back(file.filename().string() +
                          " is not used by the saved model. Delete it if nothing else needs it.");
    return notices;
}

} // namespace pleat
