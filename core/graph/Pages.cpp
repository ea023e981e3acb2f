// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/graph/Pages.h"

#include <algorithm>

namespace pleat {

PageId pageId(const GraphView& view, ScopeIndex page)
{
    const Scope& scope = view.scopes()[index(page)];
    if (scope.function >= 0)
        return {NodeId::None, 0, scope.path};
    if (scope.owner == NodeIndex::None)
        return {};
    const auto before = view.scopes().first(index(page));
    return {view.id(scope.owner),
            static_cast<std::uint32_t>(std::ranges::count(before, scope.owner, &Scope::owner)),
            {}};
}

ScopeIndex findPage(const GraphView& view, const PageId& page)
{
    if (page.isMain())
        return ScopeIndex::Main;
    const NodeIndex owner = page.function.empty() ? view.find(page.owner) : NodeIndex::None;
    std::uint32_t body = 0;
    for (std::uint32_t s = 0; s < view.scopes().size(); ++s) {
        const Scope& scope = view.scopes()[s];
        const bool found = page.function.empty()
                               ? owner != NodeIndex::None && scope.owner == owner && body++ == page.body
                               : scope.function >= 0 && scope.path == page.function;
        if (found)
            return ScopeIndex{s};
    }
    return ScopeIndex::None;
}

ScopeIndex findPage(const GraphView& view, std::string_view path)
{
    const auto found = std::ranges::find(view.scopes(), path, &Scope::path);
    return found == view.scopes().end()
               ? ScopeIndex::None
               : static_cast<ScopeIndex>(std::distance(view.scopes().begin(), found));
}

std::vector<ScopeIndex> pagesOf(const GraphView& view, NodeIndex node)
{
    std::vector<ScopeIndex> pages;
    for (std::uint32_t s = 0; s < view.scopes().size(); ++s) {
        const auto calls = view.calls(ScopeIndex{s});
        if (view.scopes()[s].owner == node || std::ranges::find(calls, node) != calls.end())
            pages.push_back(ScopeIndex{s});
    }
    return pages;
}

std::vector<ScopeIndex> wayTo(const GraphView& view, ScopeIndex page)
{
    std::vector<ScopeIndex> way;
    for (; page != ScopeIndex::None; page = view.scopes()[index(page)].parent)
        way.insert(way.begin(), page);
    if (way.empty() || way.front() != ScopeIndex::Main)
        way.insert(way.begin(), ScopeIndex::Main);
    return way;
}

std::string_view shortName(const Scope& page)
{
    const std::string_view path = page.path;
    if (page.function >= 0)
        return path.substr(path.find("::") + 2);
    return path.substr(path.rfind('.') + 1); // of nothing, nothing
}

} // namespace pleat
