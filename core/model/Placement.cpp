// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/Placement.h"

#include "core/model/DataFiles.h"
#include "core/model/ExternalData.h"

#include <algorithm>

namespace pleat {

namespace fs = std::filesystem;

namespace {

fs::path resolved(const fs::path& folder)
{
    std::error_code error;
    return fs::weakly_canonical(folder.empty() ? fs::path(".") : folder, error);
}

std::string locationOf(const Payload& payload)
{
    for (const auto& [key, value] : payload.external->entries) {
        if (key == "location")
            return value;
    }
    return {};
}

} // namespace

Placement::Placement(const Model& model, DataPlacement wanted, const fs::path& folder)
    : m_wanted(wanted),
      m_sameFolder(model.source && resolved(model.source->path().parent_path()) == resolved(folder)),
      m_dataFiles(dataFilesOf(model))
{
    const fs::path target = resolved(folder);
    if (m_sameFolder)
        m_here.push_back(model.source->id());
    for (const FilePointer& other : model.otherSources) {
        if (resolved(other->path().parent_path()) == target)
            m_here.push_back(other->id());
    }
    std::unordered_set<FilePointer> atTheirPaths;
    for (const FilePointer& file : m_dataFiles) {
        // If somebody has put another file in its place, we copy from the one that we opened. One outside,
        // found since the opened model is a link, is not to be had by a model that lies here itself.
        if (!m_here.empty() && wanted == DataPlacement::Keep && file->isAtItsPath() &&
            isInside(file->path(), target))
            atTheirPaths.insert(file);
    }
    const std::vector<const Payload*> payloads = payloadsOf(model);
    for (const Payload* payload : payloads) {
        const auto* range = std::get_if<FileRange>(&payload->content);
        if (range && atTheirPaths.contains(range->file) && isNamedFromHere(*payload))
            m_inPlace.insert(range->file);
    }
    for (const Payload* payload : payloads) {
        if (!payload->problem().empty() && of(*payload) == Place::AsOpened)
            m_missing.insert(fs::path(locationOf(*payload)).lexically_normal());
    }
    m_movesAny = std::any_of(payloads.begin(), payloads.end(),
                             [&](const Payload* payload) { return moves(*payload); });
}

bool Placement::isNamedFromHere(const Payload& payload) const
{
    return payload.external && std::ranges::find(m_here, payload.external->model) != m_here.end();
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
    const bool isThere = isNamedFromHere(payload) &&
                         (!payload.problem().empty() || (range && m_inPlace.contains(range->file)));
    return isThere ? Place::AsOpened : Place::DataFile;
}

bool Placement::moves(const Payload& payload) const
{
    return of(payload) != (payload.isExternal() ? Place::AsOpened : Place::Model);
}

} // namespace pleat
