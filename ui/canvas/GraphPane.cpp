// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/canvas/GraphPane.h"

#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/CanvasMenu.h"
#include "ui/canvas/ScopeBlocks.h"
#include "ui/document/Convert.h"
#include "ui/widgets/PlainText.h"

#include <QFileInfo>
#include <QHash>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
const auto layoutLane = u"layout"_s;
const auto imageLane = u"image"_s;
} // namespace

GraphPane::GraphPane(Workspace& workspace)
    : m_workspace(workspace),
      m_jobs(workspace.jobs()),
      m_bar(new CanvasBar(this)),
      m_canvas(new GraphCanvas(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bar);
    layout->addWidget(m_canvas, 1);
    m_empty = new PlainLabel(tr("This model has no nodes."), m_canvas);
    m_empty->setProperty("role", u"quiet"_s);
    m_empty->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_empty->hide();
    auto* overlay = new QVBoxLayout(m_canvas);
    overlay->addWidget(m_empty, 0, Qt::AlignCenter);
    connectBar();
    connect(&m_workspace, &Workspace::opened, this,
            [this] { show(m_workspace.document().reloadedFrom() ? Subject::Reloaded : Subject::Other); });
    connect(&m_workspace, &Workspace::changed, this, [this] { show(Subject::Same); });
    connect(&m_workspace, &Workspace::typesChanged, this, &GraphPane::labelEdges);
    connect(&m_workspace, &Workspace::marksChanged, this, [this] {
        ++m_marksVersion;
        rebuild();
    });
    connect(&m_workspace, &Workspace::heatChanged, this, &GraphPane::colourNodes);
    connect(&m_workspace, &Workspace::leaving, this, &GraphPane::remember);
    connect(&m_workspace, &Workspace::revealed, this, [this] { followSelection(true); });
    connect(&m_workspace.selection(), &Selection::changed, this, [this] { followSelection(false); });
    connect(&m_jobs, &JobRunner::laneFinished, this, [this](const QObject* owner, const QString& lane) {
        if (owner == this && lane == imageLane)
            Q_EMIT imageEnded();
    });
    connect(m_canvas, &GraphCanvas::selectionChanged, this, &GraphPane::selectionChanged);
    connect(m_canvas, &GraphCanvas::frameActivated, this, &GraphPane::activateMark);
    connect(m_canvas, &GraphCanvas::nodeActivated, this, &GraphPane::activateNode);
    connect(m_canvas, &GraphCanvas::headerActivated, this, [this](int group) {
        collapseScope(m_canvas->scene().groups[static_cast<std::size_t>(group)].scope);
    });
    connect(m_canvas, &GraphCanvas::copyRequested, this, [this] { copyNames(*m_canvas); });
    connect(m_canvas, &GraphCanvas::contextMenuRequested, this, &GraphPane::contextMenu);
    connect(m_canvas, &GraphCanvas::directionChanged, this, [this](Direction direction) {
        if (direction == m_direction)
            return;
        m_direction = direction;
        forgetPages(); // all places are others
        rebuild();
    });
}

void GraphPane::show(Subject subject)
{
    const Document& document = m_workspace.document();
    if (document.isEmpty())
        return;
    const bool same = m_workspace.shown() == m_shown && document.current() == m_current;
    m_shown = m_workspace.shown();
    m_current = document.current();
    if (subject != Subject::Same) {
        if (subject == Subject::Reloaded)
            samePageOfReloaded();
        forgetPages();
        if (subject == Subject::Other)
            m_page = {};
        m_subject = subject;
        m_places = subject == Subject::Reloaded ? placesInView() : std::vector<Place>();
        m_isShown = false;
        if (subject == Subject::Other)
            m_scopes.clear();
        else // bodies have other ids
            std::erase_if(m_scopes, [](const auto& page) { return !page.first.isMain(); });
    }
    if (!same || subject != Subject::Same)
        rebuild();
}

