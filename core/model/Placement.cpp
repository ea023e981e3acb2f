// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Placement.h"

#include "core/model/TensorWalk.h"

#include <algorithm>
#include <unordered_map>

namespace pleat {

namespace fs = std::filesystem;

namespace {

fs::path resolved(const fs::path& folder)
{
    std::error_code error;
    return fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, error);
}

// The tensors in use, of all that the model ever had.
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

FilePointer fileOf(const Payload& payload)
{
    if (const auto* range = std::get_if<FileRange>(&payload.content))
        return range->file;
    const auto* scaled = std::get_if<Scaled>(&payload.content);
    const auto* base = scaled ? std::get_if<FileRange>(&(*scaled)->base) : nullptr;
    return base ? base->file : nullptr;
}

} // namespace

Placement::Placement(const Model& model, DataPlacement wanted, const fs::path& folder)
    : m_wanted(wanted),
      m_sameFolder(model.source && resolved(model.source->path().parent_path()) == resolved(folder))
{
    const std::vector<const Payload*> payloads = payloadsOf(model);
    std::unordered_map<FilePointer, bool> atItsPath{{model.source, false}, {nullptr, false}};
    for (const Payload* payload : payloads) {
        const FilePointer file = fileOf(*payload);
        const auto [at, isNew] = atItsPath.try_emplace(file, false);
        if (isNew) {
            m_dataFiles.push_back(file);
            // If somebody has put another file in its place, we copy from the one that we opened.
            at->second = m_sameFolder && file->isAtItsPath();
        }
        if (at->second && wanted == DataPlacement::Keep &&
            std::holds_alternative<FileRange>(payload->content))
            m_inPlace.insert(file);
    }
    m_movesAny = std::any_of(payloads.begin(), payloads.end(),
                             [&](const Payload* payload) { return moves(*payload); });
}

Placement Placement::withoutLargeInside() const
{
    Placement changed = *this;
    changed.m_largeInside = false;
    changed.m_movesAny = true;
    return changed;
}

Placement::Place Placement::of(const Payload& payload) const
{
    const bool isLarge = payload.size() >= smallestOutside;
    if (m_wanted == DataPlacement::Inline)
        return Place::Model;
    if (m_wanted == DataPlacement::External)
        return isLarge ? Place::DataFile : Place::Model;
    if (!payload.isExternal())
        return isLarge && !m_largeInside ? Place::DataFile : Place::Model;
    const auto* range = std::get_if<FileRange>(&payload.content);
    const bool isThere = payload.problem().empty() ? range && m_inPlace.contains(range->file) : m_sameFolder;
    return isThere ? Place::AsOpened : Place::DataFile;
}

bool Placement::moves(const Payload& payload) const
{
    return of(payload) != (payload.isExternal() ? Place::AsOpened : Place::Model);
}

} // namespace pleat
