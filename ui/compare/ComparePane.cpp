// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/ComparePane.h"

#include "core/graph/Pages.h"
#include "ui/canvas/Breadcrumb.h"
#include "ui/canvas/CanvasBar.h"
#include "ui/canvas/CanvasControls.h"
#include "ui/canvas/CanvasMenu.h"
#include "ui/canvas/Minimap.h"
#include "ui/compare/ChangesPanel.h"
#include "ui/document/Convert.h"
#include "ui/document/Names.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/SegmentedControl.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {
const auto compareLane = u"compare"_s;
const auto drawLane = u"layout"_s;

// The line above a canvas: which model it is, and what the frames mean while there is room for that.
class ColumnHead final : public QWidget {
public:
    explicit ColumnHead(PlainLabel* title)
    {
        setProperty("surface", u"panel"_s);
        setAttribute(Qt::WA_StyledBackground);
        setFixedHeight(30);
        setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // asks for no more than its canvas
        m_row = new QHBoxLayout(this);
        m_row->setContentsMargins(12, 0, 6, 0);
        m_row->addWidget(title, 1);
    }
    void explain(const QString& words, const QString& chip)
    {
        auto* label = new PlainLabel(words);
        label->setProperty("chip", chip);
        m_row->addWidget(label, 0, Qt::AlignVCenter);
        m_legend.push_back(label);
    }
    void add(QWidget* button) { m_row->addWidget(button); }

protected:
    void resizeEvent(QResizeEvent* event) override
    {
        QWidget::resizeEvent(event);
        constexpr int title = 170; // and a button
        int wanted = title;
        for (const PlainLabel* label : m_legend)
            wanted += label->sizeHint().width();
        for (PlainLabel* label : m_legend)
            label->setVisible(wanted <= width());
    }

private:
    QHBoxLayout* m_row;
    std::vector<PlainLabel*> m_legend;
};

} // namespace

ComparePane::ComparePane(Workspace& workspace)
    : m_workspace(workspace),
      m_bar(new CanvasBar),
      m_changes(new ChangesPanel(workspace))
{
    m_columns = new QSplitter;
    m_columns->setChildrenCollapsible(false);
    m_columns->setHandleWidth(1);
    for (const int side : {0, 1})
        m_columns->addWidget(makeColumn(side));
    m_columns->setSizes({500, 500});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bar);
    layout->addWidget(m_columns, 1);
    connectBar();
    for (const int side : {0, 1})
        connectCanvas(side);
    connect(m_changes, &ChangesPanel::selected, this, &ComparePane::goToChange);
    connect(&m_workspace, &Workspace::comparedChanged, this, &ComparePane::refresh);
    connect(&m_workspace, &Workspace::sideChanged, this, &ComparePane::showSides);
    connect(&m_workspace, &Workspace::revealed, this, [this] { followWorkspace(true); });
    connect(&m_workspace.selection(), &Selection::changed, this, [this] { followWorkspace(false); });
    showSides();
}

ComparePane::~ComparePane()
{
    for (const QString& lane : {compareLane, drawLane})
        m_workspace.jobs().cancel(this, lane);
}

