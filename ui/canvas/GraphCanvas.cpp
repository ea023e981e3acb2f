// SPDX-License-Identifier: GPL-3.0-or-later
// The view: scene, transform, painting, overlays. Mouse and keyboard are in CanvasInput.cpp.
#include "ui/canvas/GraphCanvas.h"

#include "ui/canvas/HeatOverlay.h"
#include "ui/canvas/Minimap.h"
#include "ui/canvas/SceneChange.h"
#include "ui/canvas/ScopeOutlines.h"
#include "ui/widgets/Theme.h"

#include <QEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QResizeEvent>
#include <QStyle>
#include <algorithm>
#include <cmath>
#include <limits>

namespace pleat::ui {

namespace {
constexpr double greatestZoom = 4, readableZoom = 0.7, startZoom = 1.0;
constexpr double margin = 32; // around a scene that is fitted, widget px
constexpr int overlayMargin = 12;
constexpr double leastHeaderZoom = 0.45; // their words can be read
constexpr int moveDuration = 220;
} // namespace

GraphCanvas::GraphCanvas(QWidget* parent)
    : QWidget(parent),
      m_shared(IndexedScene::of({})),
      m_fonts(SceneFonts::standard()),
      m_heatOverlay(new HeatOverlay(this)),
      m_minimap(new Minimap(*this))
{
    qRegisterMetaType<CanvasHit>();
    qRegisterMetaType<Direction>();
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAttribute(Qt::WA_AcceptTouchEvents);
    grabGesture(Qt::PinchGesture);
    setMinimumSize(220, 100);
    setAccessibleName(tr("Graph"));
    setAccessibleDescription(
        tr("Arrow keys follow the edges, Enter acts on the selected pair, F fits the graph."));

    m_move.setDuration(moveDuration);
    m_move.setStartValue(0.0);
    m_move.setEndValue(1.0);
    m_move.setEasingCurve(QEasingCurve::OutCubic);
    connect(&m_move, &QVariantAnimation::valueChanged, this, [this](const QVariant& value) {
        const double t = value.toDouble();
        // The zoom is interpolated by ratio: what is seen then grows evenly.
        setView(m_moveFrom + (m_moveTo - m_moveFrom) * t, m_zoomFrom * std::pow(m_zoomTo / m_zoomFrom, t));
    });
}

GraphCanvas::~GraphCanvas() = default;

void GraphCanvas::setScene(GraphScene scene, KeepView keep)
{
    setSharedScene(IndexedScene::of(std::move(scene)), keep);
}

void GraphCanvas::setSharedScene(ScenePointer next, KeepView keep)
{
    m_move.stop();
    const CanvasHit selected = carriedOver(*next);
    QPointF shift;
    if (keep == KeepView::Anchor) {
        // The first choice that both scenes have: what is selected, then what is next to the centre.
        std::vector<int> candidates;
        if (m_marks.selected.node >= 0)
            candidates.push_back(m_marks.selected.node);
        if (m_marks.selected.frame >= 0 &&
            !scene().frames[static_cast<std::size_t>(m_marks.selected.frame)].nodes.empty())
            candidates.push_back(static_cast<int>(
                scene().frames[static_cast<std::size_t>(m_marks.selected.frame)].nodes.front()));
        const QRectF visible = visibleScene();
        std::erase_if(candidates, [&](int n) {
            return n >= static_cast<int>(scene().nodes.size()) ||
                   !visible.intersects(scene().nodes[static_cast<std::size_t>(n)].rect);
        });
        std::vector<std::pair<double, int>> around;
        for (const std::uint32_t n : index().nodes(scene(), visible)) {
            const QPointF off = scene().nodes[n].rect.center() - m_centre;
            around.emplace_back(std::hypot(off.x(), off.y()), static_cast<int>(n));
        }
        std::ranges::sort(around);
        for (const auto& [distance, n] : around)
            candidates.push_back(n);
        for (const int n : candidates) {
            const SceneNode& before = scene().nodes[static_cast<std::size_t>(n)];
            const int after = next->nodeWithKey(before.key);
            if (after < 0)
                continue;
            const QRectF& rect = next->scene.nodes[static_cast<std::size_t>(after)].rect;
            shift =
                QPointF(rect.center().x(), rect.top()) - QPointF(before.rect.center().x(), before.rect.top());
            break;
        }
    }
    const bool stays = keep != KeepView::Fit && shift.isNull() && m_marks.emphasised.empty();
    const auto changed = stays ? areaOfChange(*m_shared, *next) : std::nullopt;
    const QRectF unmarked = areaOf(*m_shared, m_marks.selected) | areaOf(*m_shared, m_marks.hovered);
    std::vector<std::uint32_t> chosen;
    for (const std::uint32_t node : m_marks.chosen)
        if (const int now = next->nodeWithKey(scene().nodes[node].key); now >= 0)
            chosen.push_back(static_cast<std::uint32_t>(now));
    std::ranges::sort(chosen);
    m_shared = std::move(next);
    m_marks = {};
    m_marks.selected = selected;
    m_marks.chosen = std::move(chosen);
    setAccessibleDescription(describe(selected));
    if (changed) {
        m_minimap->sceneChanged(*changed);
        paintAgain(*changed | unmarked | areaOf(*m_shared, selected));
        return;
    }
    m_direction = scene().direction;
    if (keep == KeepView::Fit)
        showStart();
    else
        setView(m_centre + shift, m_zoom);
    m_minimap->sceneChanged();
    placeOverlays(); // which depend on the direction
    update();
}

void GraphCanvas::paintAgain(const QRectF& area)
{
    // Which are wider than in the scene where that is small, and blocks that are wider than what they cover;
    // widget px.
    const double pens = scene().groups.empty() ? 8 : 120;
    if (area.isNull())
        return;
    const auto widened = [reach = pens / m_zoom](const QRectF& rect) {
        return rect.adjusted(-reach, -reach, reach, reach);
    };
    // The dashes of a frame that is cut off would begin elsewhere.
    QRectF whole = widened(area);
    for (const std::uint32_t frame : index().frames(scene(), whole))
        whole |= widened(scene().frames[frame].rect);
    update(QRectF(toWidget(whole.topLeft()), toWidget(whole.bottomRight())).toAlignedRect());
}

CanvasHit GraphCanvas::carriedOver(const IndexedScene& next) const
{
    CanvasHit hit;
    const CanvasHit& old = m_marks.selected;
    if (old.node >= 0)
        hit.node = next.nodeWithKey(scene().nodes[static_cast<std::size_t>(old.node)].key);
    if (old.frame >= 0) {
        for (const quint32 n : scene().frames[static_cast<std::size_t>(old.frame)].nodes) {
            const int kept = n < scene().nodes.size() ? next.nodeWithKey(scene().nodes[n].key) : -1;
            const int frame = kept < 0 ? -1 : next.scene.frameOf[static_cast<std::size_t>(kept)];
            if (frame >= 0) {
                hit.frame = frame;
                break;
            }
        }
    }
    if (old.edge >= 0) {
        const QString& tensor = scene().edges[static_cast<std::size_t>(old.edge)].tensorName;
        const auto same = std::ranges::find_if(next.scene.edges, [&tensor](const SceneEdge& edge) {
            return !edge.gone && edge.tensorName == tensor;
        });
        if (same != next.scene.edges.end())
            hit.edge = static_cast<int>(same - next.scene.edges.begin());
    }
    return hit;
}

void GraphCanvas::relabel(ScenePointer same)
{
    m_shared = std::move(same);
    update();
}

void GraphCanvas::emphasise(std::vector<std::uint32_t> nodes)
{
    std::ranges::sort(nodes);
    m_marks.emphasised = std::move(nodes);
    update();
}

void GraphCanvas::setHeat(std::shared_ptr<const CanvasHeat> heat)
{
    if (!heat && !m_marks.heat)
        return;
    m_marks.heat = std::move(heat);
    m_heatOverlay->setHeat(m_marks.heat ? m_marks.heat->meaning : nullptr);
    placeOverlays();
    m_minimap->sceneChanged();
    update();
}

QRectF GraphCanvas::selectedArea() const
{
    constexpr double around = 24;
    QRectF area;
    const CanvasHit& selected = m_marks.selected;
    if (selected.node >= 0)
        area |= scene().nodes[static_cast<std::size_t>(selected.node)].rect;
    if (selected.frame >= 0) {
        const SceneFrame& frame = scene().frames[static_cast<std::size_t>(selected.frame)];
        area |= frame.rect | frame.badgeRect;
    }
    for (const std::uint32_t node : m_marks.chosen)
        area |= scene().nodes[node].rect;
    return area.isNull() ? area : area.adjusted(-around, -around, around, around);
}

QPointF GraphCanvas::toScene(QPointF p) const
{
    return m_centre + (p - QPointF(width() / 2.0, height() / 2.0)) / m_zoom;
}

QPointF GraphCanvas::toWidget(QPointF p) const
{
    return (p - m_centre) * m_zoom + QPointF(width() / 2.0, height() / 2.0);
}

QRectF GraphCanvas::visibleScene() const
{
    return {toScene({0, 0}), toScene(QPointF(width(), height()))};
}

std::optional<OverviewBlock> GraphCanvas::blockAt(QPointF widgetPosition) const
{
    if (m_marks.heat || !m_marks.emphasised.empty())
        return std::nullopt; // they are not painted then
    for (const OverviewBlock& block : overviewBlocks(scene(), m_zoom))
        if (block.opacity > 0.5 && block.rect.contains(toScene(widgetPosition)))
            return block;
    return std::nullopt;
}

CanvasHit GraphCanvas::hitAt(QPointF widgetPosition) const
{
    if (const auto block = blockAt(widgetPosition))
        return {block->node, -1, -1};
    CanvasHit hit = index().at(scene(), toScene(widgetPosition), std::max(3.0, 6 / m_zoom));
    if (hit.nothing() && m_zoom >= leastHeaderZoom)
        hit.header = outlineHeaderAt(scene(), toScene(widgetPosition));
    return hit;
}

double GraphCanvas::fitZoom() const
{
    return zoomToFit(scene().bounds);
}

double GraphCanvas::zoomToFit(const QRectF& b) const
{
    if (b.isEmpty())
        return 1;
    return std::min({1.0, (width() - 2 * margin) / b.width(), (height() - 2 * margin) / b.height()});
}

double GraphCanvas::leastZoom() const
{
    return std::min(0.1, fitZoom() * 0.6);
}

// The middle of the view stays over the scene: nobody gets lost on empty ground.
QPointF GraphCanvas::clamped(QPointF centre, double) const
{
    const QRectF& b = scene().bounds;
    if (b.isNull())
        return centre;
    return {std::clamp(centre.x(), b.left(), b.right()), std::clamp(centre.y(), b.top(), b.bottom())};
}

void GraphCanvas::setView(QPointF centre, double zoom)
{
    m_zoom = std::clamp(zoom, leastZoom(), greatestZoom);
    m_centre = clamped(centre, m_zoom);
    m_minimap->update();
    update();
    Q_EMIT viewChanged();
}

void GraphCanvas::moveTo(QPointF centre, double zoom)
{
    m_move.stop();
    m_fitOnResize = false;
    const bool animate =
        m_animated && isVisible() && style()->styleHint(QStyle::SH_Widget_Animate, nullptr, this) != 0;
    if (!animate) {
        setView(centre, zoom);
        return;
    }
    m_moveFrom = m_centre;
    m_moveTo = clamped(centre, zoom);
    m_zoomFrom = m_zoom;
    m_zoomTo = std::clamp(zoom, leastZoom(), greatestZoom);
    m_move.start();
}

void GraphCanvas::setZoom(double zoom, QPointF fixed)
{
    m_move.stop();
    m_fitOnResize = false;
    const QPointF under = toScene(fixed);
    const double next = std::clamp(zoom, leastZoom(), greatestZoom);
    setView(under - (fixed - QPointF(width() / 2.0, height() / 2.0)) / next, next);
}

void GraphCanvas::zoomIn()
{
    moveTo(m_centre, view().zoom * 1.25);
}

void GraphCanvas::zoomOut()
{
    moveTo(m_centre, view().zoom / 1.25);
}

void GraphCanvas::fit()
{
    moveTo(scene().bounds.center(), fitZoom());
}

void GraphCanvas::actualSize()
{
    moveTo(m_centre, 1);
}

void GraphCanvas::centreAt(QPointF scenePosition)
{
    lookAt({scenePosition, m_zoom});
}

GraphCanvas::View GraphCanvas::view() const
{
    const bool moving = m_move.state() == QAbstractAnimation::Running;
    return moving ? View{m_moveTo, m_zoomTo} : View{m_centre, m_zoom};
}

void GraphCanvas::lookAt(const View& view)
{
    m_move.stop();
    m_fitOnResize = false;
    setView(view.centre, view.zoom);
}

void GraphCanvas::centreOn(int node)
{
    if (node >= 0 && node < static_cast<int>(scene().nodes.size()))
        moveTo(scene().nodes[static_cast<std::size_t>(node)].rect.center(),
               m_zoom < readableZoom ? 1.0 : m_zoom);
}

void GraphCanvas::centreOnFrame(int frame)
{
    if (frame >= 0 && frame < static_cast<int>(scene().frames.size()))
        moveTo(scene().frames[static_cast<std::size_t>(frame)].rect.center(),
               m_zoom < readableZoom ? 1.0 : m_zoom);
}

void GraphCanvas::showNode(int node)
{
    const QRectF wanted = scene().nodes[static_cast<std::size_t>(node)].rect.adjusted(-40, -60, 40, 60);
    const QRectF visible = visibleScene();
    QPointF shift;
    if (wanted.left() < visible.left() || wanted.right() > visible.right())
        shift.setX(wanted.center().x() - visible.center().x());
    if (wanted.top() < visible.top() || wanted.bottom() > visible.bottom())
        shift.setY(wanted.center().y() - visible.center().y());
    if (!shift.isNull())
        moveTo(m_centre + shift, m_zoom);
}

// A whole network fitted into the window is a hairline; its beginning at a size that can be read says more.
void GraphCanvas::showStart()
{
    const double whole = fitZoom();
    m_fitOnResize = true; // until somebody moves it: the window gets its real size after the scene
    const bool hasNames = std::ranges::any_of(scene().nodes, [](const SceneNode& node) {
        return node.category == Category::Scope; // whose names can be read at any zoom
    });
    if (whole >= readableZoom || hasNames) {
        setView(scene().bounds.center(), whole);
        return;
    }
    const auto first = std::ranges::min_element(scene().nodes, {}, [this](const SceneNode& node) {
        if (node.gone)
            return std::numeric_limits<double>::max();
        return m_direction == Direction::TopDown ? node.rect.top() : node.rect.left();
    });
    if (first == scene().nodes.end())
        return setView({}, 1);
    const QPointF start = first->rect.center();
    m_zoom = startZoom;
    if (m_direction == Direction::TopDown)
        setView({start.x(), scene().bounds.top() + height() / 2.0 - 56}, startZoom);
    else
        setView({scene().bounds.left() + width() / 2.0 - margin, start.y()}, startZoom);
}

void GraphCanvas::setDirection(Direction direction)
{
    if (m_direction == direction)
        return;
    m_direction = direction;
    Q_EMIT directionChanged(direction);
}

void GraphCanvas::paintEvent(QPaintEvent* event)
{
    const Theme theme = Theme::of(*this);
    const QRectF dirty = event->rect();
    const QRectF visible(toScene(dirty.topLeft()), toScene(dirty.bottomRight()));
    QPainter painter(this);
    painter.fillRect(dirty, theme.canvas);
    painter.translate(width() / 2.0, height() / 2.0);
    painter.scale(m_zoom, m_zoom);
    painter.translate(-m_centre);
    GraphPainter graph(scene(), index(), theme, m_fonts);
    graph.paintGrid(painter, visible.adjusted(-2, -2, 2, 2), m_zoom);
    graph.paint(painter, visible, m_zoom, m_marks);
    if (!m_band.isNull()) {
        QColor fill = theme.accent;
        fill.setAlphaF(0.12f);
        painter.setPen(QPen(theme.accent, 1 / m_zoom));
        painter.setBrush(fill);
        painter.drawRect(m_band);
    }
    if (hasFocus() && m_showsFocus) {
        painter.resetTransform();
        painter.setPen(QPen(theme.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void GraphCanvas::placeOverlays()
{
    m_heatOverlay->move(overlayMargin, overlayMargin);
    const QSize map = m_minimap->sizeHint();
    m_minimap->setGeometry(width() - overlayMargin - map.width(), height() - overlayMargin - map.height(),
                           map.width(), map.height());
    const bool roomForMap = width() > 3 * map.width() && height() > 2 * map.height();
    m_minimap->setVisible(m_hasMinimap && roomForMap && !scene().nodes.empty());
}

void GraphCanvas::setMinimapShown(bool shown)
{
    m_hasMinimap = shown;
    placeOverlays();
}

void GraphCanvas::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (m_fitOnResize && !scene().nodes.empty())
        showStart();
    placeOverlays();
    m_minimap->update();
}

void GraphCanvas::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        m_minimap->sceneChanged();
        update();
    } else if (event->type() == QEvent::FontChange) {
        placeOverlays();
    }
    QWidget::changeEvent(event);
}

} // namespace pleat::ui
