// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPane that acts on what is under the mouse or chosen: the context menu, and copied names.
#include "ui/canvas/GraphPane.h"
#include "ui/canvas/SceneWays.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMenu>

using namespace Qt::StringLiterals;

namespace pleat::ui {

void GraphPane::contextMenu(const CanvasHit& hit, QPoint position)
{
    QMenu menu(this);
    const auto frame = static_cast<std::size_t>(hit.frame);
    if (hit.frame >= 0 && m_drawing && frame < m_drawing->frames.size() &&
        !m_drawing->frames[frame].action.isEmpty()) {
        menu.addAction(actionText(m_drawing->frames[frame].action), this,
                       [this, hit] { activateMark(hit.frame); });
        menu.addSeparator();
    }
    addPageActions(menu, hit);
    if (m_isShown)
        Q_EMIT menuWanted(menu, readerAt(hit.edge));
    addChoosingActions(menu, hit);
    addScopeActions(menu, hit.node);
    if (hasGaps() || canUntidy())
        menu.addAction(hasGaps() ? tr("Tidy") : tr("Undo Tidy"), this, &GraphPane::tidy);
    menu.addAction(tr("Fit"), m_canvas, &GraphCanvas::fit);
    menu.addAction(tr("Actual Size"), m_canvas, &GraphCanvas::actualSize);
    menu.exec(position);
}

NodeId GraphPane::readerAt(int edge) const
{
    if (edge < 0)
        return NodeId::None;
    const SceneEdge& clicked = m_canvas->scene().edges[static_cast<std::size_t>(edge)];
    return m_drawing->laidOut->items[clicked.to].node;
}

void GraphPane::addPageActions(QMenu& menu, const CanvasHit& hit)
{
    if (hit.node < 0)
        return;
    const GraphView& view = *m_shown->view;
    const SceneNode& scene = m_canvas->scene().nodes[static_cast<std::size_t>(hit.node)];
    if (scene.outside)
        menu.addAction(tr("Go to Where It Comes From"), this, [this, hit] { activateNode(hit.node); });
    if (!scene.opens)
        return;
    const NodeIndex node = view.find(m_drawing->laidOut->items[static_cast<std::size_t>(hit.node)].node);
    if (node == NodeIndex::None)
        return;
    for (const ScopeIndex page : pagesOf(view, node))
        menu.addAction(actionText(tr("Open %1").arg(pageName(view, page))), this,
                       [this, id = pageId(view, page)] {
                           remember();
                           openPage(id);
                       });
    menu.addSeparator();
}

// What is meant by "these" in the menu: what is chosen, else the node under the mouse.
std::vector<std::uint32_t> GraphPane::meantNodes() const
{
    const int selected = m_canvas->selection().node;
    if (!m_canvas->chosen().empty() || selected < 0)
        return m_canvas->chosen();
    return {static_cast<std::uint32_t>(selected)};
}

std::vector<NodeId> GraphPane::chosenNodes() const
{
    std::vector<NodeId> chosen;
    if (!m_isShown)
        return chosen;
    const GraphView& view = *m_drawing->of.shown->view;
    for (const std::uint32_t meant : meantNodes()) {
        const BuiltScene::Item& item = m_drawing->laidOut->items[meant];
        if (item.node != NodeId::None)
            chosen.push_back(item.node);
        if (item.scope == NameScopes::root)
            continue;
        for (const NodeIndex node : view.scopes()[index(m_drawing->of.scope)].nodes)
            if (m_drawing->of.scopes->hiding(view, node) == item.scope)
                chosen.push_back(view.id(node));
    }
    return chosen;
}

void GraphPane::addChoosingActions(QMenu& menu, const CanvasHit& hit)
{
    if (!m_isShown)
        return;
    const std::vector<std::uint32_t> nodes = meantNodes();
    if (hit.node >= 0)
        menu.addAction(tr("Choose All of This Type"), this, [this, hit] { chooseSameType(hit.node); });
    if (nodes.size() == 2)
        menu.addAction(tr("Choose What Is Between These Two"), this, [this, nodes] {
            if (auto between = nodesBetween(m_canvas->scene(), nodes[0], nodes[1]); !between.empty())
                m_canvas->choose(std::move(between));
        });
    if (!nodes.empty())
        menu.addAction(tr("Choose Up to the Input"), this,
                       [this, nodes] { m_canvas->choose(nodesUpTo(m_canvas->scene(), nodes)); });
    if (!nodes.empty())
        menu.addAction(tr("Extract as a Model…"), this, &GraphPane::extractRequested);
    if (!nodes.empty() || hit.edge >= 0)
        menu.addAction(nodes.size() > 1 ? tr("Copy %n Names", nullptr, static_cast<int>(nodes.size()))
                                        : tr("Copy the Name"),
                       this, &GraphPane::copyNames);
    if (!menu.isEmpty())
        menu.addSeparator();
}

void GraphPane::chooseSameType(int node)
{
    const GraphView& view = *m_drawing->of.shown->view;
    const auto opOf = [&](std::size_t at) {
        const NodeId id = m_drawing->laidOut->items[at].node;
        const NodeIndex here = id == NodeId::None ? NodeIndex::None : view.find(id);
        return here == NodeIndex::None ? std::string_view() : view.op(here);
    };
    const auto& nodes = m_canvas->scene().nodes;
    const auto wanted = static_cast<std::size_t>(node);
    std::vector<std::uint32_t> same;
    for (std::size_t n = 0; n < nodes.size(); ++n)
        if (!nodes[n].gone && opOf(n) == opOf(wanted) && nodes[n].category == nodes[wanted].category)
            same.push_back(static_cast<std::uint32_t>(n));
    m_canvas->choose(std::move(same));
}

void GraphPane::copyNames()
{
    const GraphScene& scene = m_canvas->scene();
    QStringList names;
    for (const std::uint32_t node : meantNodes())
        names += scene.nodes[node].name;
    const int edge = m_canvas->selection().edge;
    if (names.isEmpty() && edge >= 0)
        names += scene.edges[static_cast<std::size_t>(edge)].tensorName;
    if (!names.isEmpty())
        QGuiApplication::clipboard()->setText(names.join(u'\n'));
}

} // namespace pleat::ui
