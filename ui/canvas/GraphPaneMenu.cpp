// SPDX-License-Identifier: GPL-3.0-or-later
// The part of GraphPane that acts on what is under the mouse or chosen: the context menu.
#include "ui/canvas/CanvasMenu.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"

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
    if (m_isShown)
        addChoosingActions(menu, *m_canvas, hit);
    if (m_isShown && !meantNodes(*m_canvas).empty())
        menu.addAction(tr("Extract as a Model…"), this, &GraphPane::extractRequested);
    menu.addSeparator();
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

std::vector<NodeId> GraphPane::chosenNodes() const
{
    std::vector<NodeId> chosen;
    if (!m_isShown)
        return chosen;
    const GraphView& view = *m_drawing->of.shown->view;
    for (const std::uint32_t meant : meantNodes(*m_canvas)) {
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

} // namespace pleat::ui
