// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/ScopeState.h"

#include "ui/document/Convert.h"
#include "ui/widgets/Translate.h"

#include <QLocale>
#include <algorithm>

namespace pleat::ui {

ScopeState ScopeState::opening(std::shared_ptr<const NameScopes> tree)
{
    constexpr std::uint32_t small = 300; // nodes: MobileNetV2 and ResNet-50 show their pairs at once
    constexpr std::uint32_t glance = 32; // nodes behind each other that a window can show with their words
    ScopeState state;
    state.m_tree = std::move(tree);
    const auto scopes = state.m_tree->scopes();
    if (scopes[NameScopes::root].nodes <= small || scopes.size() == 1)
        return state;
    state.collapseTo(1);
    for (std::uint32_t level = 2; level <= state.deepest(); ++level) {
        ScopeState deeper = state;
        deeper.collapseTo(level);
        if (deeper.seen() > glance)
            break;
        state = std::move(deeper);
    }
    return state;
}

ScopeState ScopeState::of(std::shared_ptr<const NameScopes> tree) const
{
    std::set<std::string_view> paths;
    for (const std::uint32_t scope : m_collapsed)
        paths.insert(m_tree->scopes()[scope].path);
    ScopeState state;
    for (std::uint32_t s = 1; s < tree->scopes().size(); ++s)
        if (paths.contains(tree->scopes()[s].path))
            state.m_collapsed.insert(s);
    state.m_tree = std::move(tree);
    return state;
}

std::optional<std::uint32_t> ScopeState::hiding(std::uint32_t scope) const
{
    std::optional<std::uint32_t> outermost;
    if (m_collapsed.empty())
        return outermost;
    for (; scope != NameScopes::root; scope = m_tree->scopes()[scope].parent)
        if (m_collapsed.contains(scope))
            outermost = scope;
    return outermost;
}

std::optional<std::uint32_t> ScopeState::hiding(const GraphView& view, NodeIndex node) const
{
    if (m_collapsed.empty() || node == NodeIndex::None)
        return std::nullopt;
    return hiding(m_tree->of(view.id(node), scopedName(view, node)));
}

std::uint32_t ScopeState::deepest() const
{
    return std::ranges::max(m_tree->scopes(), {}, &NameScope::depth).depth;
}

void ScopeState::expandAround(std::uint32_t scope)
{
    for (; scope != NameScopes::root; scope = m_tree->scopes()[scope].parent)
        expand(scope);
}

void ScopeState::collapseTo(std::uint32_t level)
{
    m_collapsed.clear();
    const auto scopes = m_tree->scopes();
    std::vector<char> hasScopes(scopes.size(), 0);
    for (std::uint32_t s = 1; s < scopes.size(); ++s)
        hasScopes[scopes[s].parent] = 1;
    for (std::uint32_t s = 1; s < scopes.size(); ++s)
        if (scopes[s].depth >= level || !hasScopes[s])
            collapse(s);
}

std::uint32_t ScopeState::seen() const
{
    const auto scopes = m_tree->scopes();
    std::uint32_t nodes = scopes[NameScopes::root].nodes;
    for (std::uint32_t s = 1; s < scopes.size(); ++s)
        if (hiding(s) == s)
            nodes -= scopes[s].nodes - 1;
    return nodes;
}

QString scopeLabel(const NameScope& scope)
{
    if (!scope.isPart())
        return toQt(scope.label);
    const QLocale english(QLocale::English);
    return tr("nodes %1–%2").arg(english.toString(scope.first + 1), english.toString(scope.last + 1));
}

QString nodeCountText(int nodes)
{
    return nodes == 1 ? tr("1 node") : tr("%n nodes", nodes);
}

} // namespace pleat::ui
