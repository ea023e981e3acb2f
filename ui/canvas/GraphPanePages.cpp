// SPDX-License-Identifier: GPL-3.0-or-later
// The half of GraphPane that gets around: which page is shown, what leads to another one, and the way back.
#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/GraphPane.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/SegmentedControl.h"

#include <algorithm>
#include <ranges>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

// Which of the pages that stand beside it, in one node, it is; nothing else stands beside another one.
std::vector<ScopeIndex> siblingsOf(const GraphView& view, ScopeIndex page)
{
    const NodeIndex owner = view.scopes()[index(page)].owner;
    return owner == NodeIndex::None ? std::vector<ScopeIndex>() : pagesOf(view, owner);
}

} // namespace

void GraphPane::connectBar()
{
    SegmentedControl& sides = m_bar->sides();
    connect(&sides, &SegmentedControl::currentChanged, this,
            [this](int segment) { m_workspace.setSide(static_cast<Side>(segment)); });
    connect(&m_workspace, &Workspace::sideChanged, &sides,
            [this] { m_bar->sides().setCurrent(static_cast<int>(m_workspace.side())); });
    CanvasControls& controls = m_bar->controls();
    connect(&controls, &CanvasControls::zoomOut, m_canvas, &GraphCanvas::zoomOut);
    connect(&controls, &CanvasControls::zoomIn, m_canvas, &GraphCanvas::zoomIn);
    connect(&controls, &CanvasControls::actualSize, m_canvas, &GraphCanvas::actualSize);
    connect(&controls, &CanvasControls::fit, m_canvas, &GraphCanvas::fit);
    connect(&controls, &CanvasControls::legend, this, &GraphPane::showLegend);
    connect(&controls, &CanvasControls::turn, this, &GraphPane::toggleDirection);
    connect(m_canvas, &GraphCanvas::viewChanged, &controls,
            [this] { m_bar->controls().setZoom(m_canvas->zoom()); });
    connect(m_canvas, &GraphCanvas::directionChanged, &controls, &CanvasControls::setDirection);
    connect(&m_bar->pages(), &Breadcrumb::pageChosen, this, [this](int page) {
        const GraphView& view = *m_drawing->of.shown->view;
        remember();
        openPage(pageId(view, wayTo(view, m_drawing->of.scope)[static_cast<std::size_t>(page)]));
    });
    connect(&m_bar->pages(), &Breadcrumb::siblingChosen, this, [this](int sibling) {
        const GraphView& view = *m_drawing->of.shown->view;
        remember();
        openPage(pageId(view, siblingsOf(view, m_drawing->of.scope)[static_cast<std::size_t>(sibling)]));
    });
}

PageId GraphPane::drawnPage() const
{
    return pageId(*m_drawing->of.shown->view, m_drawing->of.scope);
}

const Drawing* GraphPane::previousDrawing() const
{
    if (m_subject != Subject::Same || !m_isShown)
        return nullptr;
    if (drawnPage() == m_page)
        return &*m_drawing;
    const auto left = m_left.find(m_page);
    return left == m_left.end() ? nullptr : &left->second.drawing;
}

void GraphPane::openPage(const PageId& page)
{
    if (page == m_page || !m_shown || findPage(*m_shown->view, page) == ScopeIndex::None)
        return;
    if (m_isShown && drawnPage() == m_page)
        m_left.insert_or_assign(m_page, LeftPage{*m_drawing, m_canvas->view()});
    m_page = page;
    const auto left = m_left.find(page);
    if (left == m_left.end())
        m_viewToReturnTo.reset();
    else
        m_viewToReturnTo = left->second.view;
    rebuild();
}

void GraphPane::keepPage()
{
    const GraphView& now = *m_shown->view;
    if (findPage(now, m_page) != ScopeIndex::None)
        return;
    PageId around;
    if (m_drawing && drawnPage() == m_page) {
        const GraphView& was = *m_drawing->of.shown->view;
        for (const ScopeIndex page : wayTo(was, m_drawing->of.scope))
            if (findPage(now, pageId(was, page)) != ScopeIndex::None)
                around = pageId(was, page);
    }
    m_page = around;
    m_viewToReturnTo.reset();
}

