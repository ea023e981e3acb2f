// SPDX-License-Identifier: GPL-3.0-or-later
// The half of GraphPane that collapses and expands scopes.
#include "ui/canvas/GraphCanvas.h"
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/ScopeBlocks.h"
#include "ui/widgets/PlainText.h"

#include <QMenu>
#include <algorithm>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

std::optional<ScopeState> GraphPane::scopesOf(const PageId& page) const
{
    const auto known = m_scopes.find(page);
    return known == m_scopes.end() ? std::nullopt : std::optional(known->second);
}

void GraphPane::setScopes(ScopeState scopes, std::uint32_t held)
{
    if (!m_isShown || drawnPage() != m_page || scopes == m_scopes.at(m_page))
        return;
    m_scopes.insert_or_assign(m_page, std::move(scopes));
    m_held = held;
    m_wanted.centre = false; // what was looked for once
    rebuild();
}

void GraphPane::collapseScopes(std::uint32_t level)
{
    if (auto scopes = scopesOf(m_page)) {
        scopes->collapseTo(level);
        setScopes(std::move(*scopes), NameScopes::root);
    }
}

void GraphPane::expandScopes()
{
    if (auto scopes = scopesOf(m_page)) {
        scopes->expandAll();
        setScopes(std::move(*scopes), NameScopes::root);
    }
}

void GraphPane::expandScope(std::uint32_t scope)
{
    if (auto scopes = scopesOf(m_page)) {
        scopes->expand(scope);
        setScopes(std::move(*scopes), scope);
    }
}

// What is collapsed has the colour of the one in it with the most to say.
std::map<std::uint32_t, Heat::Node> GraphPane::hottestInScopes(const Heat& heat) const
{
    const GraphView& view = *m_drawing->of.shown->view;
    const ScopeState& scopes = *m_drawing->of.scopes;
    std::map<std::uint32_t, Heat::Node> hottest;
    if (scopes.isAllExpanded())
        return hottest;
    for (const auto& [id, hot] : heat.nodes) {
        const NodeIndex node = view.find(id);
        if (node == NodeIndex::None || view.scope(node) != m_drawing->of.scope)
            continue;
        if (const auto hiding = scopes.hiding(view, node)) {
            Heat::Node& scope = hottest[*hiding];
            if (scope.words.isEmpty() || std::abs(hot.share) > std::abs(scope.share))
                scope = hot;
        }
    }
    return hottest;
}

void GraphPane::collapseScope(std::uint32_t scope)
{
    if (auto scopes = scopesOf(m_page)) {
        scopes->collapse(scope);
        setScopes(std::move(*scopes), scope);
    }
}

bool GraphPane::expandToWanted()
{
    const GraphView& view = *m_drawing->of.shown->view;
    const NodeIndex node = nodeOf(m_wanted);
    ScopeState& scopes = m_scopes.at(drawnPage());
    if (node == NodeIndex::None || !m_drawing->of.scopes->hiding(view, node))
        return false;
    if (scopes.hiding(view, node)) { // else it is on its way
        scopes.expandAround(scopes.tree().of(view.id(node), scopedName(view, node)));
        rebuild();
    }
    return true;
}

// "Collapse layer1.0" and all that it is in; how much is collapsed at all.
void GraphPane::addScopeActions(QMenu& menu, int node)
{
    const auto known = scopesOf(m_page);
    if (!m_isShown || drawnPage() != m_page || !known || known->tree().scopes().size() < 2)
        return;
    const auto scopes = known->tree().scopes();
    menu.addSeparator();
    if (node >= 0) {
        const std::uint32_t block = m_drawing->laidOut->items[static_cast<std::size_t>(node)].scope;
        if (block != NameScopes::root)
            menu.addAction(tr("Expand %1").arg(actionText(scopeLabel(scopes[block]))), this,
                           [this, block] { expandScope(block); });
        const auto& groups = m_canvas->scene().groups;
        for (int g = m_canvas->scene().groupOf[static_cast<std::size_t>(node)]; g >= 0;
             g = groups[static_cast<std::size_t>(g)].parent) {
            const std::uint32_t scope = groups[static_cast<std::size_t>(g)].scope;
            if (scope != block)
                menu.addAction(tr("Collapse %1").arg(actionText(scopeLabel(scopes[scope]))), this,
                               [this, scope] { collapseScope(scope); });
        }
    }
    const std::uint32_t deepest = known->deepest();
    if (deepest == 1) {
        menu.addAction(tr("Collapse All"), this, [this] { collapseScopes(1); });
    } else {
        QMenu* levels = menu.addMenu(tr("Collapse to Level"));
        for (std::uint32_t level = 1; level <= deepest; ++level)
            levels->addAction(QString::number(level), this, [this, level] { collapseScopes(level); });
    }
    menu.addAction(tr("Expand All"), this, &GraphPane::expandScopes)->setEnabled(!known->isAllExpanded());
    menu.addSeparator();
}

namespace {

// Where a scope is in a scene: its node, or the outline of the nodes that are in it.
std::optional<QRectF> rectOfScope(const IndexedScene& scene, std::uint32_t scope)
{
    if (const int block = scene.nodeWithKey(ScopeBlock::key(scope)); block >= 0)
        return scene.scene.nodes[static_cast<std::size_t>(block)].rect;
    const auto& groups = scene.scene.groups;
    const auto group = std::ranges::find(groups, scope, &SceneGroup::scope);
    if (group == groups.end())
        return std::nullopt;
    const QRectF& outline = (*group).outline;
    return outline.isNull() ? (*group).rect : outline;
}

} // namespace

// Where the view's middle has to be so that what was collapsed or expanded stays where it is. Nothing: what
// is collapsed is the same.
std::optional<QPointF> GraphPane::centreHolding(const IndexedScene& next) const
{
    if (!m_drawing || m_held == NameScopes::root)
        return std::nullopt;
    const QRectF visible = m_canvas->visibleScene();
    const auto before = rectOfScope(*m_drawing->scene, m_held), after = rectOfScope(next, m_held);
    if (!before || !after)
        return std::nullopt;
    const bool down = next.scene.direction == Direction::TopDown;
    const QRectF seen = before->intersects(visible) ? before->intersected(visible) : *before;
    const auto start = [down](const QRectF& rect) {
        return down ? QPointF(rect.center().x(), rect.top()) : QPointF(rect.left(), rect.center().y());
    };
    return visible.center() + start(*after) - start(seen);
}

} // namespace pleat::ui