QWidget* ComparePane::makeColumn(int side)
{
    Column& column = m_sides[static_cast<std::size_t>(side)];
    column.column = new QWidget;
    column.title = new PlainLabel;
    column.title->setProperty("role", u"quiet"_s);
    column.title->setElided(Qt::ElideMiddle);
    column.canvas = new GraphCanvas;
    column.canvas->setMinimumWidth(110); // two of them where one has 220
    column.canvas->setAccessibleName(side == 0 ? tr("Graph before") : tr("Graph after"));
    auto* head = new ColumnHead(column.title);
    if (side == 0)
        head->explain(tr("− removed"), u"gone"_s);
    else
        head->explain(tr("+ added"), u"canFold"_s);
    head->explain(tr("≠ changed"), u"blocked"_s);
    if (side == 1) {
        m_leave = new QToolButton;
        m_leave->setObjectName(u"leaveComparison"_s);
        m_leave->setText(tr("Leave"));
        m_leave->setToolTip(tr("End the comparison; the first model stays open"));
        m_leave->setAutoRaise(true);
        connect(m_leave, &QToolButton::clicked, &m_workspace, &Workspace::endComparison);
        head->add(m_leave);
    }
    auto* layout = new QVBoxLayout(column.column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(head);
    layout->addWidget(column.canvas, 1);
    return column.column;
}

void ComparePane::connectBar()
{
    SegmentedControl& sides = m_bar->sides();
    connect(&sides, &SegmentedControl::currentChanged, this,
            [this](int segment) { m_workspace.setSide(static_cast<Side>(segment)); });
    CanvasControls& controls = m_bar->controls();
    controls.setLegendShown(false); // what the colours mean, the list says
    connect(&controls, &CanvasControls::zoomOut, this, [this] { canvas().zoomOut(); });
    connect(&controls, &CanvasControls::zoomIn, this, [this] { canvas().zoomIn(); });
    connect(&controls, &CanvasControls::actualSize, this, [this] { canvas().actualSize(); });
    connect(&controls, &CanvasControls::fit, this, [this] { canvas().fit(); });
    connect(&controls, &CanvasControls::turn, this, &ComparePane::toggleDirection);
    connect(&m_bar->pages(), &Breadcrumb::pageChosen, this, [this](int page) {
        if (isCurrent())
            leaveTo(static_cast<std::size_t>(page));
    });
}

// What one of them does, the other does.
void ComparePane::connectCanvas(int side)
{
    GraphCanvas& canvas = *m_sides[static_cast<std::size_t>(side)].canvas;
    GraphCanvas& other = *m_sides[static_cast<std::size_t>(1 - side)].canvas;
    const auto counterpart = [&other](const CanvasHit& hit) {
        CanvasHit same;
        if (hit.node >= 0 && !other.scene().nodes[static_cast<std::size_t>(hit.node)].gone)
            same.node = hit.node;
        if (hit.edge >= 0 && !other.scene().edges[static_cast<std::size_t>(hit.edge)].gone)
            same.edge = hit.edge;
        return same;
    };
    connect(&canvas, &GraphCanvas::viewChanged, this, [this, &canvas, &other] {
        if (std::exchange(m_following, true))
            return;
        other.lookAt(canvas.seen());
        m_bar->controls().setZoom(canvas.zoom());
        m_following = false;
    });
    connect(&canvas, &GraphCanvas::hovered, this,
            [&other, counterpart](const CanvasHit& hit) { other.showHovered(counterpart(hit)); });
    connect(&canvas, &GraphCanvas::selectionChanged, this,
            [this, side, &other, counterpart](const CanvasHit& hit) {
                if (std::exchange(m_following, true))
                    return;
                other.select(counterpart(hit));
                m_following = false;
                tell(side, hit.node);
            });
    connect(&canvas, &GraphCanvas::nodeActivated, this, [this, side](int node) { activateNode(side, node); });
    connect(&canvas, &GraphCanvas::directionChanged, this, &ComparePane::toggleDirection);
    connect(&canvas, &GraphCanvas::copyRequested, this, [&canvas] { copyNames(canvas); });
    connect(&canvas, &GraphCanvas::contextMenuRequested, this,
            [this, side](const CanvasHit& hit, QPoint position) { contextMenu(side, hit, position); });
}

void ComparePane::contextMenu(int side, const CanvasHit& hit, QPoint position)
{
    GraphCanvas& canvas = *m_sides[static_cast<std::size_t>(side)].canvas;
    QMenu menu(this);
    if (const auto node = static_cast<std::size_t>(hit.node);
        hit.node >= 0 && canvas.scene().nodes[node].opens)
        menu.addAction(tr("Open"), this, [this, side, &canvas, key = canvas.scene().nodes[node].key] {
            if (const int now = canvas.sharedScene()->nodeWithKey(key); now >= 0)
                activateNode(side, now);
        });
    if (isCurrent())
        addChoosingActions(menu, canvas, hit);
    menu.addSeparator();
    menu.addAction(tr("Fit"), &canvas, &GraphCanvas::fit);
    menu.addAction(tr("Actual Size"), &canvas, &GraphCanvas::actualSize);
    menu.exec(position);
}

void ComparePane::setDetails(const SceneDetails& details)
{
    if (details == m_details)
        return;
    m_details = details;
    draw();
}

void ComparePane::toggleDirection()
{
    m_direction = m_direction == Direction::TopDown ? Direction::LeftRight : Direction::TopDown;
    m_columns->setOrientation(m_direction == Direction::TopDown ? Qt::Horizontal : Qt::Vertical);
    m_isFitted = false;
    draw();
}

void ComparePane::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refresh();
}

