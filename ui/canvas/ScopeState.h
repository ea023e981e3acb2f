// SPDX-License-Identifier: GPL-3.0-or-later
// Which scopes of a page are collapsed: each is one node of the scene then, whatever is in it. A value; what
// it is of (NameScopes) is shared, and the same before and after every edit of a document.
#pragma once

#include "core/graph/NameScopes.h"

#include <QString>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace pleat::ui {

class ScopeState final {
public:
    // All of a small graph is to be seen. A large one begins at the deepest level that is read at a glance.
    static ScopeState opening(std::shared_ptr<const NameScopes> tree);
    // The scopes that have the paths of what was collapsed in another: of the same file, read again.
    ScopeState of(std::shared_ptr<const NameScopes> tree) const;

    const NameScopes& tree() const { return *m_tree; }
    bool isCollapsed(std::uint32_t scope) const { return m_collapsed.contains(scope); }
    bool isAllExpanded() const { return m_collapsed.empty(); }
    // The outermost collapsed scope that a scope or a node is in; nothing where it is to be seen.
    std::optional<std::uint32_t> hiding(std::uint32_t scope) const;
    std::optional<std::uint32_t> hiding(const GraphView& view, NodeIndex node) const;
    std::uint32_t deepest() const; // levels that there are
    std::uint32_t seen() const;    // nodes, those that collapsed scopes are among them

    void collapse(std::uint32_t scope) { m_collapsed.insert(scope); }
    void expand(std::uint32_t scope) { m_collapsed.erase(scope); }
    void expandAround(std::uint32_t scope); // it and all that it is in
    void expandAll() { m_collapsed.clear(); }
    void collapseTo(std::uint32_t level); // all scopes so deep, and those that have none in them

    friend bool operator==(const ScopeState&, const ScopeState&) = default;

private:
    std::shared_ptr<const NameScopes> m_tree = std::make_shared<const NameScopes>();
    std::set<std::uint32_t> m_collapsed;
};

// "layer1.0", "nodes 25–48".
QString scopeLabel(const NameScope& scope);
// "24 nodes".
QString nodeCountText(int nodes);

} // namespace pleat::ui