// Ids of nodes are others then; what a page is called is what it was called.
void GraphPane::samePageOfReloaded()
{
    const auto& before = m_workspace.document().reloadedFrom();
    const ScopeIndex was = before ? findPage(*before->view, m_page) : ScopeIndex::None;
    const ScopeIndex now =
        was == ScopeIndex::None ? was : findPage(*m_shown->view, before->view->scopes()[index(was)].path);
    m_page = now == ScopeIndex::None ? PageId() : pageId(*m_shown->view, now);
}

void GraphPane::forgetPages()
{
    m_left.clear();
    m_visits.clear();
    m_viewToReturnTo.reset();
    m_untidy.reset();
}

void GraphPane::showPages()
{
    const GraphView& view = *m_drawing->of.shown->view;
    QStringList names, siblings;
    int sibling = 0;
    if (view.scopes().size() > 1) {
        for (const ScopeIndex page : wayTo(view, m_drawing->of.scope))
            names += page == ScopeIndex::Main ? m_workspace.document().fileName() : pageName(view, page);
        for (const ScopeIndex page : siblingsOf(view, m_drawing->of.scope)) {
            if (page == m_drawing->of.scope)
                sibling = static_cast<int>(siblings.size());
            siblings += pageName(view, page);
        }
    }
    m_bar->pages().setPages(names, siblings, sibling);
    m_bar->arrange();
}

void GraphPane::remember()
{
    constexpr std::size_t most = 100;
    if (!m_isShown)
        return;
    Visit here{drawnPage(), m_canvas->view(), m_workspace.selection().value()};
    if (!m_visits.empty() && m_visits.back().isAt(here))
        m_visits.pop_back(); // what is selected there by now
    m_visits.push_back(std::move(here));
    if (m_visits.size() > most)
        m_visits.erase(m_visits.begin());
}

void GraphPane::goBack()
{
    if (!m_isShown)
        return;
    const GraphView& view = *m_shown->view;
    while (!m_visits.empty() && findPage(view, m_visits.back().page) == ScopeIndex::None)
        m_visits.pop_back();
    if (m_visits.empty()) {
        const auto way = wayTo(view, findPage(view, m_page));
        if (way.size() > 1)
            openPage(pageId(view, way[way.size() - 2]));
        return;
    }
    const Visit back = std::move(m_visits.back());
    m_visits.pop_back();
    const NodeId node = back.selected.node;
    if (node == NodeId::None || view.find(node) != NodeIndex::None)
        m_workspace.selection().set(back.selected);
    m_wanted.centre = false;
    openPage(back.page);
    if (drawnPage() == m_page)
        m_canvas->lookAt(back.view);
    else
        m_viewToReturnTo = back.view;
}

void GraphPane::activateNode(int node)
{
    const GraphView& view = *m_shown->view;
    const BuiltScene::Item& item = m_drawing->laidOut->items[static_cast<std::size_t>(node)];
    const SceneNode& scene = m_canvas->scene().nodes[static_cast<std::size_t>(node)];
    if (item.scope != NameScopes::root)
        return expandScope(item.scope);
    if (scene.outside) {
        const ValueIndex value = view.find(findPage(view, drawnPage()), item.value);
        const NodeIndex producer = value == ValueIndex::None ? NodeIndex::None : view.producer(value);
        if (producer != NodeIndex::None)
            m_workspace.selectNode(view.id(producer), Workspace::Reveal::Yes);
        else if (value != ValueIndex::None)
            m_workspace.selectValue(value, Workspace::Reveal::Yes);
        return;
    }
    const NodeIndex opened = scene.opens ? view.find(item.node) : NodeIndex::None;
    if (opened == NodeIndex::None)
        return m_canvas->centreOn(node);
    remember();
    openPage(pageId(view, pagesOf(view, opened).front()));
}

PageId GraphPane::pageOf(const Selection::Value& selected) const
{
    const GraphView& view = *m_shown->view;
    const NodeIndex node = selected.node == NodeId::None ? NodeIndex::None : view.find(selected.node);
    const ScopeIndex page = node != NodeIndex::None ? view.scope(node) : findPage(view, selected.scope);
    return page == ScopeIndex::None ? m_page : pageId(view, page);
}

} // namespace pleat::ui