void ComparePane::refresh()
{
    const Workspace::Compared compared = m_workspace.compared();
    showSides();
    if (!compared.before || compared == m_compared)
        return;
    const bool isOther = compared.before != m_compared.before || compared.after != m_compared.after;
    if (isOther || !isVisible()) { // what nobody looks at is not kept
        for (const QString& lane : {compareLane, drawLane})
            m_workspace.jobs().cancel(this, lane);
        m_comparison.reset();
        m_wanted.reset();
        m_changes->setComparison(nullptr);
    }
    if (!isVisible()) {
        m_compared = {};
        return;
    }
    // Steps of one document have the same nodes and places; another file is another subject.
    if (m_compared.before != compared.before && m_compared.after != compared.after) {
        m_isFitted = false;
        m_page = {};
    }
    m_compared = compared;
    if (isOther)
        compare();
    else
        draw(); // shapes became known
}

void ComparePane::compare()
{
    m_workspace.jobs().start(
        compareLane, tr("Comparing…"), this,
        [before = m_compared.before, after = m_compared.after](Progress& progress, std::stop_token stop) {
            return compareModels(before, after, progress, stop);
        },
        [this](Result<ComparisonPointer> made) {
            if (!made) {
                Q_EMIT m_workspace.failed(tr("The two models cannot be compared."), made.error());
                return;
            }
            m_comparison = std::move(*made);
            const bool isThere = index(m_page.before) < m_compared.before->view->scopes().size();
            m_page = isThere ? pageBefore(*m_comparison, m_page.before) : ComparedPage();
            m_changes->setComparison(m_comparison);
            tellPartners();
            draw();
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

void ComparePane::draw()
{
    if (!m_comparison || !isVisible())
        return;
    m_workspace.jobs().start(
        drawLane, tr("Laying out…"), this,
        [comparison = m_comparison, page = m_page,
         types = ComparedTypes{m_compared.typesBefore, m_compared.typesAfter}, details = m_details,
         direction = m_direction](Progress&, std::stop_token stop) {
            return sideBySide(*comparison, page, types, details, direction, stop);
        },
        [this](std::optional<ComparedScenes> scenes) {
            if (scenes)
                present(std::move(*scenes));
        },
        JobDisplay::Shown, JobPriority::LookedAt);
}

void ComparePane::present(ComparedScenes scenes)
{
    m_following = true;
    m_drawn = m_comparison;
    m_items = std::move(scenes.items);
    const bool samePage = m_isFitted && m_drawnPage == scenes.page;
    m_drawnPage = scenes.page;
    m_isFitted = true;
    const auto keep = samePage ? GraphCanvas::KeepView::Anchor : GraphCanvas::KeepView::Fit;
    after().setSharedScene(scenes.after, keep);
    before().setSharedScene(scenes.before, GraphCanvas::KeepView::Exact);
    before().lookAt(after().view());
    m_bar->controls().setZoom(after().zoom());
    m_bar->controls().setDirection(m_direction);
    for (Column& column : m_sides)
        column.numbers.clear();
    for (std::size_t n = 0; n < m_items.size(); ++n) {
        m_sides[0].numbers.emplace(m_items[n].before.node, static_cast<int>(n));
        m_sides[1].numbers.emplace(m_items[n].after.node, static_cast<int>(n));
    }
    m_following = false;
    showPages();
    if (m_wanted)
        goToChange(*std::exchange(m_wanted, std::nullopt));
    else
        followWorkspace(false);
    Q_EMIT compared();
}

void ComparePane::tellPartners()
{
    Workspace::Partners partners{m_comparison->before, m_comparison->after, {}};
    for (const auto& [old, now] : m_comparison->afterOf)
        partners.nodes.emplace(m_comparison->before->view->id(old), m_comparison->after->view->id(now));
    m_workspace.setPartners(std::move(partners));
}

void ComparePane::showSides()
{
    const Side side = m_workspace.side();
    m_bar->sides().setCurrent(static_cast<int>(side));
    const Document& document = m_workspace.document();
    const Document* other = m_workspace.other();
    before().setMinimapShown(side == Side::Before); // one for both
    m_sides[0].column->setVisible(side != Side::After);
    m_sides[1].column->setVisible(side != Side::Before);
    m_sides[0].title->setText(other ? tr("Before: %1").arg(document.fileName())
                                    : tr("Before: as it was opened"));
    m_sides[1].title->setText(other ? tr("After: %1").arg(other->fileName()) : tr("After: as it is now"));
    if (other) {
        m_sides[0].title->setToolTip(document.path());
        m_sides[1].title->setToolTip(other->path());
    }
    m_leave->setVisible(other != nullptr);
}

void ComparePane::showPages()
{
    const bool old = m_drawnPage.after == ScopeIndex::None;
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    QStringList names;
    if (view.scopes().size() > 1)
        for (const ScopeIndex page : wayTo(view, old ? m_drawnPage.before : m_drawnPage.after))
            names += page == ScopeIndex::Main ? m_workspace.document().fileName() : pageName(view, page);
    m_bar->pages().setPages(names);
    m_bar->arrange();
}

void ComparePane::openPage(const ComparedPage& page)
{
    if (page == m_page)
        return;
    m_page = page;
    draw();
}

void ComparePane::leaveTo(std::size_t outer)
{
    const bool old = m_drawnPage.after == ScopeIndex::None;
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    const ScopeIndex page = wayTo(view, old ? m_drawnPage.before : m_drawnPage.after)[outer];
    openPage(old ? pageBefore(*m_comparison, page) : pageAfter(*m_comparison, page));
}

void ComparePane::leavePage()
{
    if (const qsizetype pages = m_bar->pages().pages().size(); isCurrent() && pages > 1)
        leaveTo(static_cast<std::size_t>(pages) - 2);
}

void ComparePane::activateNode(int side, int node)
{
    if (!isCurrent())
        return;
    const bool old = side == 0;
    const ComparedScenes::Item& both = m_items[static_cast<std::size_t>(node)];
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    const NodeIndex at = view.find((old ? both.before : both.after).node);
    const auto pages = at == NodeIndex::None ? std::vector<ScopeIndex>() : pagesOf(view, at);
    if (pages.empty())
        canvas().centreOn(node);
    else
        openPage(old ? pageBefore(*m_comparison, pages.front()) : pageAfter(*m_comparison, pages.front()));
}

int ComparePane::numberOf(const Change& change) const
{
    const bool old = change.after == NodeIndex::None;
    const NodeIndex node = old ? change.before : change.after;
    if (node == NodeIndex::None)
        return -1;
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    const auto& numbers = m_sides[old ? 0 : 1].numbers;
    const auto found = numbers.find(view.id(node));
    return found == numbers.end() ? -1 : found->second;
}

void ComparePane::goToChange(std::size_t number)
{
    const Change& change = m_comparison->changes[number];
    const bool old = change.after == NodeIndex::None;
    const NodeIndex node = old ? change.before : change.after;
    if (node == NodeIndex::None)
        return;
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    const ComparedPage page =
        old ? pageBefore(*m_comparison, view.scope(node)) : pageAfter(*m_comparison, view.scope(node));
    if (page != m_drawnPage || !isCurrent()) {
        m_wanted = number; // once it is there
        openPage(page);
        return;
    }
    mark(numberOf(change), true);
    tellNode(old, node);
}

void ComparePane::mark(int number, bool centre)
{
    m_following = true;
    for (const Column& column : m_sides) {
        const bool isHere =
            number >= 0 && !column.canvas->scene().nodes[static_cast<std::size_t>(number)].gone;
        column.canvas->select(isHere ? CanvasHit{number, -1, -1} : CanvasHit());
    }
    m_following = false;
    if (centre && number >= 0)
        canvas().centreOn(number);
}

void ComparePane::tell(int side, int number)
{
    if (!isCurrent())
        return;
    if (number < 0) {
        m_changes->select(std::nullopt);
        return;
    }
    const ComparedScenes::Item& item = m_items[static_cast<std::size_t>(number)];
    const bool old = side == 0;
    const GraphView& view = *(old ? m_comparison->before : m_comparison->after)->view;
    const NodeId id = (old ? item.before : item.after).node;
    const NodeIndex node = id == NodeId::None ? NodeIndex::None : view.find(id);
    const auto& changes = old ? m_comparison->changeBefore : m_comparison->changeAfter;
    const auto change = changes.find(node);
    m_changes->select(change == changes.end() ? std::nullopt : std::optional(change->second));
    if (node != NodeIndex::None)
        tellNode(old, node);
}

// In the workspace the model is selected that its document has now; a node that was folded away is its fold.
void ComparePane::tellNode(bool old, NodeIndex node)
{
    const bool isShown = old == (m_workspace.other() != nullptr); // that is the side of the document's model
    const auto& partners = old ? m_comparison->afterOf : m_comparison->beforeOf;
    const auto partner = partners.find(node);
    const GraphView& document = *m_workspace.shown()->view;
    m_following = true;
    if (isShown) {
        m_workspace.selectNode(document.id(node));
    } else if (partner != partners.end()) {
        m_workspace.selectNode(document.id(partner->second));
    } else {
        const NodeId id = (old ? m_comparison->before : m_comparison->after)->view->id(node);
        const FoldId fold = m_workspace.other() ? FoldId() : m_workspace.foldOf(id);
        const FoldRecord* record = m_workspace.document().current()->record(fold);
        if (record && record->candidate.layer)
            m_workspace.selectNode(record->candidate.layer->id, fold, Workspace::Reveal::No);
        else
            m_workspace.selection().clear();
    }
    m_following = false;
}

void ComparePane::followWorkspace(bool centre)
{
    if (m_following || !isVisible() || !isCurrent())
        return;
    const NodeId id = m_workspace.selection().value().node;
    const bool old = m_workspace.other() != nullptr;
    const GraphView& view = *m_workspace.shown()->view;
    const NodeIndex node = id == NodeId::None ? NodeIndex::None : view.find(id);
    const auto& changes = old ? m_comparison->changeBefore : m_comparison->changeAfter;
    const auto change = changes.find(node);
    m_changes->select(change == changes.end() ? std::nullopt : std::optional(change->second));
    if (node != NodeIndex::None && centre)
        openPage(old ? pageBefore(*m_comparison, view.scope(node))
                     : pageAfter(*m_comparison, view.scope(node)));
    const auto& numbers = m_sides[old ? 0 : 1].numbers;
    const auto number = numbers.find(id);
    mark(node == NodeIndex::None || number == numbers.end() ? -1 : number->second, centre);
}

} // namespace pleat::ui
