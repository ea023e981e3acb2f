// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Edit.h"

#include <algorithm>

namespace pleat {

ScopeKey keyOf(const GraphView& view, ScopeIndex scope)
{
    const Scope& entry = view.scopes()[index(scope)];
    if (entry.owner == NodeIndex::None)
        return {.function = entry.function};
    // Scopes come in the order of the bodies.
    const auto before = std::ranges::count(view.scopes().first(index(scope)), entry.owner, &Scope::owner);
    const Body& body = view.entry(entry.owner).bodies()[static_cast<std::size_t>(before)];
    return {.owner = view.id(entry.owner), .attribute = body.attribute, .position = body.position};
}

bool ModelChange::empty() const
{
    return opsets.empty() && metadata.empty() && !irVersion && !modelVersion && !producerName &&
           !producerVersion && !domain && !doc;
}

bool Edit::empty() const
{
    return changed.empty() && removed.empty() && inserted.empty() && replaced.empty() && dropped.empty() &&
           graphs.empty() && functionsReplaced.empty() && functionsRemoved.empty() &&
           functionsAdded.empty() && model.empty();
}

GraphChange& Edit::graph(const ScopeKey& key)
{
    const auto known = std::ranges::find(graphs, key, &GraphChange::graph);
    if (known != graphs.end())
        return *known;
    graphs.emplace_back().graph = key;
    return graphs.back();
}

} // namespace pleat