void GraphPane::labelEdges()
{
    if (!m_isShown || m_drawing->of.shown != m_shown || drawnPage() != m_page ||
        m_jobs.isBusy(this, layoutLane)) {
        rebuild();
        return;
    }
    m_jobs.start(
        layoutLane, tr("Laying out…"), this,
        [drawing = *m_drawing, types = m_workspace.types()](Progress&, std::stop_token) mutable {
            drawing.of.types = types;
            drawing.scene = std::make_shared<const IndexedScene>(IndexedScene{
                labelled(drawing.scene->scene, drawing.of.page(), *types), drawing.scene->index});
            return std::move(drawing);
        },
        [this](Drawing same) {
            m_drawing = std::move(same);
            m_canvas->relabel(m_drawing->scene);
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

void GraphPane::rebuild()
{
    if (!m_shown)
        return;
    keepPage();
    rebuild(previousDrawing());
}

void GraphPane::rebuild(const Drawing* previous)
{
    m_jobs.start(
        layoutLane, tr("Laying out…"), this,
        [of = Drawing::Of{m_shown, m_current, m_workspace.marks(), m_marksVersion, m_workspace.types(),
                          m_direction, m_details, findPage(*m_shown->view, m_page), scopesOf(m_page)},
         previous = previous ? std::optional(*previous) : std::nullopt,
         isReloaded = m_subject == Subject::Reloaded](Progress&, std::stop_token stop) mutable {
            if (isReloaded && of.scopes)
                of.scopes = of.scopes->of(std::make_shared<const NameScopes>(*of.shown->view, of.scope));
            return draw(std::move(of), previous ? &*previous : nullptr, stop);
        },
        [this](std::optional<Drawing> drawing) {
            if (drawing)
                present(std::move(*drawing));
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

bool GraphPane::hasGaps() const
{
    return m_isShown && std::ranges::any_of(m_canvas->scene().nodes, &SceneNode::gone);
}

void GraphPane::tidy()
{
    if (!m_isShown || drawnPage() != m_page)
        return;
    if (hasGaps()) {
        m_untidy = m_drawing;
        rebuild(nullptr);
    } else if (canUntidy()) {
        const auto before = std::exchange(m_untidy, std::nullopt);
        rebuild(&*before);
    }
}

bool GraphPane::canUntidy() const
{
    return m_untidy && m_isShown && !hasGaps() &&
           m_page == pageId(*m_untidy->of.shown->view, m_untidy->of.scope);
}

void GraphPane::present(Drawing drawing)
{
    m_following = true;
    const Subject subject = std::exchange(m_subject, Subject::Same);
    const bool samePage = m_isShown && drawnPage() == m_page;
    m_isShown = true;
    auto place = centreToReturnTo(drawing.scene->scene);
    if (!place && samePage)
        place = centreHolding(*drawing.scene);
    m_held = NameScopes::root;
    const auto view = std::exchange(m_viewToReturnTo, std::nullopt);
    m_drawing = std::move(drawing);
    m_scopes.insert_or_assign(drawnPage(), *m_drawing->of.scopes);
    m_canvas->setSharedScene(m_drawing->scene, place || view ? GraphCanvas::KeepView::Exact
                                               : samePage    ? GraphCanvas::KeepView::Anchor
                                                             : GraphCanvas::KeepView::Fit);
    if (place)
        m_canvas->centreAt(*place);
    if (view)
        m_canvas->lookAt(*view);
    m_following = false;
    showPages();
    m_bar->controls().setDirection(m_canvas->direction());
    m_empty->setVisible(m_drawing->laidOut->items.empty());
    if (!m_emphasised.isEmpty())
        emphasise(m_emphasised);
    colourNodes();
    m_wanted.centre &= subject == Subject::Same;
    if (!m_wanted.centre || !expandToWanted())
        applyWanted();
    Q_EMIT sceneShown();
}

void GraphPane::colourNodes()
{
    const HeatPointer& heat = m_workspace.heat();
    if (!m_isShown)
        return;
    if (!heat) {
        m_canvas->setHeat(nullptr);
        return;
    }
    auto colours = std::make_shared<CanvasHeat>();
    colours->meaning = heat;
    const auto& items = m_drawing->laidOut->items;
    const auto scopes = hottestInScopes(*heat);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const Heat::Node* hot = nullptr;
        if (const auto node = heat->nodes.find(items[i].node); node != heat->nodes.end())
            hot = &node->second;
        else if (const auto scope = scopes.find(items[i].scope); scope != scopes.end())
            hot = &scope->second;
        if (hot && !m_canvas->scene().nodes[i].gone)
            colours->nodes.push_back({static_cast<std::uint32_t>(i), hot->share, hot->words});
    }
    m_canvas->setHeat(std::move(colours));
}

// The selected node, then those next to the middle of what is seen.
std::vector<GraphPane::Place> GraphPane::placesInView() const
{
    constexpr std::size_t enough = 64;
    const auto& nodes = m_canvas->scene().nodes;
    const QRectF visible = m_canvas->visibleScene();
    std::vector<std::pair<double, const SceneNode*>> around;
    for (const SceneNode& node : nodes) {
        const QPointF off = node.rect.center() - visible.center();
        if (!node.gone && !node.name.isEmpty() && visible.intersects(node.rect))
            around.emplace_back(std::hypot(off.x(), off.y()), &node);
    }
    if (const int selected = m_canvas->selection().node; selected >= 0)
        for (auto& [distance, node] : around)
            if (node == &nodes[static_cast<std::size_t>(selected)])
                distance = -1;
    std::ranges::sort(around);
    std::vector<Place> places;
    for (const auto& [distance, node] : around)
        if (places.size() < enough)
            places.push_back({node->name, node->rect.center() - visible.center()});
    return places;
}

std::optional<QPointF> GraphPane::centreToReturnTo(const GraphScene& scene)
{
    const std::vector<Place> places = std::exchange(m_places, {});
    if (places.empty())
        return std::nullopt;
    QHash<QString, const SceneNode*> byName;
    for (const SceneNode& node : scene.nodes)
        if (!node.gone)
            byName.insert(node.name, &node);
    for (const Place& place : places)
        if (const SceneNode* node = byName.value(place.name))
            return node->rect.center() - place.offset;
    return std::nullopt;
}

void GraphPane::followSelection(bool centre)
{
    const Selection::Value& selected = m_workspace.selection().value();
    if (m_following)
        return; // the canvas itself
    // Whoever selects the same again does not call off what is on its way.
    const bool isComing =
        m_wanted.centre && m_wanted.node == selected.node && m_wanted.value == selected.value;
    m_wanted = {selected.node, selected.scope, selected.value, centre || isComing};
    if (centre && m_shown)
        openPage(pageOf(selected));
    if (!m_isShown || drawnPage() != m_page || (m_wanted.centre && expandToWanted()))
        return;
    const bool again = m_wanted.centre && m_jobs.isBusy(this, layoutLane);
    applyWanted();
    m_wanted.centre |= again; // the scene that is being made would undo it
}

int GraphPane::sceneNode(NodeIndex node) const
{
    // Inside a body: the node that owns the body stands for it.
    const GraphView& view = *m_drawing->of.shown->view;
    while (node != NodeIndex::None && view.scope(node) != m_drawing->of.scope)
        node = view.scopes()[index(view.scope(node))].owner;
    if (node == NodeIndex::None)
        return -1;
    const auto hiding = m_drawing->of.scopes->hiding(view, node);
    return m_canvas->nodeWithKey(hiding ? ScopeBlock::key(*hiding) : static_cast<quint32>(view.id(node)));
}

// The node that shows it: of a value that is in a collapsed scope its producer, else who reads it (a weight).
NodeIndex GraphPane::nodeOf(const Wanted& wanted) const
{
    const GraphView& view = *m_drawing->of.shown->view;
    if (wanted.node != NodeId::None)
        return view.find(wanted.node);
    const ValueIndex value = view.find(findPage(view, wanted.scope), wanted.value);
    if (wanted.value.empty() || value == ValueIndex::None)
        return NodeIndex::None;
    if (m_drawing->of.scopes->hiding(view, view.producer(value)))
        return view.producer(value);
    return view.uses(value).empty() ? NodeIndex::None : view.uses(value).front().node;
}

CanvasHit GraphPane::find(const Wanted& wanted) const
{
    const GraphView& view = *m_drawing->of.shown->view;
    if (const NodeIndex node = view.find(wanted.node); wanted.node != NodeId::None && node != NodeIndex::None)
        return {sceneNode(node), -1, -1};
    if (wanted.block != NameScopes::root)
        return {m_canvas->nodeWithKey(ScopeBlock::key(wanted.block)), -1, -1};
    const ValueIndex value = view.find(findPage(view, wanted.scope), wanted.value);
    if (wanted.value.empty() || value == ValueIndex::None)
        return {};
    const bool isKnownHere = view.find(m_drawing->of.scope, wanted.value) == value;
    const auto& items = m_drawing->laidOut->items;
    for (std::size_t i = 0; isKnownHere && i < items.size(); ++i)
        if (items[i].value == wanted.value)
            return {static_cast<int>(i), -1, -1};
    const auto& edges = m_canvas->scene().edges;
    const QString name = toQt(wanted.value);
    for (std::size_t i = 0; isKnownHere && i < edges.size(); ++i)
        if (!edges[i].gone && edges[i].tensorName == name)
            return {-1, static_cast<int>(i), -1};
    return {sceneNode(nodeOf(wanted)), -1, -1};
}

void GraphPane::applyWanted()
{
    CanvasHit hit = find(m_wanted);
    if (hit.node >= 0)
        hit.frame = m_canvas->scene().frameOf[static_cast<std::size_t>(hit.node)];
    m_following = true;
    const CanvasHit now = m_canvas->selection();
    if (hit.node != now.node || hit.edge != now.edge || hit.nothing())
        m_canvas->select(hit);
    // Once: whoever moves on is not brought back. What is not there yet may come with the next scene.
    const bool centre = !hit.nothing() && std::exchange(m_wanted.centre, false);
    if (centre && hit.frame >= 0)
        m_canvas->centreOnFrame(hit.frame);
    else if (centre && hit.node >= 0)
        m_canvas->centreOn(hit.node);
    else if (centre && hit.edge >= 0)
        m_canvas->centreOn(
            static_cast<int>(m_canvas->scene().edges[static_cast<std::size_t>(hit.edge)].from));
    m_following = false;
}

void GraphPane::selectionChanged(const CanvasHit& hit)
{
    if (m_following || !m_isShown)
        return;
    m_wanted = {};
    const auto& scene = m_canvas->scene();
    int node = hit.node;
    if (node < 0 && hit.frame >= 0)
        node = static_cast<int>(scene.frames[static_cast<std::size_t>(hit.frame)].nodes.front());
    if (node >= 0) {
        const BuiltScene::Item& item = m_drawing->laidOut->items[static_cast<std::size_t>(node)];
        m_wanted = {item.node, {}, item.value, false, item.scope};
        if (item.scope != NameScopes::root)
            clearSelection();
        else if (item.node != NodeId::None)
            m_workspace.selectNode(item.node);
        else
            selectValue(item.value);
    } else if (hit.edge >= 0) {
        const QString name = scene.edges[static_cast<std::size_t>(hit.edge)].tensorName;
        selectValue(toStd(name));
    } else {
        m_workspace.selection().clear();
    }
}

// Of the workspace: what the canvas has selected is nothing that the panels know.
void GraphPane::clearSelection()
{
    m_following = true;
    m_workspace.selection().clear();
    m_following = false;
}

void GraphPane::selectValue(const std::string& name)
{
    const GraphView& view = *m_shown->view;
    const ValueIndex value = view.find(findPage(view, drawnPage()), name);
    if (value != ValueIndex::None)
        m_workspace.selectValue(value);
}

void GraphPane::activateMark(int frame)
{
    const auto at = static_cast<std::size_t>(frame);
    if (frame < 0 || !m_drawing || at >= m_drawing->frames.size())
        return;
    const Drawing::FrameMark mark = m_drawing->frames[at];
    if (!mark.action.isEmpty())
        Q_EMIT m_workspace.markActivated(mark.panel, mark.id);
}

void GraphPane::setDetails(const SceneDetails& details)
{
    if (details == m_details)
        return;
    m_details = details;
    rebuild();
}

void GraphPane::toggleDirection()
{
    m_canvas->setDirection(m_direction == Direction::TopDown ? Direction::LeftRight : Direction::TopDown);
}

bool GraphPane::isFound(const FindQuery& query, const BuiltScene::Item& item) const
{
    const GraphView& view = *m_drawing->of.shown->view;
    const ValueTypes& types = *m_drawing->of.types;
    if (item.node != NodeId::None) {
        const NodeIndex node = view.find(item.node);
        return node != NodeIndex::None && query.matches(view, node, types);
    }
    const ValueIndex value = view.find(m_drawing->of.scope, item.value);
    return value != ValueIndex::None && query.matches(view, value, types);
}

// Collapsed scopes that hide something of it.
std::set<std::uint32_t> GraphPane::blocksWith(const FindQuery& query) const
{
    const GraphView& view = *m_drawing->of.shown->view;
    const ScopeState& scopes = *m_drawing->of.scopes;
    std::set<std::uint32_t> blocks;
    if (scopes.isAllExpanded())
        return blocks;
    for (const NodeIndex node : view.scopes()[index(m_drawing->of.scope)].nodes)
        if (query.matches(view, node, *m_drawing->of.types))
            if (const auto hiding = scopes.hiding(view, node))
                blocks.insert(*hiding);
    return blocks;
}

void GraphPane::emphasise(const QString& words)
{
    m_emphasised = words;
    const FindQuery query(toStd(words));
    std::vector<std::uint32_t> found;
    const std::size_t nodes = m_isShown && !query.isEmpty() ? m_canvas->scene().nodes.size() : 0;
    const std::set<std::uint32_t> blocks = nodes > 0 ? blocksWith(query) : std::set<std::uint32_t>();
    const auto isLit = [&](const BuiltScene::Item& item) {
        return item.scope != NameScopes::root ? blocks.contains(item.scope) : isFound(query, item);
    };
    for (std::size_t i = 0; i < nodes; ++i)
        if (!m_canvas->scene().nodes[i].gone && isLit(m_drawing->laidOut->items[i]))
            found.push_back(static_cast<std::uint32_t>(i));
    m_canvas->emphasise(std::move(found));
}

bool GraphPane::isWritingImage() const
{
    return m_jobs.isBusy(this, imageLane);
}

void GraphPane::cancelImage()
{
    m_jobs.cancel(this, imageLane);
}

void GraphPane::saveImage(const QString& path, GraphImageOptions options,
                          std::function<void(const QString& problem)> done)
{
    m_jobs.start(
        imageLane, tr("Exporting %1…").arg(QFileInfo(path).fileName()), this,
        [shared = m_canvas->sharedScene(), options = std::move(options), path](Progress& progress,
                                                                               std::stop_token stop) {
            return writeGraphImage(shared->scene, path, progress, stop, options);
        },
        std::move(done));
}

} // namespace pleat::ui
